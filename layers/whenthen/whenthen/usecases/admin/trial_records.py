"""Stand in for the store of records while a source is tried: what the sample writes is seen by its later items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whenthen.domain.records.record import Record, is_of_another, rank_of
from whenthen.ports.values import WriteResult

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.ports.records import RecordStore
    from whenthen.ports.values import SourceUpdate


class TrialRecords:
    """Read the store and the source updates that were applied; keep writes in memory."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records
        self._written: dict[str, Record] = {}
        self._noted: set[str] = set()
        self._newest: dict[tuple[str, str], datetime] = {}

    @property
    def known(self) -> frozenset[str]:
        """Return the refs of the records that were written so far."""
        return frozenset(self._written)

    def get(self, ref: str) -> Record | None:
        """Read a record as it stands after the items so far."""
        found = self._written.get(ref) or self._records.get(ref)
        return self._written.get(found.ref, found) if found else None

    def find(self, identities: Sequence[str], kind: str | None = None) -> Record | None:
        """Find a record as the store does, among those written too."""
        stored = self._records.find(identities, kind)
        candidates = [*self._written.values(), *([stored] if stored and stored.ref not in self._written else [])]
        found = [
            (rank_of(record.kind), min(map(identities.index, shared)), record.ref)
            for record in candidates
            if (shared := set(record.identities) & set(identities))
            and kind in (None, record.kind)
            and not is_of_another(record, identities)
        ]
        return self.get(min(found)[2]) if found else None

    def find_all(self, identities: Sequence[str]) -> Sequence[Record]:
        """Find every record with one of these identities, among those written too."""
        stored = {record.ref: record for record in self._records.find_all(identities)} | self._written
        return [record for record in stored.values() if set(record.identities) & set(identities)]

    def put_once(self, record: Record, replaces: Record | None, update: SourceUpdate) -> WriteResult:
        """Answer as the store would, and keep the record for the items that follow."""
        place = update.source, record.ref
        if update.id in self._noted:
            return WriteResult.DUPLICATE
        if update.at is not None and self._newest.get(place, update.at) > update.at:
            return WriteResult.STALE
        result = self._records.result_of(update, record.ref)
        if result is not WriteResult.APPLIED:
            return result
        self._noted.add(update.id)
        if update.at is not None:
            self._newest[place] = update.at
        if record != replaces:
            self._written[record.ref] = record
        return result
