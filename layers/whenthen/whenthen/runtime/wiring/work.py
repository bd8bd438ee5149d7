"""Wire the use case that does work in the background."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.wiring.runs import RunsWiring

if TYPE_CHECKING:
    from whenthen.usecases.work.change_runs import ChangeRuns
    from whenthen.usecases.work.follow_circuits import FollowCircuits
    from whenthen.usecases.work.pause_failing import PauseFailing
    from whenthen.usecases.work.try_rule import TryRule


class WorkWiring(RunsWiring):
    """Make each use case when it is first used."""

    @cached_property
    def change_runs(self) -> ChangeRuns:
        from whenthen.usecases.runs.move_run import MoveRun
        from whenthen.usecases.work.change_runs import ChangeRuns
        from whenthen.usecases.work.changes import ChangeRun
        from whenthen.usecases.work.retry_run import RetryRun

        move = MoveRun(self.rule_book, self.runs, self.sequences, self.clock)
        retry = RetryRun(self.runs, self.sequences, self.clock)
        change = ChangeRun(self.runs, self.sequences, self.clock, move, retry)
        return ChangeRuns(
            self.work,
            self.workers,
            self.runs,
            change,
            self.sending_switch,
            self.try_rule,
            self.circuits,
            self.clock,
        )

    @cached_property
    def try_rule(self) -> TryRule:
        from whenthen.usecases.work.try_rule import TryRule

        return TryRule(
            failing=self.failing_rules,
            settings=self.installation,
            runs=self.runs,
            sequences=self.sequences,
            work=self.work,
            workers=self.workers,
            bus=self.bus,
            clock=self.clock,
        )

    @cached_property
    def follow_circuits(self) -> FollowCircuits:
        from whenthen.usecases.work.follow_circuits import FollowCircuits

        return FollowCircuits(self.work, self.workers, self.bus, self.clock)

    @cached_property
    def pause_failing(self) -> PauseFailing:
        from whenthen.usecases.work.pause_failing import PauseFailing

        return PauseFailing(self.failing_rules, self.installation, self.work, self.workers, self.bus, self.clock)
