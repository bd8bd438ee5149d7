"""Gather the rows of an import whose records are written at once, together with the import's checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, TooLarge
from whenthen.domain.events.event import Cause
from whenthen.domain.imports.job import MAX_REFUSALS, Counts, Import, Place, RejectedRow, RuleSwitch
from whenthen.domain.records.limits import check_record, cost_of
from whenthen.domain.records.record import Record, encoded_size_of, identities_of, patched
from whenthen.ports.values import RecordWrite
from whenthen.usecases.records.reason_codes import ID_TAKEN

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.records import RecordStore
    from whenthen.sources.files.rows import Row

MAX_COST = 99
"""Items of a batch: DynamoDB takes 100 at once, and one of them is the import's own."""

MAX_WEIGHT = 3_000_000
"""Bytes of the records of a batch: DynamoDB takes 4 MB at once."""

ORIGIN = "import"
_AGAINS = 4


class Line(Struct, frozen=True):
    """Hold a row of the file, or in `rejection` why it could not be read; and the place of the next."""

    line: int
    following: Place
    row: Row | None = None
    rejection: Reason | None = None


def find_records(records: RecordStore, kind: str, rows: Sequence[Row]) -> list[Record | None]:
    """Find the record of each row, by its id or an identity; one at version 0 if there is none yet.

    None if a new record is needed and every id that its identities give is taken.
    """
    known = records.get_all([f"{kind}:{_own_id(kind, row)}" for row in rows])
    nameless = [row for row in rows if row.external_id is None]
    people = iter(records.find_each([identities_of(row.fields) for row in nameless], kind))
    found: list[Record | None] = []
    for row in rows:
        there = known.get(f"{kind}:{_own_id(kind, row)}")
        if row.external_id is not None:
            found.append(there or Record(kind, row.external_id))
        else:
            person = next(people)
            found.append(person or (_another(records, kind, row) if there else Record(kind, _own_id(kind, row))))
    return found


def _own_id(kind: str, row: Row) -> str:
    return row.external_id or ids.record_id(kind, *identities_of(row.fields))


def _another(records: RecordStore, kind: str, row: Row) -> Record | None:
    """Make a new record, if the first id that its identities give is of a record that had them earlier."""
    for times in range(1, _AGAINS):
        new = Record(kind, ids.record_id(kind, *identities_of(row.fields), *["again"] * times))
        if records.get(new.ref) is None:
            return new
    return None


class Batch:
    """Take rows until it is full. No two of its rows are about one record: the later one is for the next batch."""

    def __init__(self, work: Import, now: datetime) -> None:
        self._work, self._now = work, now
        self.writes: list[RecordWrite] = []
        self.rejected: list[RejectedRow] = []
        self.counts, self.pending = Counts(), dict[str, None]()
        self._touched: set[str] = set()
        self._cost = self._weight = 0

    def reject(self, line: int, reason: Reason) -> bool:
        """Leave a row out. False if the batch has no room to record it."""
        keeps = self._work.counts.refused + self.counts.refused < MAX_REFUSALS
        if keeps and self._cost == MAX_COST:
            return False
        if keeps:
            self.rejected.append(RejectedRow(line, reason))
            self._cost += 1
        self.counts = self.counts.plus(Counts(refused=1))
        return True

    def take(self, line: Line, found: Record | None) -> bool:
        """Take a line, with its row's record as it stands. False if the batch has no room for it."""
        row = line.row
        if row is None or found is None:
            return self.reject(line.line, line.rejection or Invalid.field("id", ID_TAKEN()).reason)
        if self._touched & {found.ref, *(identities_of(row.fields) if row.external_id is None else ())}:
            return False
        try:
            changed = self._changed(row, found)
        except (Invalid, TooLarge) as error:
            return self.reject(line.line, error.reason)
        if changed is not found:
            return self._write(changed, found)
        self.counts = self.counts.plus(Counts(unchanged=1))
        self._enrol(found)
        return True

    def _changed(self, row: Row, found: Record) -> Record:
        quiet = self._work.order.rules is not RuleSwitch.RUN
        changed = patched(found, row.fields, origin=ORIGIN, cause=Cause(), now=self._now, quiet=quiet)
        check_record(changed, found)
        return changed

    def _write(self, changed: Record, found: Record) -> bool:
        cost, weight = cost_of(changed, found), encoded_size_of(changed)
        if self._cost + cost > MAX_COST or self._weight + weight > MAX_WEIGHT:
            return False
        created = found.version == 0
        self._cost, self._weight = self._cost + cost, self._weight + weight
        self._touched |= {changed.ref, *changed.identities, *found.identities}
        self.writes.append(RecordWrite(changed, None if created else found))
        self.counts = self.counts.plus(Counts(created=created, updated=not created))
        self._enrol(changed)
        return True

    def _enrol(self, record: Record) -> None:
        if self._work.order.rules is RuleSwitch.ENROL:
            self.pending[record.ref] = None

    def after(self, place: Place, header: tuple[str, ...]) -> Import:
        """Return the import as it stands once this batch is written."""
        return self._work.moved(place, self.counts, tuple(self.pending), header)
