"""Find the colleagues that a step names. Others, such as customers, are left out.

A word such as `owner` is one only where the admin wrote it: what a template gives is a reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.channels.staff.reason_codes import NO_COLLEAGUE
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.notices.staff import GROUPS, STAFF
from whenthen.usecases.records.find_people import (
    COLLEAGUES,
    DEEPEST,
    People,
    address_of,
    addresses_of,
    listed,
    name_of,
    names_record,
    path_of,
)

if TYPE_CHECKING:
    from whenthen.ports.records import RecordStore

MAX_COLLEAGUES = 50
"""Colleagues that one step tells something, at most."""

# `value` names a field, a word or a reference, under which nobody was found.
NOBODY_THERE = ReasonCode("staff.nobody_there", "value")
TOO_MANY = ReasonCode("staff.too_many", "count", "found")


class Colleague(Struct, frozen=True):
    """Hold a colleague: their reference, or their address if no record of them is known.

    address  in its one form; empty if it is not known
    """

    person: str
    address: str = ""
    name: str = ""


class Colleagues:
    """Find colleagues for one step."""

    def __init__(self, records: RecordStore, record: Mapping[str, Any] | None) -> None:
        self._people = People(records, record)

    def named(self, texts: Iterable[str], written: set[str]) -> tuple[list[Colleague], list[Reason]]:
        """Return the colleagues that the texts name, each once, and why others are left out. Raises Invalid.

        written  the texts as the admin wrote them: words count only there
        """
        found: dict[str, Colleague] = {}
        left_out: dict[Reason, None] = {}
        for text in texts:
            for each in self._of_text(text.strip(), literal=text in written):
                if isinstance(each, Reason):
                    left_out[each] = None
                else:
                    found.setdefault(each.person, each)
        if len(found) > MAX_COLLEAGUES:
            raise Invalid.field("with.to", TOO_MANY(count=MAX_COLLEAGUES, found=len(found)))
        return list(found.values()), list(left_out)

    def _of_text(self, word: str, *, literal: bool) -> list[Colleague | Reason]:
        path = path_of(word) if literal else None
        if path is None and literal and not names_record(word):
            return [_by_address(each) for each in listed(word)]
        values = [word] if path is None else self._people.values(path)
        trusted = literal and word in COLLEAGUES
        found = [each for value in values if value for each in self._of_value(value, trusted=trusted)]
        return found or [NOBODY_THERE(value=word)]

    def _of_value(self, value: Any, *, trusted: bool, depth: int = 0) -> Iterator[Colleague | Reason]:
        """Yield the colleagues of a value. `trusted`: it names a colleague, of whatever kind their record is."""
        record = value if isinstance(value, Mapping) else self._people.read(value)
        ref = str(record.get("ref") or "") if record is not None else value if names_record(value) else ""
        if not ref:
            yield _by_address(value) if trusted else NO_COLLEAGUE(value=str(value))
        elif not trusted and _kind(ref) not in STAFF:
            yield NO_COLLEAGUE(value=ref)
        elif _kind(ref) in GROUPS and record is not None and record.get("members") and depth < DEEPEST:
            for member in listed(record["members"]):
                yield from self._of_value(member, trusted=True, depth=depth + 1)
        else:
            fields = record or {}
            yield Colleague(ref, next(iter(addresses_of(fields.get("email"))), ""), name_of(fields))


def _by_address(value: Any) -> Colleague | Reason:
    """Return the colleague whose address a value is."""
    address = address_of(value) if isinstance(value, str) else None
    return NO_COLLEAGUE(value=str(value)) if address is None else Colleague(address, address)


def _kind(ref: str) -> str:
    return ref.partition(":")[0]
