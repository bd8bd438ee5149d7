"""Read a sender's profile from an event: the fields of the person, and the settings for unknown senders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.events.identities import identity
from whenthen.domain.events.types import made_by_receiver
from whenthen.domain.records.record import IDENTITY_FIELDS, Record

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

KINDS = ("contact", "lead")
"""List the kinds of record that an unknown sender may become, and that their messages complete."""

_NAMES = ("full_name", "first_name", "last_name", "name")


class Person(Struct, frozen=True):
    """Describe the sender of a message on `channel`; `fields` are those of a record."""

    channel: str
    fields: Mapping[str, str]


class PeopleSettings(Struct, frozen=True):
    """Channel → the kind of record that is created for an unknown sender; None: no record is created."""

    creates: Mapping[str, str | None] = field(default_factory=lambda: dict(DEFAULTS))


DEFAULTS: Mapping[str, str | None] = {"whatsapp": "contact", "email": None, "sms": None}
"""Default settings. A WhatsApp sender wants to talk to us; mail and SMS also come from newsletters and machines."""


def read_people_settings(document: Mapping[str, Any]) -> PeopleSettings:
    """Read `{"create": {"whatsapp": "contact", "email": "none"}}`. A channel that it does not name has its default.

    Raises Invalid naming each field.
    """
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    create = reader.child("create") or Reader({}, "create", problems)
    chosen = {
        channel: create.choice(channel, (*KINDS, "none"), default or "none") for channel, default in DEFAULTS.items()
    }
    create.finish()
    reader.finish()
    if problems:
        raise Invalid(problems)
    return PeopleSettings({channel: None if kind == "none" else kind for channel, kind in chosen.items()})


def person_of(event: Event) -> Person | None:
    """Return the person who wrote to us. None if no person or no receiver of ours made the event.

    A person without an identity is none either.
    """
    row = _WRITERS.get(event.type) if made_by_receiver(event.source, event.type) else None
    fields = row[1](event.data) if row and event.identities else {}
    known = {name: value for name, value in fields.items() if isinstance(value, str) and value.strip()}
    return Person(row[0], known) if row and known.keys() & set(IDENTITY_FIELDS) else None


def lacking(record: Record, person: Person) -> dict[str, str]:
    """Return the fields that the record lacks: identities, and a name if it has none at all."""
    told = [name for name in IDENTITY_FIELDS if person.fields.get(name)]
    patch = {name: person.fields[name] for name in told if not record.fields.get(name)}
    if "full_name" in person.fields and not any(record.fields.get(name) for name in _NAMES):
        patch["full_name"] = person.fields["full_name"]
    return patch


def identities_in(fields: Mapping[str, str]) -> dict[str, str]:
    """Field → the identity that it would give a record."""
    return {name: identity(name, fields[name]) for name in IDENTITY_FIELDS if name in fields}


def _whatsapp(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"phone": data.get("phone"), "whatsapp": data.get("user_id"), "full_name": data.get("profile_name")}


def _email(data: Mapping[str, Any]) -> dict[str, Any]:
    if data.get("automatic"):
        return {}
    return {"email": data.get("from"), "full_name": data.get("from_name")}


def _sms(data: Mapping[str, Any]) -> dict[str, Any]:
    return {} if data.get("automatic") else {"phone": data.get("phone")}


_WRITERS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "whatsapp.message_received": ("whatsapp", _whatsapp),
    "email.received": ("email", _email),
    "sms.received": ("sms", _sms),
}
