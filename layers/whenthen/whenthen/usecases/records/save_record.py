"""save_record: create or change a record by its id or by an identity of its person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, NotFound, Stale, Temporary
from whenthen.domain.events.event import Cause
from whenthen.domain.records.limits import check_record
from whenthen.domain.records.record import (
    Record,
    check_fields,
    completing,
    identities_of,
    parse_ref,
    patched,
)
from whenthen.ports.reason_codes import CONTENDED, OTHER_VERSION, RECORD_NOT_FOUND
from whenthen.ports.values import WriteResult
from whenthen.usecases.records.find_person import find_person, without_claimed
from whenthen.usecases.records.normalise import normalised
from whenthen.usecases.records.reason_codes import ID_REQUIRED

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore
    from whenthen.ports.values import SourceUpdate

ATTEMPTS = 4
"""Attempts at a write when other writers change the record, before the caller is told to come back."""


_NO_CAUSE = Cause()


class SaveRecord(Struct, frozen=True):
    """Write records for sources and for the API."""

    records: RecordStore
    clock: Clock
    default_country: str | None

    def upsert(
        self,
        kind: str,
        external_id: str | None,
        fields: Mapping[str, Any],
        *,
        origin: str,
        cause: Cause | None = None,
        version: int | None = None,
    ) -> Record:
        """Set the fields of the record `external_id`, or of the one of `kind` that shares an identity with the fields.

        Creates it if there is none, unless `version` is given. None removes a field. Returns the record as it stands
        then. Raises Invalid, TooLarge; Conflict for addresses of two people; Stale if the record is not at `version`;
        Temporary if others kept changing it.
        """
        for attempt in range(ATTEMPTS):
            found, new, changed = self._change(kind, external_id, fields, origin, cause or Cause(), attempt)
            if version is not None and new.version != version:
                raise Stale(OTHER_VERSION(subject=new.ref, current=new.version, wanted=version))
            if changed is new:
                return changed
            try:
                self.records.put(changed, found)
            except Stale:
                if version is not None:
                    raise
                continue
            return changed
        raise _contended(kind, external_id)

    def upsert_idempotent(
        self,
        update: SourceUpdate,
        kind: str,
        external_id: str | None,
        fields: Mapping[str, Any],
        *,
        origin: str,
        replaceable: Collection[str] | None = None,
        cause: Cause = _NO_CAUSE,
    ) -> tuple[Record, WriteResult]:
        """Apply a source update as `upsert` does; a duplicate changes nothing, even if the record was deleted since.

        STALE: the source sent a newer update of this record before; only fields that the record lacks are written.
        replaceable  the fields of which an unproven sender may replace what is there; None: the sender is proven
        Returns the record as it stands then (at version 0 if it was deleted). Raises as `upsert`.
        """
        attempt, result = 0, WriteResult.APPLIED
        while attempt < ATTEMPTS:
            stale = result is WriteResult.STALE
            names = () if stale else replaceable
            found, new, changed = self._change(
                kind, external_id, fields, origin, cause, attempt, names, proven=replaceable is None
            )
            try:
                written = self.records.put_once(changed, found, replace(update, at=None) if stale else update)
            except Stale:
                attempt += 1
                continue
            if written is WriteResult.STALE:
                result = written
                continue
            return (new, written) if written is WriteResult.DUPLICATE else (changed, result)
        raise _contended(kind, external_id)

    def insert_once(
        self, update: SourceUpdate, kind: str, external_id: str, fields: Mapping[str, Any], *, origin: str
    ) -> Record:
        """Create the record of a source update, unless it exists: then it stays as it is.

        A record that the same update created before stays deleted if it is. Returns the record as it stands, or as it
        would. Raises Invalid, TooLarge; Temporary if others kept changing it.
        """
        new = Record(kind, external_id)
        parse_ref(new.ref, "id")
        for _ in range(ATTEMPTS):
            found = self.records.get(new.ref)
            record = found or self._made(new, fields, origin)
            try:
                self.records.put_once(record, found, update)
            except Stale:
                continue
            return record
        raise _contended(kind, external_id)

    def _made(self, new: Record, fields: Mapping[str, Any], origin: str) -> Record:
        given = normalised(fields, self.default_country)
        check_fields(given)
        made = patched(new, given, origin=origin, cause=Cause(), now=self.clock.now())
        check_record(made, None)
        return made

    def _change(
        self,
        kind: str,
        external_id: str | None,
        fields: Mapping[str, Any],
        origin: str,
        cause: Cause,
        attempt: int,
        replaceable: Collection[str] | None = None,
        *,
        proven: bool = True,
    ) -> tuple[Record | None, Record, Record]:
        """Return the stored record, if there is one; the one to start from; and the one to write.

        replaceable  other fields are set only where the stored record has none; None: all are
        proven       False: the sender may be anybody, and moves no address of another's record

        Raises Invalid, TooLarge, Conflict.
        """
        patch = normalised(fields, self.default_country)
        check_fields(patch)
        found = self._find(kind, external_id, identities_of(patch))
        # If the id is taken though no record has the identity, a record had the identity earlier: make another id.
        made_of = (*identities_of(patch), *["again"] * attempt)
        new = found or Record(kind, external_id or ids.record_id(kind, *made_of))
        parse_ref(new.ref, "id")
        if external_id is None and found is None and not identities_of(patch):
            raise Invalid.field("id", ID_REQUIRED())
        if replaceable is not None and found is not None:
            patch = completing(found, patch, replaceable)
            patch = patch if proven else without_claimed(self.records, found, patch)
        changed = patched(new, patch, origin=origin, cause=cause, now=self.clock.now())
        check_record(changed, new)
        return found, new, changed

    def patch(
        self,
        ref: str,
        fields: Mapping[str, Any],
        *,
        version: int | None,
        origin: str,
        cause: Cause = _NO_CAUSE,
    ) -> Record:
        """Set fields of an existing record. Raises NotFound, Invalid, TooLarge; Stale if it is no longer at `version`.

        Without a version: Temporary if others kept changing it.
        """
        parse_ref(ref)
        patch = normalised(fields, self.default_country)
        check_fields(patch)
        for _ in range(ATTEMPTS):
            found = self.records.get(ref)
            if found is None:
                raise NotFound(RECORD_NOT_FOUND(ref=ref))
            if version is not None and found.version != version:
                raise Stale(OTHER_VERSION(subject=ref, current=found.version, wanted=version))
            changed = patched(found, patch, origin=origin, cause=cause, now=self.clock.now())
            if changed is found:
                return found
            check_record(changed, found)
            try:
                self.records.put(changed, found)
            except Stale:
                if version is not None:
                    raise
            else:
                return changed
        raise Temporary(CONTENDED(subject=ref), retry_after=1)

    def _find(self, kind: str, external_id: str | None, keys: Sequence[str]) -> Record | None:
        if external_id is not None:
            return self.records.get(f"{kind}:{external_id}")
        return find_person(self.records, kind, keys)


def _contended(kind: str, external_id: str | None) -> Temporary:
    return Temporary(CONTENDED(subject=f"{kind}:{external_id}" if external_id else kind), retry_after=1)
