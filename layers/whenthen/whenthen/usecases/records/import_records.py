"""import_records: import a file batch by batch, from the import's checkpoint on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Refused, Stale, Temporary
from whenthen.domain.entry.entering_events import manual_event
from whenthen.domain.imports.job import Import, ImportStatus
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.records.import_batches import Batch, Line, find_records
from whenthen.usecases.records.import_lines import LineReader
from whenthen.usecases.records.reason_codes import RESTS

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.background.imports import ImportFiles, ImportStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.records import RecordStore

SLICE = timedelta(seconds=35)
"""Time that one call works: its function may run for 60 s, and the last batch needs its time."""

BATCHES = 500
"""Batches that one call imports at most, however quick they are."""

MAX_CALLS = 3_000
"""Calls in a row after which an import rests: each makes seven entries of a history that holds 25,000, and those that
fail make more. They are 29 hours of work, or 1.5 million batches."""

ROWS = 100
"""Rows of a batch at most: those that change nothing cost no writes."""

ATTEMPTS = 8
"""Attempts at a batch when other writers change its records, each with half as many rows."""


class ImportRecords(Struct, frozen=True):
    """Import some batches of a file; the caller repeats until there is no more to do."""

    imports: ImportStore
    files: ImportFiles
    records: RecordStore
    bus: Bus
    clock: Clock
    default_country: str | None

    def __call__(self, import_id: str, call: int = 1) -> Import:
        """Import the next batches; returns the import, which is running while there is more to do.

        `call` counts the calls in a row, from 1. Raises NotFound, Temporary.
        """
        start = self.clock.now()
        work = self.imports.get(import_id)
        reader = LineReader(self.files, work, self.default_country)
        for _ in range(BATCHES):
            if work.status is not ImportStatus.RUNNING or self.clock.now() - start >= SLICE:
                break
            self._enrol(work)
            following = self._go_on(work, reader)
            if following is None:  # another worker was faster, or a person stopped it
                work = self.imports.get(import_id)
                reader = LineReader(self.files, work, self.default_country)
            else:
                work = following
        if call >= MAX_CALLS and work.status is ImportStatus.RUNNING:
            return self._end(work, ImportStatus.STOPPED, RESTS(count=MAX_CALLS)) or self.imports.get(import_id)
        return work

    def _go_on(self, work: Import, reader: LineReader) -> Import | None:
        """Import the next batch, or end the import; None if another worker or a person changed it meanwhile."""
        try:
            lines = reader.upcoming(ROWS)
        except Refused as error:
            return self._end(work, ImportStatus.FAILED, error.reason)
        return self._advance(work, reader, lines) if lines else self._end(work, ImportStatus.DONE)

    def _advance(self, work: Import, reader: LineReader, lines: Sequence[Line]) -> Import | None:
        for attempt in range(ATTEMPTS):
            batch, taken = self._fill(work, lines[: max(1, ROWS >> attempt)])
            after = batch.after(lines[taken - 1].following, reader.header)
            try:
                self.imports.advance(after, batch.writes, batch.rejected)
            except Stale:
                if self.imports.get(work.id).version != work.version:
                    return None
            else:
                reader.drop(taken)
                return after
        raise Temporary(CONTENDED(subject=work.id), retry_after=1)

    def _fill(self, work: Import, lines: Sequence[Line]) -> tuple[Batch, int]:
        """Make a batch of as many of the lines as it takes, at least one."""
        batch = Batch(work, self.clock.now())
        found = iter(find_records(self.records, work.order.kind, [line.row for line in lines if line.row is not None]))
        for taken, line in enumerate(lines):
            if not batch.take(line, line.rejection if line.row is None else next(found)):
                return batch, taken
        return batch, len(lines)

    def _enrol(self, work: Import) -> None:
        """Start the rules for the records of the last batch. A repetition publishes events with the same ids."""
        now = self.clock.now()
        events = [
            manual_event(rule, ref, by=work.by, seed=f"import#{work.id}", moment=now, origin="import")
            for ref in work.pending
            for rule in work.order.enrol
        ]
        if events:
            self.bus.publish(events)

    def _end(self, work: Import, status: ImportStatus, reason: Reason | None = None) -> Import | None:
        ended = work.ended(status, self.clock.now(), reason)
        try:
            self.imports.save(ended)
        except Stale:
            return None
        return ended
