"""Define the record: an entity of customer work. Its fields are free; a few well-known ones have a meaning here."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common import json_bounds
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import is_blank, unchanged
from whenthen.domain.events import identities
from whenthen.domain.events.event import Cause, Change, format_time
from whenthen.domain.records.automation import FREE, Automation
from whenthen.domain.records.consent import CONSENT, consent_after, consent_completed
from whenthen.domain.records.consent_log import NO_GROUND, ConsentChange, Ground, consent_changes, logged, written_by

KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=-]{0,127}")
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
MAX_FIELDS = 200
MAX_RECORD_BYTES = 300_000
"""Leave room in DynamoDB's 400 KB item for keys, indexes and bookkeeping."""

IDENTITY_FIELDS = ("phone", "email", "whatsapp")
"""Name the fields that a person is found by. Their values are stored normalised (`domain.events.identities`)."""

OTHER_FIELDS: Mapping[str, str] = {"phone": "other_phones", "email": "other_emails", "whatsapp": "other_whatsapps"}
"""Identity field → the list of further values by which the person is found as well."""

MAX_OTHERS = 5
"""Bound each of these lists: an exit subscription stands under every identity of its record."""

MAX_ABSORBED = 10
"""Bound the records that may be merged into one: its timeline reads theirs too."""

RESERVED = frozenset({"kind", "id", "ref", "version", "created_at", "updated_at"})
"""Reserve the names of every record's own attributes: a field of that name would hide them."""


BAD_REF = ReasonCode("ref.malformed")
RESERVED_NAME = ReasonCode("record.reserved_field")
BAD_NAME = ReasonCode("record.malformed_field")
TOO_MANY_FIELDS = ReasonCode("record.too_many_fields", "count", "found")


class Record(Struct, frozen=True):
    """Hold one record as it stands at `version`.

    fields   name → JSON value
    version  counts the changes, from 1; 0: it is not there yet
    origin   who made the last change, as in Event.origin
    cause    the runs behind the last change
    quiet    whether the last change is to start no rules
    absorbed the refs of the records that were merged into this one; they answer as this one
    automation what rules may do with it
    consent_log the last changes of its consent, oldest first
    """

    kind: str
    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    origin: str = "api"
    cause: Cause = Cause()
    quiet: bool = False
    absorbed: tuple[str, ...] = ()
    automation: Automation = FREE
    consent_log: tuple[ConsentChange, ...] = ()

    @property
    def refs(self) -> tuple[str, ...]:
        """Return every ref that means this record, its own first."""
        return self.ref, *self.absorbed

    @property
    def ref(self) -> str:
        """Return the name that events, rules and other records use for this one."""
        return f"{self.kind}:{self.id}"

    @property
    def identities(self) -> tuple[str, ...]:
        """Return the identities by which this record can be found, besides its ref."""
        return identities_of(self.fields)


def parse_ref(ref: Any, name: str = "ref") -> tuple[str, str]:
    """Split `<kind>:<id>` into (kind, id). Raises Invalid naming the field `name`."""
    kind, colon, external_id = ref.partition(":") if isinstance(ref, str) else ("", "", "")
    if not colon or not KIND.fullmatch(kind) or not ID.fullmatch(external_id):
        raise Invalid.field(name, BAD_REF())
    return kind, external_id


def is_ref(value: Any) -> bool:
    """Tell whether a value is a reference to a record."""
    try:
        parse_ref(value)
    except Invalid:
        return False
    return True


