"""Gather the rows of an import whose records are written at once, together with the import's checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, TooLarge
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause
from whenthen.domain.imports.job import MAX_REFUSALS, Counts, Import, Place, RejectedRow, RuleSwitch
from whenthen.domain.records.limits import check_record, cost_of
from whenthen.domain.records.record import Record, encoded_size_of, identities_of, patched
from whenthen.ports.values import RecordWrite
from whenthen.usecases.records.find_person import one_of
from whenthen.usecases.records.reason_codes import ID_TAKEN

if TYPE_CHECKING:
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


def find_records(records: RecordStore, kind: str, rows: Sequence[Row]) -> list[Record | Reason]:
    """Find the record of each row, by its id or its identities; one at version 0 if there is none yet.

    A reason in place of a record whose identities are of two records, or for which every id that they give is taken.
    """
    known = records.get_all([f"{kind}:{_own_id(kind, row)}" for row in rows])
    nameless = [identities_of(row.fields) for row in rows if row.external_id is None]
    asked = list(dict.fromkeys(each for identities in nameless for each in identities))
    owners = dict(zip(asked, records.find_each([[each] for each in asked], kind), strict=True))
    return [_record_of(records, kind, row, known.get(f"{kind}:{_own_id(kind, row)}"), owners) for row in rows]


def _record_of(
    records: RecordStore, kind: str, row: Row, there: Record | None, owners: Mapping[str, Record | None]
) -> Record | Reason:
    """Return the record of a row. `there`: the one that has its id already, or the id of a new one."""
    if row.external_id is not None:
        return there or Record(kind, row.external_id)
    try:
        person = one_of(identities_of(row.fields), owners)
    except Conflict as error:
        return error.reason
    if person is not None or there is None:
        return person or Record(kind, _own_id(kind, row))
    return _another(records, kind, row) or Invalid.field("id", ID_TAKEN()).reason


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

    def take(self, line: Line, found: Record | Reason | None) -> bool:
        """Take a line, with its row's record as it stands, or the reason why it has none. False if there is no room."""
        row = line.row
        if row is None or not isinstance(found, Record):
            # The record of an earlier row of this batch may be the one: it is there when the next batch begins.
            if row is not None and row.external_id is None and self._touched & {*identities_of(row.fields)}:
                return False
            return self.reject(
                line.line, found if isinstance(found, Reason) else Invalid.field("id", ID_TAKEN()).reason
            )
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
