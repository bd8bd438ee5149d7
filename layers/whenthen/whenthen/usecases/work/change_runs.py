"""change_runs: change the selected runs page by page, from where the work stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Stale
from whenthen.domain.work.work import END, Work, WorkStatus

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.work import WorkStore
    from whenthen.usecases.work.changes import ChangeRun

SLICE = timedelta(seconds=25)
"""Time that one call works: its function may run for 60 s, and the last page needs its time."""

PAGES = 100
"""Pages that one call works on at most, however quick they are."""

MAX_CALLS = 3_000
"""Calls in a row after which work rests, as imports do: the history of an execution holds no more."""

PAGE = 50
"""Runs that are looked at, and changed, at once."""


class ChangeRuns(Struct, frozen=True):
    """Work on some pages; the caller repeats until there is no more to do."""

    work: WorkStore
    runs: RunLedger
    change: ChangeRun
    clock: Clock

    def __call__(self, work_id: str, call: int = 1) -> Work:
        """Change the runs of the next pages; returns the work, which is running while there is more to do.

        `call` counts the calls in a row, from 1. Raises NotFound, Temporary. May be repeated after a crash.
        """
        start = self.clock.now()
        work = self.work.get(work_id)
        for _ in range(PAGES):
            if work.status is not WorkStatus.RUNNING or self.clock.now() - start >= SLICE:
                break
            after = work.stopped(start) if call >= MAX_CALLS else self._next(work)
            try:
                self.work.save(after)
            except Stale:  # another worker was faster, or a person stopped it
                work = self.work.get(work_id)
            else:
                work = after
        return work

    def _next(self, work: Work) -> Work:
        """Return the work after its next page was found, or was changed; with its end after the last."""
        now = self.clock.now()
        if work.pending:
            return self._changed(work)
        if work.place == END:
            return work.over(now)
        page = self.runs.open_runs(work.selection, limit=PAGE, cursor=work.place or None)
        return work.found([run.id for run in page.items if work.concerns(run, now)], page.cursor)

    def _changed(self, work: Work) -> Work:
        results = [self.change(work, run_id) for run_id in work.pending]
        failures = [result.failure for result in results if result.failure is not None]
        return work.changed([result.outcome for result in results], failures)
