"""update_consent: who refuses messages is asked no more, on whichever record they are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.records.consent import ConsentSignal, consent_signal, opted_out, with_consent_signal
from whenthen.domain.records.record import Record, patched

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore

ATTEMPTS = 4


class UpdateConsent(Struct, frozen=True):
    """Writes what a person said about messages onto every record with their address."""

    records: RecordStore
    clock: Clock

    def __call__(self, event: Event) -> None:
        """Raises Temporary. A word that is known already, or an older one, changes nothing."""
        word = consent_signal(event)
        if word is None:
            return
        for record in self.records.find_all(event.identities):
            self._keep(record, word, event)

    def _keep(self, record: Record, word: ConsentSignal, event: Event) -> None:
        found: Record | None = record
        for _ in range(ATTEMPTS):
            patch = with_consent_signal(found, word, event.time) if found else None
            if found is None or patch is None:
                return
            changed = patched(found, patch, origin=event.origin, cause=event.cause, now=self.clock.now())
            try:
                self.records.put(changed, found)
            except Stale:
                found = self.records.get(record.ref)
            else:
                return
        raise Temporary(f"{record.ref} is being changed by others", retry_after=1)


class Consents(Struct, frozen=True):
    """Asked at the moment of sending."""

    records: RecordStore

    def opted_out(self, channel: str, recipient: str, purpose: str) -> str | None:
        """Why nothing may be sent to the identity `recipient`. What serves the customer is sent all the same."""
        if purpose == "service":
            return None
        return opted_out(channel, self.records.find_all((recipient,)))