def identities_of(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the identities that a record's fields (already normalised) give it, those of `OTHER_FIELDS` last."""
    values = [(name, fields.get(name)) for name in IDENTITY_FIELDS]
    for name, others in OTHER_FIELDS.items():
        listed = fields.get(others)
        values += [(name, value) for value in (listed[:MAX_OTHERS] if isinstance(listed, list) else ())]
    found = (identities.identity(name, value) for name, value in values if isinstance(value, str) and value)
    return tuple(dict.fromkeys(found))


def rank_of(kind: str) -> int:
    """Rank the records of one person by kind: the contact stands for them first, then a lead, then any other."""
    return {"contact": 0, "lead": 1}.get(kind, 2)


def is_of_another(record: Record, searched: Iterable[str]) -> bool:
    """Tell whether a record with one of the searched identities still belongs to another person.

    So it is if business-scoped ids are searched, and the record has such ids but none of these: then it is a number
    that both had, one after the other.
    """
    theirs, ours = identities.own(record.identities), identities.own(searched)
    return bool(theirs and ours) and set(theirs).isdisjoint(ours)


def check_fields(fields: Mapping[str, Any], path: str = "fields") -> None:
    """Raise Invalid naming each field name, and each number, that a record cannot have."""
    problems = [
        Problem(f"{path}.{name}", RESERVED_NAME() if name in RESERVED else BAD_NAME())
        for name in fields
        if name in RESERVED or not FIELD.fullmatch(name)
    ]
    for name, value in fields.items():
        problems += json_bounds.out_of_bounds(value, f"{path}.{name}")
    if len(fields) > MAX_FIELDS:
        problems.append(Problem(path, TOO_MANY_FIELDS(count=MAX_FIELDS, found=len(fields))))
    if problems:
        raise Invalid(problems)


def patched(
    record: Record,
    patch: Mapping[str, Any],
    *,
    origin: str,
    cause: Cause,
    now: datetime,
    quiet: bool = False,
    ground: Ground = NO_GROUND,
) -> Record:
    """Set the fields of `patch` and remove those that are None. Return the record itself if nothing changes.

    Of `consent`, only the channels that the patch names are changed; the log notes each, with its `ground`.
    """
    fields = {**record.fields, **patch}
    if patch.get(CONSENT) is not None:
        fields[CONSENT] = consent_after(record.fields.get(CONSENT), patch[CONSENT]) or None
    fields = {name: value for name, value in fields.items() if value is not None or name not in patch}
    fields |= _changed_places(record.fields, fields, patch)
    if record.version and _same(record.fields, fields):
        return record
    by = written_by(origin, now, cause.runs, ground)
    changes = consent_changes(record.fields.get(CONSENT), fields.get(CONSENT), by)
    return replace(
        record,
        fields=fields,
        version=record.version + 1,
        created_at=record.created_at or now,
        updated_at=now,
        origin=origin,
        cause=cause,
        quiet=quiet,
        consent_log=logged(record.consent_log, changes) if changes else record.consent_log,
    )


def _changed_places(before: Mapping[str, Any], after: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Move the former first address to the place of the one that takes its: the person is still found by both."""
    moved: dict[str, Any] = {}
    for name, others in OTHER_FIELDS.items():
        first, now, listed = before.get(name), after.get(name), before.get(others)
        if first and now != first and others not in patch and isinstance(listed, list) and now in listed:
            moved[others] = [first if value == now else value for value in listed]
    return moved


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    """Return the fields whose values are not the same to conditions (`unchanged`), in alphabetical order."""
    names = sorted(before.keys() | after.keys())
    return {
        name: Change(before.get(name), after.get(name))
        for name in names
        if not unchanged(before.get(name), after.get(name))
    }


def encoded_size_of(record: Record) -> int:
    """Return the bytes of the record's fields as JSON, as they are stored."""
    return len(json.dumps(record.fields, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))


def _same(left: Any, right: Any) -> bool:
    """Tell whether two values are written the same, so that there is nothing to store. True is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[name], right[name]) for name in left)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def completing(record: Record, patch: Mapping[str, Any], replaceable: Collection[str] = ()) -> dict[str, Any]:
    """Return the part of a patch that fills what the record lacks, or is about a field in `replaceable`."""
    kept = {
        name: value
        for name, value in patch.items()
        if name in replaceable or (value is not None and is_blank(record.fields.get(name)))
    }
    if CONSENT in patch and CONSENT not in replaceable:
        unsaid = consent_completed(record.fields.get(CONSENT), patch[CONSENT])
        kept = {name: value for name, value in kept.items() if name != CONSENT} | ({CONSENT: unsaid} if unsaid else {})
    return kept


def as_context(record: Record) -> dict[str, Any]:
    """Return the record as conditions and templates see it: its fields and every record's own attributes."""
    return {
        **record.fields,
        "kind": record.kind,
        "id": record.id,
        "ref": record.ref,
        "version": record.version,
        "created_at": record.created_at and format_time(record.created_at),
        "updated_at": record.updated_at and format_time(record.updated_at),
    }
