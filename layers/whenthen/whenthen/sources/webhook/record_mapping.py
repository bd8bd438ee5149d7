"""Find the record that a body changes, and its fields, by one mapping.

Each field is checked by itself. One that no record can keep is reported and left out; it costs neither the other
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
from whenthen.domain.records.consent import CONSENT, consent_lifted
from whenthen.domain.records.dated_fields import with_read_dates
from whenthen.domain.records.record import FIELD, ID, MAX_FIELDS, MAX_OTHERS, OTHER_FIELDS, RESERVED, identities_of
from whenthen.sources.parsing.json_body import text_id
from whenthen.sources.webhook.reason_codes import (
    ADDRESSES_LEFT_OUT,
    ADDRESSES_UNREADABLE,
    FIELD_UNREADABLE,
    FIELDS_LEFT_OUT,
    FIELDS_NO_OBJECT,
    NAMES_LEFT_OUT,
    NO_KEY,
)

if TYPE_CHECKING:
    from whenthen.domain.temporal.written_dates import DateOrder
    from whenthen.sources.webhook.mapping import RecordMapping
    from whenthen.sources.webhook.mapping_session import MappingSession

MOST_SHOWN = 5
"""Names of impossible fields that a problem lists."""

LONGEST_SHOWN = 64
"""Characters that are shown of each: as many as a name may have."""


class RecordUpsert(Struct, frozen=True):
    """Describe a record to create or change: by `id` if it is known, else by the identities among its fields.

    event        id of the event that tells of it
    at           time of that event, if the body gives one
    may_replace  fields of which an unproven sender may replace what is there
    """

    kind: str
    id: str | None
    fields: Mapping[str, Any]
    event: str = ""
    at: datetime | None = None
    may_replace: tuple[str, ...] = ()

    @property
    def ref(self) -> str | None:
        """Return the record's ref; None if its id is not known yet."""
        return f"{self.kind}:{self.id}" if self.id else None

    @property
    def content(self) -> str:
        """Return kind, id and fields as one text, the same for the same update."""
        return json.dumps([self.kind, self.id, self.fields], sort_keys=True)


def record_of(
    source: str,
    country: str | None,
    date_order: DateOrder | None,
    mapping: RecordMapping | None,
    session: MappingSession,
) -> RecordUpsert | None:
    """Find the record that the body changes besides; None, and a problem, if it says too little for one."""
    if mapping is None:
        return None
    fields = session.value("record.fields", mapping.fields)
    external_id = text_id(session.value("record.id", mapping.id))
    if not isinstance(fields, dict):
        session.report("record.fields", FIELDS_NO_OBJECT())
        return None
    fields = _dated(date_order, _kept(country, _named(fields, external_id, session), session), session)
    if external_id is None and not identities_of(fields):
        session.report("record", NO_KEY())
        return None
    if external_id is not None and not ID.fullmatch(external_id):
        external_id = ids.record_id(source, mapping.kind, external_id)
    return RecordUpsert(mapping.kind, external_id, fields, may_replace=mapping.may_replace)


def _named(fields: Mapping[str, Any], external_id: str | None, session: MappingSession) -> dict[str, Any]:
    """Keep the fields that hold something, as many as a record can have, under names that it can have."""
    present = {name: value for name, value in consent_lifted(fields).items() if value is not None}
    if isinstance(present.get(CONSENT), dict):  # what an expression did not find takes no word of a person back
        present[CONSENT] = {channel: said for channel, said in present[CONSENT].items() if said is not None}
        if not present[CONSENT]:
            del present[CONSENT]
    if external_id is not None and text_id(present.get("id")) == external_id:
        del present["id"]  # a whole body as fields: the id is kept, as the record's own
    allowed = [name for name in present if name not in RESERVED and FIELD.fullmatch(name)]
    impossible = [name[:LONGEST_SHOWN] for name in present if name in RESERVED or not FIELD.fullmatch(name)]
    if impossible:
        shown = [*impossible[:MOST_SHOWN], *(["…"] if len(impossible) > MOST_SHOWN else [])]
        session.report("record.fields", NAMES_LEFT_OUT(count=len(impossible), names=list(shown)))
    if len(allowed) > MAX_FIELDS:
        session.report("record.fields", FIELDS_LEFT_OUT(count=MAX_FIELDS, found=len(allowed)))
    return {name: present[name] for name in allowed[:MAX_FIELDS]}


def _kept(country: str | None, fields: Mapping[str, Any], session: MappingSession) -> dict[str, Any]:
    """Normalise the addresses among the fields, and leave out those that cannot be read."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        found: Any = value
        if name in _ADDRESSES:
            found = _ADDRESSES[name](value, country)
        elif name in _LISTS:
            found = _further(name, value, country, session)
        if found is None:
            session.report(f"record.fields.{name}", FIELD_UNREADABLE())
        else:
            kept[name] = found
    return kept


def _dated(order: DateOrder | None, fields: Mapping[str, Any], session: MappingSession) -> dict[str, Any]:
    """Read the dates that people wrote; one that nobody can be sure of stays as it is, and is reported."""
    read, problems = with_read_dates(fields, order)
    for problem in problems:
        session.report(f"record.fields.{problem.field}", problem.reason)
    return read


def _further(name: str, values: Any, country: str | None, session: MappingSession) -> list[str] | None:
    """Keep the readable ones of a list of further addresses, as many as a record can have; None for none."""
    if not isinstance(values, list):
        return None
    read = _ADDRESSES[_LISTS[name]]
    usable = [found for value in values if (found := read(value, country)) is not None]
    kept = list(dict.fromkeys(usable))[:MAX_OTHERS]
    if kept and len(usable) < len(values):
        session.report(f"record.fields.{name}", ADDRESSES_UNREADABLE(count=len(values) - len(usable)))
    if len(set(usable)) > MAX_OTHERS:
        session.report(f"record.fields.{name}", ADDRESSES_LEFT_OUT(count=MAX_OTHERS))
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
"""Field that a person is found by → its reader."""

_LISTS = {others: name for name, others in OTHER_FIELDS.items()}
