"""What one mapping finds in one body for a record: which one it is, and those of its fields that a record can keep.

Each field is looked at by itself. One that no record can keep is reported and left out; it costs neither the other
fields nor the event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid
from whenthen.domain.events.identities import email, identity, phone, written
from whenthen.domain.records.record import FIELD, ID, MAX_FIELDS, MAX_OTHERS, OTHER_FIELDS, RESERVED, identities_of
from whenthen.sources.parsing.json_body import text_id

if TYPE_CHECKING:
    from whenthen.sources.webhook.field_mapping import MappingSession
    from whenthen.sources.webhook.mapping import RecordMapping

MOST_SHOWN = 5
"""How many of the names that no field can have are shown."""

LONGEST_SHOWN = 64
"""Characters that are shown of each: as many as a name may have."""

_UNREADABLE = "cannot be read, so it is left out"


class RecordUpsert(Struct, frozen=True):
    """A record to create or change: by `id` where it is known, else by the identities among its fields.

    event  the id of the event that tells of it
    at     when that happened, where the body says so
    """

    kind: str
    id: str | None
    fields: Mapping[str, Any]
    event: str = ""
    at: datetime | None = None

    @property
    def said(self) -> str:
        """What is told of it, as one text."""
        return json.dumps([self.kind, self.id, self.fields], sort_keys=True)


def record_of(
    source: str, country: str | None, mapping: RecordMapping | None, asking: MappingSession
) -> RecordUpsert | None:
    """The record that the body changes besides; None where it says too little for one, which is reported."""
    if mapping is None:
        return None
    fields, external_id = asking.value("record.fields", mapping.fields), text_id(asking.value("record.id", mapping.id))
    if not isinstance(fields, dict):
        asking.report("record.fields", "no object is found, so no record is changed")
        return None
    fields = _kept(country, _named(fields, external_id, asking), asking)
    if external_id is None and not identities_of(fields):
        asking.report("record", "neither an id nor a phone or e-mail is found, so no record is changed")
        return None
    if external_id is not None and not ID.fullmatch(external_id):
        external_id = ids.record_id(source, mapping.kind, external_id)
    return RecordUpsert(mapping.kind, external_id, fields)


def _named(fields: Mapping[str, Any], external_id: str | None, asking: MappingSession) -> dict[str, Any]:
    """The fields that hold something, as many as a record can have, under names that it can have."""
    present = {name: value for name, value in fields.items() if value is not None}
    if external_id is not None and text_id(present.get("id")) == external_id:
        del present["id"]  # of a whole body as fields: it is kept, as the record's own
    allowed = [name for name in present if name not in RESERVED and FIELD.fullmatch(name)]
    strange = [name[:LONGEST_SHOWN] for name in present if name in RESERVED or not FIELD.fullmatch(name)]
    if strange:
        shown = ", ".join(map(repr, strange[:MOST_SHOWN])) + (", …" if len(strange) > MOST_SHOWN else "")
        asking.report("record.fields", f"left out are {len(strange)}, whose names no field can have: {shown}")
    if len(allowed) > MAX_FIELDS:
        asking.report("record.fields", f"left out are all but the first {MAX_FIELDS} of {len(allowed)}")
    return {name: present[name] for name in allowed[:MAX_FIELDS]}


def _kept(country: str | None, fields: Mapping[str, Any], asking: MappingSession) -> dict[str, Any]:
    """The fields with addresses in their one written form, without those that are none."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        found: Any = value
        if name in _ADDRESSES:
            found = _ADDRESSES[name](value, country)
        elif name in _LISTS:
            found = _further(name, value, country, asking)
        if found is None:
            asking.report(f"record.fields.{name}", _UNREADABLE)
        else:
            kept[name] = found
    return kept


def _further(name: str, values: Any, country: str | None, asking: MappingSession) -> list[str] | None:
    """Those of a list of further addresses that are such, as many as a record can have; None for none."""
    if not isinstance(values, list):
        return None
    read = _ADDRESSES[_LISTS[name]]
    usable = [found for value in values if (found := read(value, country)) is not None]
    kept = list(dict.fromkeys(usable))[:MAX_OTHERS]
    if kept and len(usable) < len(values):
        asking.report(f"record.fields.{name}", f"left out are {len(values) - len(usable)} that cannot be read")
    if len(set(usable)) > MAX_OTHERS:
        asking.report(f"record.fields.{name}", f"left out are all but the first {MAX_OTHERS}")
    return kept or None


def _phone(value: Any, country: str | None) -> str | None:
    text = written(value)
    return None if text is None else phone(text, country)


def _email(value: Any, _country: str | None) -> str | None:
    return email(value) if isinstance(value, str) else None


def _whatsapp(value: Any, _country: str | None) -> str | None:
    text = text_id(value)
    try:
        return None if text is None else identity("whatsapp", text).partition("#")[2]
    except Invalid:
        return None


_ADDRESSES: Mapping[str, Callable[[Any, str | None], str | None]] = {
    "phone": _phone,
    "email": _email,
    "whatsapp": _whatsapp,
}
"""The fields that a person is found by, and how each is read."""

_LISTS = {others: name for name, others in OTHER_FIELDS.items()}
