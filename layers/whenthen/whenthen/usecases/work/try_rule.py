"""try_rule: let one run of a rule go on that paused itself, and all of them once one succeeds.

Workers remember for some seconds which rules are paused: so each change of that is followed by a rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.failing import SUBJECT, Verdict, read_failure_settings, resumed_event, verdict_of
from whenthen.domain.work.work import UNTIL_ALL_KNOW, RunChange, Work
from whenthen.usecases.runs.pause_run import end_pause

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.ports.administration import SettingStore
    from whenthen.ports.background.work import FailingRules, Workers, WorkStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.runs import RunLedger, Sequences

POLL = timedelta(seconds=30)
"""Time between two looks at the run that tries."""

PAGE = 100

REST, TRIAL, OPEN, RESUMED = "rest", "trial", "open", "resumed"
"""Places of this work: it waits; a run is chosen, and workers learn of it; the run tries; the rule goes on."""

# A rule that paused itself goes on, and with it its runs. `by` is the engine.
RULE_GOES_ON = ReasonCode("work.rule_goes_on", "rule", "by", "work")


class TryRule(Struct, frozen=True):
    """Do the next step of this work. Each may be repeated after a crash at any point."""

    failing: FailingRules
    settings: SettingStore
    runs: RunLedger
    sequences: Sequences
    work: WorkStore
    workers: Workers
    bus: Bus
    clock: Clock

    def __call__(self, work: Work) -> Work:
        """Return the work after its next step, the version that follows. Raises Temporary."""
        return _STEPS[work.place or REST](self, work)

    def _choose(self, work: Work) -> Work:
        """Choose the run that tries; let the rule go on if there is none, or if somebody ended its pause."""
        trial = self._oldest(work) if self._is_paused(work) else ""
        if not trial:
            return self._go_on(work)
        self.failing.set_trial(work.selection.rule, trial)
        return _at(work, TRIAL, self.clock.now() + UNTIL_ALL_KNOW, (trial,))

    def _begin(self, work: Work) -> Work:
        """Let the run go on that tries."""
        state = self.runs.load(work.pending[0])
        if state is not None and state.run.status is RunStatus.PAUSED:
            end_pause(self.runs, self.sequences, state.run, self.clock.now())
        now = self.clock.now()
        return replace(_at(work, OPEN, now + POLL, work.pending), since=now)

    def _judge(self, work: Work) -> Work:
        """Look at the run that tries: let the rule go on, or rest again."""
        now, state = self.clock.now(), self.runs.load(work.pending[0])
        verdict = verdict_of(state.run, state.jobs, work.since or now) if state else Verdict.NOTHING
        if verdict == Verdict.WORKS:
            return self._go_on(work)
        if verdict == Verdict.OPEN:
            return _at(work, OPEN, now + POLL, work.pending)
        settings = read_failure_settings(self.settings.get(SUBJECT))
        fails = verdict == Verdict.FAILS
        again = work.changed(["failed" if fails else "over"], [])
        return _at(replace(again, version=work.version), REST, now + settings.try_again_after if fails else now, ())

    def _go_on(self, work: Work) -> Work:
        """End the pause of the rule and say so; workers learn of it before its runs are resumed."""
        now, rule = self.clock.now(), work.selection.rule
        found = self.failing.get(rule)
        if found is not None and found.work == work.id:
            self.bus.publish([resumed_event(found, now)])
            self.failing.clear(rule, now)
        return _at(work, RESUMED, now + UNTIL_ALL_KNOW, ())

    def _resume(self, work: Work) -> Work:
        """Begin to resume the runs that were held."""
        now, rule, name = self.clock.now(), work.selection.rule, ids.work_id(work.id, RESUMED)
        reason = RULE_GOES_ON(rule=rule, by=work.by, work=name)
        stored = self.work.create(Work(name, RunChange.RESUME, work.selection, reason, work.by, now))
        self.workers.start(stored.id, stored.turn)
        return work.over(now)

    def _is_paused(self, work: Work) -> bool:
        found = self.failing.get(work.selection.rule)
        return found is not None and found.work == work.id

    def _oldest(self, work: Work) -> str:
        """Return the id of the run that was held first, of some hundred; empty if none is."""
        cursor: str | None = None
        while True:
            page = self.runs.open_runs(work.selection, limit=PAGE, cursor=cursor)
            held = [run for run in page.items if work.selection.takes(run)]
            if held:
                return min(held, key=lambda run: (run.started_at, run.id)).id
            cursor = page.cursor
            if cursor is None:
                return ""


def _at(work: Work, place: str, until: datetime | None, pending: tuple[str, ...]) -> Work:
    return replace(work, place=place, rest_until=until, pending=pending, version=work.version + 1)


_STEPS: Mapping[str, Callable[[TryRule, Work], Work]] = {
    REST: TryRule._choose,  # noqa: SLF001 - the table is of this class
    TRIAL: TryRule._begin,  # noqa: SLF001
    OPEN: TryRule._judge,  # noqa: SLF001
    RESUMED: TryRule._resume,  # noqa: SLF001
}
