"""Find the people that a step names: by an address, a reference such as `agent:ayse`, or a word such as `owner`.

A word is one only where the admin wrote it: what a template gives is an address or a reference, so that nobody can fill
in a form with `owner` or `field:…` and have a mail sent there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events import identities
from whenthen.domain.notices.staff import GROUPS, STAFF
from whenthen.domain.records.record import as_context, is_ref
from whenthen.sources.outgoing_mail.mailboxes import is_writable
from whenthen.usecases.records.reason_codes import NO_EMAIL

if TYPE_CHECKING:
    from whenthen.ports.records import RecordStore

FIELD = "field:"
"""Begins the name of a field of the record that holds addresses or references; dots lead on through references."""

MAX_READS = 200
"""Records that are read for the recipients of one mail."""

DEEPEST = 3
_BETWEEN = re.compile("[,;]")
_NAMED = re.compile('[<>"()]')
"""Signs of a name beside an address: its commas part nobody, or who writes `x@example.com,` as theirs gets the mail."""

NO_ADDRESS = ReasonCode("mail.no_address")
# `value` names a field, group or record: it is empty, unknown or without an address.
NOBODY_THERE = ReasonCode("mail.nobody_there", "value")

_WORDS: Mapping[str, tuple[str, ...]] = {
    "record": (),
    "contact": ("contact",),
    "company": ("company",),
    "owner": ("owner",),
    "owner.manager": ("owner", "manager"),
    "participants": ("participants",),
}
"""Word → the fields that lead from the record to the people."""

COLLEAGUES = frozenset({"owner", "owner.manager"})
"""Words that name people of the company itself, whatever their records are."""


def name_of(fields: Mapping[str, Any] | None) -> str:
    """Return the name on a person's record; empty if there is none."""
    fields = fields or {}
    whole = " ".join(str(part) for part in (fields.get("first_name"), fields.get("last_name")) if part)
    named = next((text for text in (fields.get("name"), fields.get("full_name"), whole) if text), "")
    return " ".join(str(named).split())


class Person(Struct, frozen=True):
    """Hold the address of a recipient in its one form, whether they are staff, and their record, if that is known."""

    address: str
    staff: bool = False
    fields: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Return the name on the record; empty if there is none."""
        return name_of(self.fields)


class People:
    """Find people for one mail; each record is read once."""

    def __init__(self, records: RecordStore, record: Mapping[str, Any] | None) -> None:
        self._records = records
        self._own = record or {}
        self._known: dict[str, Mapping[str, Any] | None] = {str(self._own.get("ref")): self._own} if record else {}

    def named(self, text: str, *, literal: bool) -> list[Person] | Reason:
        """Return the people that a text names, or the reason why there are none. `literal`: an admin wrote it so."""
        word = text.strip()
        if not word:
            return NO_ADDRESS()
        path = path_of(word) if literal else None
        staff = literal and word in COLLEAGUES
        values = listed(word) if path is None else self.values(path)
        found = [person for value in values for person in self._people(value, staff=staff)]
        if found:
            return found
        texts = listed(self._own.get("email")) if path == () else values
        broken = [value for value in texts if isinstance(value, str) and value and not names_record(value)]
        if broken:
            return NO_EMAIL(value=broken[0])
        return NO_ADDRESS() if path == () else NOBODY_THERE(value=word)

    def _with_record(self, address: str) -> Person:
        """Return the person with the run's record, if the address is the record's own."""
        if address not in addresses_of(self._own.get("email")):
            return Person(address)
        return Person(address, self._own.get("kind") in STAFF, self._own)

    def values(self, path: Sequence[str]) -> list[Any]:
        """Follow the path from the run's record."""
        if path in (("contact",), ("company",)) and not self._own.get(path[0]):
            return [self._own] if self._own.get("kind") == path[0] else []
        values: list[Any] = [self._own]
        for name in path:
            holders = [value if isinstance(value, Mapping) else self.read(value) for value in values]
            values = [value for holder in holders if holder for value in listed(holder.get(name))]
        return values

    def _people(self, value: Any, *, staff: bool, depth: int = 0) -> Iterator[Person]:
        """Yield the people that a field's value names."""
        record = value if isinstance(value, Mapping) else self.read(value)
        if record is None:
            address = address_of(value) if isinstance(value, str) else None
            if address is not None:
                yield Person(address, staff) if staff else self._with_record(address)
            return
        staff = staff or record.get("kind") in STAFF
        addresses = addresses_of(record.get("email"))
        if addresses:
            yield Person(addresses[0], staff, record)
        elif record.get("kind") in GROUPS and depth < DEEPEST:
            for member in listed(record.get("members")):
                yield from self._people(member, staff=True, depth=depth + 1)

    def read(self, value: Any) -> Mapping[str, Any] | None:
        """Read the record that a value refers to. None if it is no reference, or there is no such record."""
        if not names_record(value):
            return None
        if value not in self._known:
            record = self._records.get(value) if len(self._known) <= MAX_READS else None
            self._known[value] = as_context(record) if record else None
        return self._known[value]


def path_of(word: str) -> tuple[str, ...] | None:
    """Return the fields that a word stands for. None if it is no word."""
    if word.startswith(FIELD):
        return tuple(word.removeprefix(FIELD).strip().removeprefix("record.").split("."))
    return _WORDS.get(word)


def listed(value: Any) -> list[Any]:
    """Return the items of a field's value; one text may list several addresses."""
    if isinstance(value, str) and "@" in value:
        return [value] if _NAMED.search(value) else [part.strip() for part in _BETWEEN.split(value)]
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def addresses_of(value: Any) -> list[str]:
    """Return the usable addresses of a record's `email`."""
    found = (address_of(each) for each in listed(value) if isinstance(each, str))
    return [address for address in found if address is not None]


def address_of(text: str) -> str | None:
    """Return a text as an address in its one form. None if it is none that a mail can be sent to."""
    address = identities.email(text)
    return address if address is not None and is_writable(address) else None


def names_record(value: Any) -> bool:
    """Tell whether a value refers to a record. What has an at sign is an address."""
    return is_ref(value) and "@" not in value
