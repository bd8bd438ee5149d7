"""Say who a message goes to: whose clocks count, and which messages went to the same person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.records.record import identities_of
from whenthen.domain.temporal.time_zones import parse_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.records.record import Record

MAX_KEYS = 20
"""Bound the identities of one person that are looked up."""

_PHONE = "phone#"


class Recipient(Struct, frozen=True):
    """Hold the identity that a message is sent to, and the fields of the person's records, as far as they are known."""

    identity: str
    records: tuple[Mapping[str, Any], ...] = ()

    @property
    def identities(self) -> tuple[str, ...]:
        """Return every identity of the person, in an order that is the same whichever of them a message goes to."""
        found = {self.identity, *self._others()}
        return tuple(sorted(found, key=lambda each: (not each.startswith(_PHONE), each))[:MAX_KEYS])

    def zone(self, moment: datetime) -> ZoneInfo | None:
        """Return the person's time zone: a record's, else that of the phone number's country. None if unknown."""
        for fields in self.records:
            name = fields.get("time_zone")
            if isinstance(name, str) and (zone := parse_zone(name.strip())):
                return zone
        number = next((each for each in (self.identity, *self._others()) if each.startswith(_PHONE)), None)
        if number is None:
            return None
        from whenthen.domain.sending.country_zones import zone_of_number  # noqa: PLC0415 - loads tables of numbers

        return zone_of_number(number.removeprefix(_PHONE), moment)

    def _others(self) -> Iterator[str]:
        return (each for fields in self.records for each in identities_of(fields))


def recipient_of(identity: str, record: Mapping[str, Any] | None, people: Iterable[Record]) -> Recipient:
    """Say who an identity is, by the run's record and the records that were found by the identity.

    A step may send to somebody else than the person of its record; then that record says nothing about them.
    """
    own = [record] if record and identity in identities_of(record) else []
    return Recipient(identity, (*own, *(person.fields for person in people)))


def may_be_one_person(records: Iterable[Record]) -> bool:
    """Tell whether no two of the records differ in all their identities of a kind, such as their telephone numbers."""
    kinds: dict[str, list[frozenset[str]]] = defaultdict(list)
    for record in records:
        own = record.identities
        for kind in {each.partition("#")[0] for each in own}:
            kinds[kind].append(frozenset(each for each in own if each.startswith(f"{kind}#")))
    return all(one & other for found in kinds.values() for one, other in combinations(found, 2))
