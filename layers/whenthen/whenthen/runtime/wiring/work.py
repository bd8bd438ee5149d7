"""Wire the use case that does work in the background."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.adapters import Adapters

if TYPE_CHECKING:
    from whenthen.usecases.work.change_runs import ChangeRuns


class WorkWiring(Adapters):
    """Make each use case when it is first used."""

    @cached_property
    def change_runs(self) -> ChangeRuns:
        from whenthen.usecases.runs.move_run import MoveRun
        from whenthen.usecases.work.change_runs import ChangeRuns
        from whenthen.usecases.work.changes import ChangeRun

        move = MoveRun(self.rule_book, self.runs, self.sequences, self.clock)
        change = ChangeRun(self.runs, self.sequences, self.clock, move)
        return ChangeRuns(self.work, self.runs, change, self.clock)
