"""merge_records: merge two records that turn out to be one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.domain.events.event import Cause
from whenthen.domain.records.limits import check_size
from whenthen.domain.records.merge import INTO_ITSELF, INTO_OTHER_KIND, merged
from whenthen.domain.records.record import Record, parse_ref
from whenthen.ports.reason_codes import CONTENDED, RECORD_NOT_FOUND
from whenthen.usecases.records.reason_codes import MERGED_AWAY, MERGED_BEFORE

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore

ATTEMPTS = 8


class MergeRecords(Struct, frozen=True):
    """Merge records for admins."""

    records: RecordStore
    clock: Clock

    def __call__(self, ref: str, other: str, *, origin: str) -> Record:
        """Merge the record `other` into the record `ref`; returns that as it is then. A repetition changes nothing.

        Raises NotFound; Invalid naming `from`; TooLarge; Conflict if one of them is part of another record already.
        """
        kind, _ = parse_ref(ref, "id")
        from_kind, _ = parse_ref(other, "from")
        if from_kind != kind:
            raise Invalid.field("from", INTO_OTHER_KIND(from_kind=from_kind, into_kind=kind))
        if ref == other:
            raise Invalid.field("from", INTO_ITSELF(ref=ref))
        for _ in range(ATTEMPTS):
            survivor, gone = self._whole(ref), self._existing(other)
            if gone.ref == survivor.ref:
                return survivor
            if gone.ref != other:
                raise Conflict(MERGED_BEFORE(ref=other, into=gone.ref))
            after = merged(survivor, gone, origin=origin, cause=Cause(), now=self.clock.now())
            check_size(after, survivor)
            try:
                self.records.merge(after, survivor, gone)
            except Stale:
                continue
            return after
        raise Conflict(CONTENDED(subject=ref))

    def _whole(self, ref: str) -> Record:
        found = self._existing(ref)
        if found.ref != ref:
            raise Conflict(MERGED_AWAY(ref=ref, into=found.ref))
        return found

    def _existing(self, ref: str) -> Record:
        found = self.records.get(ref)
        if found is None:
            raise NotFound(RECORD_NOT_FOUND(ref=ref))
        return found
