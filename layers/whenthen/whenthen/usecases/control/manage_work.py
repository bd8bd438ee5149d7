"""manage_work: begin changes of many runs for admins, and see how far they came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Stale
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import list_channels
from whenthen.domain.work.selection import read_retry, read_selection
from whenthen.domain.work.work import STATUSES, RunChange, Work, WorkStatus, concerns
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.context.idempotency import KEY_REUSED

if TYPE_CHECKING:
    from whenthen.domain.work.selection import Selection
    from whenthen.ports.background.work import Workers, WorkStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.values import Page

COUNTING = timedelta(seconds=8)
"""Time that the selected runs are counted for, before work begins without knowing how many they are."""

PAGE = 100
ATTEMPTS = 8

# An admin changed many runs at once. `by` is the id of the API key, `work` that of the work that did it.
STOPPED_IN_BULK = ReasonCode("work.stopped", "by", "work")
PAUSED_IN_BULK = ReasonCode("work.paused", "by", "work")
RESUMED_IN_BULK = ReasonCode("work.resumed", "by", "work")
RETRIED_IN_BULK = ReasonCode("work.retried", "by", "work")
# Work that is done can be neither stopped nor resumed; `outcome` is its status.
WORK_OVER = ReasonCode("work.over", "outcome")

REASONS: Mapping[RunChange, ReasonCode] = {
    RunChange.STOP: STOPPED_IN_BULK,
    RunChange.PAUSE: PAUSED_IN_BULK,
    RunChange.RESUME: RESUMED_IN_BULK,
}


class ManageWork(Struct, frozen=True):
    """Begin, show, stop and resume work."""

    work: WorkStore
    workers: Workers
    runs: RunLedger
    records: RecordStore
    clock: Clock

    def ask(self, change: RunChange, written: Mapping[str, Any], *, seed: str, by: str) -> Work:
        """Begin the change of the runs of a `rule`, a `record` or a `status`. Raises Invalid naming each field.

        The same `seed` gives the same work; Conflict if that was other work.
        """
        selection = read_selection(written, STATUSES[change])
        if selection.refs:
            record = self.records.get(selection.refs[0])
            if record is not None:  # runs of records that were merged into it are its own
                selection = replace(selection, refs=tuple(dict.fromkeys((*selection.refs, *record.refs))))
        of = self.count(change, selection)
        return self.begin(change, selection, REASONS[change], seed=seed, by=by, of=of)

    def retry(self, written: Mapping[str, Any], *, seed: str, by: str) -> Work:
        """Begin to let runs go on that failed, from the step that failed. Raises Invalid naming each field, Conflict.

        The same `seed` gives the same work.
        """
        selection = read_retry(written, list_channels(), self.clock.now())
        of = None if selection.channel else self.count(RunChange.RETRY, selection)
        return self.begin(RunChange.RETRY, selection, RETRIED_IN_BULK, seed=seed, by=by, of=of)

    def begin(
        self,
        change: RunChange,
        selection: Selection,
        why: ReasonCode,
        *,
        seed: str,
        by: str,
        of: int | None,
        target: int | None = None,
        rate: int | None = None,
        **more: Any,
    ) -> Work:
        """Begin the change, for a reason that takes `by` and `work` beside `more`. Raises Temporary, Conflict."""
        work_id = ids.work_id(by, seed)
        reason = why(by=by, work=work_id, **more)
        new = Work(work_id, change, selection, reason, by, self.clock.now(), of=of, target=target, rate=rate)
        kept = self.work.create(new)
        if kept.change is not change or not _is_same(kept.selection, selection):
            raise Conflict(KEY_REUSED())
        if kept.status is WorkStatus.RUNNING:
            self.workers.start(kept.id, kept.turn)
        return kept

    def count(self, change: RunChange | None, selection: Selection, target: int | None = None) -> int | None:
        """Count the runs to be changed; None if they are too many to be counted while a caller waits.

        change   None: all open runs of the selection are counted
        """
        start, cursor, found = self.clock.now(), None, 0
        while self.clock.now() - start < COUNTING:
            page = self.runs.open_runs(selection, limit=PAGE, cursor=cursor)
            found += sum(concerns(change or RunChange.STOP, selection, run, start, target) for run in page.items)
            cursor = page.cursor
            if cursor is None:
                return found
        return None

    def get(self, work_id: str) -> Work:
        """Return the work. Raises NotFound."""
        return self.work.get(work_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[Work]:
        """List all work, newest first."""
        return self.work.list(limit=limit, cursor=cursor)

    def stop(self, work_id: str) -> Work:
        """Stop it after the page under way: what was done stays. Raises NotFound; Conflict if it is done."""
        for _ in range(ATTEMPTS):
            work = self._not_done(work_id)
            if work.status is WorkStatus.STOPPED:
                return work
            stopped = work.stopped(self.clock.now())
            if self._saved(stopped):
                return stopped
        raise Conflict(CONTENDED(subject=work_id))

    def resume(self, work_id: str) -> Work:
        """Start it anew from where it stands: after it was stopped, or its execution was. Raises NotFound, Conflict."""
        for _ in range(ATTEMPTS):
            resumed = self._not_done(work_id).resumed()
            if self._saved(resumed):
                self.workers.start(resumed.id, resumed.turn)
                return resumed
        raise Conflict(CONTENDED(subject=work_id))

    def _not_done(self, work_id: str) -> Work:
        work = self.work.get(work_id)
        if work.status is WorkStatus.DONE:
            raise Conflict(WORK_OVER(outcome=work.status.value))
        return work

    def _saved(self, after: Work) -> bool:
        try:
            self.work.save(after)
        except Stale:  # the worker moved on meanwhile
            return False
        return True


def _is_same(kept: Selection, asked: Selection) -> bool:
    """Tell whether two requests ask for the same, whenever each of them was made."""
    return kept == asked or (bool(asked.outcome) and replace(kept, until=None) == replace(asked, until=None))
