"""find_records: find the records of a kind by what a person knows of somebody: a phone number, an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.events import identities
from whenthen.ports.values import Page
from whenthen.usecases.records.reason_codes import NO_EMAIL, NO_PHONE, NO_WHATSAPP

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import ReasonCode
    from whenthen.domain.records.record import Record
    from whenthen.ports.records import RecordStore

_UNREADABLE: Mapping[str, ReasonCode] = {"phone": NO_PHONE, "email": NO_EMAIL, "whatsapp": NO_WHATSAPP}


class FindRecords(Struct, frozen=True):
    """Find records for admins."""

    records: RecordStore
    default_country: str | None

    def __call__(
        self,
        kind: str,
        addresses: Mapping[str, str],
        *,
        limit: int,
        cursor: str | None,
        takes: Callable[[Record], bool] | None = None,
    ) -> Page[Record]:
        """Return the records of `kind` with all of the addresses (by `phone`, `email`, `whatsapp`; empty: not asked).

        They are those that `takes` selects, by id; a cursor is the id of the last. Raises Invalid naming each address
        that cannot be read.
        """
        wanted = self._identities({name: text for name, text in addresses.items() if text})
        found = [
            record
            for record in self.records.find_all(wanted[:1])
            if record.kind == kind and set(wanted) <= set(record.identities) and (takes is None or takes(record))
        ]
        rest = sorted((each for each in found if cursor is None or each.id > cursor), key=lambda record: record.id)
        return Page(tuple(rest[:limit]), rest[limit - 1].id if len(rest) > limit else None)

    def _identities(self, addresses: Mapping[str, str]) -> list[str]:
        read = {name: self._read(name, text) for name, text in addresses.items()}
        problems = [Problem(name, _UNREADABLE[name](value=addresses[name])) for name in read if not read[name]]
        if problems:
            raise Invalid(problems)
        return [found for found in read.values() if found]

    def _read(self, name: str, text: str) -> str | None:
        """Return the identity of an address; None if it cannot be read.

        A plus sign that was not escaped in a query comes as a space.
        """
        plain = f"+{text[1:]}" if text.startswith(" ") else text
        if name == "email":
            plain = text.strip().replace(" ", "+")
        return identities.normalised_identity(f"{name}#{plain}", self.default_country)
