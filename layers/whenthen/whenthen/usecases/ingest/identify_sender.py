"""identify_sender: note on the sender's record everything that their message tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.records.record import Record, patched
from whenthen.domain.records.sender_profile import (
    KINDS,
    Person,
    identities_in,
    lacking,
    person_of,
    read_people_settings,
)
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.records.save_record import ATTEMPTS, SaveRecord

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.administration import SettingStore


class IdentifySender(Struct, frozen=True):
    """Complete the record of a known person; create one for an unknown person if the installation's settings say so."""

    save_record: SaveRecord
    settings: SettingStore

    def __call__(self, event: Event) -> None:
        """Identify the sender of an event's message. Raises Temporary."""
        person = person_of(event)
        if person is None:
            return
        found = self.save_record.records.find(event.identities)
        if found is not None:
            self._complete(found, person, event)
            return
        kind = read_people_settings(self.settings.get("people")).creates.get(person.channel)
        fields = self._unclaimed(person.fields) if kind is not None else {}
        if kind is not None and identities_in(fields):
            self.save_record.upsert(kind, None, fields, origin=event.origin, cause=event.cause)

    def _unclaimed(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Leave out identities that a record has already: a person has to say whose they are."""
        find = self.save_record.records.find
        claimed = [name for name, identity in identities_in(fields).items() if find((identity,)) is not None]
        return {name: value for name, value in fields.items() if name not in claimed}

    def _complete(self, record: Record, person: Person, event: Event) -> None:
        """Set the fields that the record lacks, but no identity of another record: that may be another person."""
        records, found = self.save_record.records, record
        for _ in range(ATTEMPTS):
            patch = self._unclaimed(lacking(found, person)) if found.kind in KINDS else {}
            if not patch:
                return
            now = self.save_record.clock.now()
            try:
                records.put(patched(found, patch, origin=event.origin, cause=event.cause, now=now), found)
            except Stale:
                again = records.get(record.ref)
                if again is None:
                    return
                found = again
            else:
                return
        raise Temporary(CONTENDED(subject=record.ref), retry_after=1)
