"""delete_record: delete a record for admins, however often others change it meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Conflict, NotFound, Stale, Temporary
from whenthen.domain.events.event import Cause
from whenthen.domain.records.record import parse_ref
from whenthen.ports.reason_codes import CONTENDED, OTHER_VERSION, RECORD_NOT_FOUND
from whenthen.usecases.records.reason_codes import MERGED_INTO

if TYPE_CHECKING:
    from whenthen.ports.records import RecordStore

ATTEMPTS = 8


class DeleteRecord(Struct, frozen=True):
    """Delete records with their identities."""

    records: RecordStore

    def __call__(self, ref: str, *, version: int | None, origin: str) -> None:
        """Delete the record. `version`: the only one that may be deleted; None: any.

        Raises NotFound; Stale if it is not at `version`; Conflict if it was merged into another; Temporary if others
        kept changing it.
        """
        parse_ref(ref, "id")
        for attempt in range(ATTEMPTS):
            record = self.records.get(ref)
            if record is None:
                if attempt:  # another call deleted it meanwhile
                    return
                raise NotFound(RECORD_NOT_FOUND(ref=ref))
            if record.ref != ref:
                raise Conflict(MERGED_INTO(ref=ref, into=record.ref))
            if version is not None and record.version != version:
                raise Stale(OTHER_VERSION(subject=ref, current=record.version, wanted=version))
            try:
                self.records.delete(record, origin=origin, cause=Cause())
            except Stale:
                continue
            return
        raise Temporary(CONTENDED(subject=ref), retry_after=1)
