"""merge_records: two records turn out to be one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.domain.events.event import Cause
from whenthen.domain.records.limits import check_size
from whenthen.domain.records.merge import merged
from whenthen.domain.records.record import Record, parse_ref

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore

ATTEMPTS = 8


class MergeRecords(Struct, frozen=True):
    """Merges records on behalf of admins."""

    records: RecordStore
    clock: Clock

    def __call__(self, ref: str, other: str, *, origin: str) -> Record:
        """Merge the record `other` into the record `ref`; returns that as it is then. A repetition changes nothing.

        Raises NotFound; Invalid naming `from`; TooLarge; Conflict where one of them is part of another record already.
        """
        kind, _ = parse_ref(ref, "id")
        if parse_ref(other, "from")[0] != kind:
            raise Invalid.field("from", f"a {kind} is required: only records of one kind can be merged")
        if ref == other:
            raise Invalid.field("from", f"{ref} cannot be merged into itself")
        for _ in range(ATTEMPTS):
            survivor, gone = self._whole(ref), self._existing(other)
            if gone.ref == survivor.ref:
                return survivor
            if gone.ref != other:
                raise Conflict(f"{other} was merged into {gone.ref} already")
            after = merged(survivor, gone, origin=origin, cause=Cause(), now=self.clock.now())
            check_size(after, survivor)
            try:
                self.records.merge(after, survivor, gone)
            except Stale:
                continue
            return after
        raise Conflict(f"{ref} and {other} are being changed by others: try again")

    def _whole(self, ref: str) -> Record:
        found = self._existing(ref)
        if found.ref != ref:
            raise Conflict(f"{ref} was merged into {found.ref}: merge into that")
        return found

    def _existing(self, ref: str) -> Record:
        found = self.records.get(ref)
        if found is None:
            raise NotFound(f"there is no record {ref}")
        return found
