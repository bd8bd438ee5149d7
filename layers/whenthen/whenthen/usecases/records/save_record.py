"""save_record: create or change a record by its id or by an identity of its person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, NotFound, Problem, Stale, Temporary
from whenthen.domain.common.reasons import param_of
from whenthen.domain.events import identities
from whenthen.domain.events.event import Cause
from whenthen.domain.records.limits import check_record
from whenthen.domain.records.record import (
    MAX_OTHERS,
    OTHER_FIELDS,
    Record,
    check_fields,
    identities_of,
    parse_ref,
    patched,
)
from whenthen.ports.reason_codes import CONTENDED, OTHER_VERSION, RECORD_NOT_FOUND
from whenthen.ports.values import WriteResult
from whenthen.usecases.records.reason_codes import ADDRESS_LIST, ID_REQUIRED, NO_EMAIL, NO_PHONE, NO_WHATSAPP

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import ReasonCode
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore
    from whenthen.ports.values import SourceUpdate

ATTEMPTS = 4
"""Attempts at a write when other writers change the record, before the caller is told to come back."""


def normalised(fields: Mapping[str, Any], default_country: str | None) -> dict[str, Any]:
    """Normalise the addresses among the fields, as identities need them. Raises Invalid naming each field."""
    result = dict(fields)
    problems: list[Problem] = []
    for name in ("phone", "email"):
        value = result.get(name)
        if value is None or value == "":
            continue
        result[name] = _normal(name, value, default_country)
        if result[name] is None:
            problems.append(Problem(f"fields.{name}", _UNREADABLE[name](value=param_of(value))))
    for name, others in OTHER_FIELDS.items():
        if result.get(others) is not None:
            result[others] = _normalised_others(result[others], name, others, default_country, problems)
    if problems:
        raise Invalid(problems)
    return result


def _normal(name: str, value: Any, default_country: str | None) -> str | None:
    """Normalise the value of an identity field. None if it is unreadable."""
    text = identities.written(value) if name == "phone" else value
    if not isinstance(text, str) or not text:
        return None
    match name:
        case "phone":
            return identities.phone(text, default_country)
        case "email":
            return identities.email(text)
    return text


def _normalised_others(
    values: Any, name: str, field: str, default_country: str | None, problems: list[Problem]
) -> list[str]:
    if not isinstance(values, list) or len(values) > MAX_OTHERS:
        problems.append(Problem(f"fields.{field}", ADDRESS_LIST(count=MAX_OTHERS)))
        return []
    normal = [_normal(name, value, default_country) for value in values]
    problems += [
        Problem(f"fields.{field}[{place}]", _UNREADABLE[name](value=param_of(value)))
        for place, value in enumerate(values)
        if normal[place] is None
    ]
    return list(dict.fromkeys(value for value in normal if value is not None))


_UNREADABLE: Mapping[str, ReasonCode] = {"phone": NO_PHONE, "email": NO_EMAIL, "whatsapp": NO_WHATSAPP}


class SaveRecord(Struct, frozen=True):
    """Write records for sources and for the API."""

    records: RecordStore
    clock: Clock
    default_country: str | None

    def upsert(
        self, kind: str, external_id: str | None, fields: Mapping[str, Any], *, origin: str, cause: Cause | None = None
    ) -> Record:
        """Set the fields of the record `external_id`, or of the one of `kind` that shares an identity with the fields.

        Creates it if there is none. None removes a field. Returns the record as it stands then.
        Raises Invalid, TooLarge; Temporary if others kept changing it.
        """
        for attempt in range(ATTEMPTS):
            found, new, changed = self._change(kind, external_id, fields, origin, cause or Cause(), attempt)
            if changed is new:
                return changed
            try:
                self.records.put(changed, found)
            except Stale:
                continue
            return changed
        raise _contended(kind, external_id)

    def upsert_idempotent(
        self, update: SourceUpdate, kind: str, external_id: str | None, fields: Mapping[str, Any], *, origin: str
    ) -> tuple[Record, WriteResult]:
        """Apply a source update as `upsert` does; a duplicate changes nothing, even if the record was deleted since.

        STALE: the source sent a newer update of this record before; only fields that the record lacks are written.
        Returns the record as it stands then (at version 0 if it was deleted). Raises as `upsert`.
        """
        attempt, result = 0, WriteResult.APPLIED
        while attempt < ATTEMPTS:
            stale = result is WriteResult.STALE
            found, new, changed = self._change(kind, external_id, fields, origin, Cause(), attempt, lacking=stale)
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

    def preview(self, kind: str, external_id: str | None, fields: Mapping[str, Any]) -> tuple[Record | None, Record]:
        """Return the record that `upsert` would find, and as it would leave it. Raises Invalid, TooLarge."""
        found, _, changed = self._change(kind, external_id, fields, "preview", Cause(), 0)
        return found, changed

    def _change(
        self,
        kind: str,
        external_id: str | None,
        fields: Mapping[str, Any],
        origin: str,
        cause: Cause,
        attempt: int,
        *,
        lacking: bool = False,
    ) -> tuple[Record | None, Record, Record]:
        """Return the stored record, if there is one; the one to start from; and the one to write.

        lacking  only fields that the stored record does not have are set

        Raises Invalid, TooLarge.
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
        if lacking and found is not None:
            from whenthen.domain.common.values import is_blank  # noqa: PLC0415 - few deliveries need it

            patch = {name: value for name, value in patch.items() if is_blank(found.fields.get(name))}
        changed = patched(new, patch, origin=origin, cause=cause, now=self.clock.now())
        check_record(changed, new)
        return found, new, changed

    def patch(self, ref: str, fields: Mapping[str, Any], *, version: int | None, origin: str) -> Record:
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
            changed = patched(found, patch, origin=origin, cause=Cause(), now=self.clock.now())
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
        return self.records.find(keys, kind) if keys else None


def _contended(kind: str, external_id: str | None) -> Temporary:
    return Temporary(CONTENDED(subject=f"{kind}:{external_id}" if external_id else kind), retry_after=1)
