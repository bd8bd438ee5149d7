"""pause_failing: let a rule pause itself that fails too often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.runs.pausing import RULE_FAILING
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.failing import SUBJECT, FailingRule, paused_event, read_failure_settings
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange, Work

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run
    from whenthen.domain.work.failing import FailureSettings
    from whenthen.ports.administration import SettingStore
    from whenthen.ports.background.work import FailingRules, Workers, WorkStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus

# A rule paused itself: this work tries it again.
TRIES_AGAIN = ReasonCode("work.tries_again", "rule")

ENGINE = "engine"
"""Stands for whoever began work that no admin asked for."""


class PauseFailing(Struct, frozen=True):
    """Note failed runs, and pause the rules of which there are too many. Nothing is read or written for other runs."""

    failing: FailingRules
    settings: SettingStore
    work: WorkStore
    workers: Workers
    bus: Bus
    clock: Clock

    def __call__(self, ended: Sequence[Run]) -> int:
        """Note the failed ones of these runs. Returns how many rules paused themselves. Raises Temporary.

        May be repeated: the same runs are counted once, and pause their rule by the same work.
        """
        failed: dict[str, list[Run]] = {}
        for run in ended:
            if run.status is RunStatus.FAILED and not run.shadow:
                failed.setdefault(run.rule_id, []).append(run)
        if not failed:
            return 0
        settings = read_failure_settings(self.settings.get(SUBJECT))
        if not settings.pause_after:
            return 0
        return sum(self._look_at(rule, runs, settings) for rule, runs in failed.items())

    def _look_at(self, rule: str, runs: Sequence[Run], settings: FailureSettings) -> bool:
        for run in runs:
            self.failing.note(run)
        now = self.clock.now()
        count = self.failing.count(rule, now - settings.within, limit=settings.pause_after)
        if count < settings.pause_after:
            return False
        return self._pause(FailingRule(rule, ids.work_id(ENGINE, rule, runs[-1].id), now), settings)

    def _pause(self, failing: FailingRule, settings: FailureSettings) -> bool:
        """Pause the rule; False if it is paused by other work already."""
        kept = self.failing.begin(failing)
        if kept.work != failing.work:
            return False
        selection = Selection(rule=failing.rule, status=RunStatus.PAUSED, paused_as=RULE_FAILING.code)
        reason, at = TRIES_AGAIN(rule=failing.rule), kept.since + settings.try_again_after
        new = Work(kept.work, RunChange.TRY_AGAIN, selection, reason, ENGINE, kept.since, rest_until=at)
        stored = self.work.create(new)
        self.workers.start(stored.id, stored.turn)
        self.bus.publish([paused_event(kept, settings.pause_after)])
        return True
