"""change_runs: change the selected runs page by page, from where the work stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Stale
from whenthen.domain.sending.switch import SENDING
from whenthen.domain.work.work import END, RunChange, Work, WorkStatus

if TYPE_CHECKING:
    from whenthen.ports.background.work import Workers, WorkStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.sending import Circuits
    from whenthen.usecases.sending.switch import SendingSwitch
    from whenthen.usecases.work.changes import ChangeRun
    from whenthen.usecases.work.try_rule import TryRule

SLICE = timedelta(seconds=25)
"""Time that one call works: its function may run for 60 s, and the last page needs its time."""

PAGES = 100
"""Pages that one call works on at most, however quick they are."""

MAX_CALLS = 2_400
"""Calls in a row after which another execution goes on: the history of one holds no more."""

PAGE = 50
"""Runs that are looked at, and changed, at once."""


class ChangeRuns(Struct, frozen=True):
    """Work on some pages; the caller repeats until there is no more to do."""

    work: WorkStore
    workers: Workers
    runs: RunLedger
    change: ChangeRun
    switch: SendingSwitch
    try_rule: TryRule
    circuits: Circuits
    clock: Clock

    def __call__(self, work_id: str, call: int = 1) -> Work:
        """Change the runs of the next pages; returns the work, which is running while there is more to do.

        `call` counts the calls in a row, from 1. Raises NotFound, Temporary. May be repeated after a crash.
        """
        start = self.clock.now()
        work = begun = self.work.get(work_id)
        if call >= MAX_CALLS and work.status is WorkStatus.RUNNING:
            return self._hand_on(work)
        is_off = work.change is RunChange.RELEASE and self._is_off(work.selection.withheld)
        for _ in range(PAGES):
            is_over = work.status is not WorkStatus.RUNNING or self.clock.now() - start >= SLICE
            if is_over or work.is_too_early(self.clock.now()) or _is_enough(work, begun):
                break
            after = work.stopped(start) if is_off else self._next(work)
            try:
                self.work.save(after)
            except Stale:  # another worker was faster, or a person stopped it
                work = self.work.get(work_id)
            else:
                work = after
        return work

    def _is_off(self, withheld_by: str) -> bool:
        """Tell whether what the jobs waited for does not go on after all."""
        if withheld_by == SENDING:
            return self.switch.read().paused
        channel, _, receiver = withheld_by.partition("/")
        circuit = self.circuits.of_channel(channel).get(receiver)
        return circuit is not None and circuit.blocks

    def _hand_on(self, work: Work) -> Work:
        """Let another execution do the rest: the history of this one is nearly full."""
        after = work.resumed()
        self.work.save(after)
        self.workers.start(after.id, after.turn)
        return after

    def _next(self, work: Work) -> Work:
        """Return the work after its next page was found, or was changed; with its end after the last."""
        now = self.clock.now()
        if work.change is RunChange.TRY_AGAIN:
            return self.try_rule(work)
        if work.pending:
            return self._changed(work)
        if work.place == END:
            return work.next_pass(now) or work.over(now)
        limit = PAGE if work.rate is None else min(PAGE, work.quota)
        page = self.runs.open_runs(work.selection, limit=limit, cursor=work.place or None)
        return work.found([run.id for run in page.items if work.concerns(run, now)], page.cursor)

    def _changed(self, work: Work) -> Work:
        results = [self.change(work, run_id) for run_id in work.pending]
        failures = [result.failure for result in results if result.failure is not None]
        return work.changed([result.outcome for result in results], failures)


def _is_enough(work: Work, begun: Work) -> bool:
    """Tell whether a call did as much as the work's rate allows, or found nothing more to do for now."""
    if work.rate is None:
        return False
    is_at_begin = not work.place and not work.pending and work.version > begun.version
    return work.done - begun.done >= work.quota or is_at_begin
