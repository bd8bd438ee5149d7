"""update_consent: note on every record of a person whether they want messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.consent import CONSENT, agreed_on, read_consent
from whenthen.domain.records.consent_log import Ground
from whenthen.domain.records.consent_signals import ConsentSignal, consent_signal, opted_out, with_consent_signal
from whenthen.domain.records.record import Record, patched
from whenthen.ports.reason_codes import CONTENDED

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore

# A record with this address refused messages on the channel before it was deleted.
REFUSED_BEFORE = ReasonCode("consent.refused_before", "channel")

# Law or provider want a yes that was given before, and no record with this address has one.
NOT_AGREED = ReasonCode("consent.not_given", "channel")

ATTEMPTS = 4


class UpdateConsent(Struct, frozen=True):
    """Write a person's consent signal onto every record with their address."""

    records: RecordStore
    clock: Clock

    def __call__(self, event: Event) -> None:
        """Write the consent signal of an event. A known or an older signal changes nothing. Raises Temporary."""
        signal = consent_signal(event)
        if signal is None:
            return
        for record in self.records.find_all(event.identities):
            self._keep(record, signal, event)

    def _keep(self, record: Record, signal: ConsentSignal, event: Event) -> None:
        found: Record | None = record
        for _ in range(ATTEMPTS):
            patch = with_consent_signal(found, signal, event.time, self.clock.now()) if found else None
            if found is None or patch is None:
                return
            ground = Ground(event.type, next(iter(event.identities), ""), event.time)
            now = self.clock.now()
            changed = patched(found, patch, origin=event.origin, cause=event.cause, now=now, ground=ground)
            try:
                self.records.put(changed, found)
            except Stale:
                found = self.records.get(record.ref)
            else:
                return
        raise Temporary(CONTENDED(subject=record.ref), retry_after=1)


class Answer(Struct, frozen=True):
    """Say why nothing may be sent (None: it may), and whose records have the address, as far as they were read."""

    refused: Reason | None = None
    people: tuple[Record, ...] = ()


class Consents(Struct, frozen=True):
    """Check consent at the moment of sending."""

    records: RecordStore

    def ask(self, channel: str, recipient: str, purpose: str, *, opt_in: bool = False) -> Answer:
        """Say whether something may be sent to the identity `recipient`. Nobody is asked about service messages.

        A refusal outlives its record: it holds until a record with this address says yes.
        opt_in  whether somebody who said nothing has to be left alone, too
        """
        if purpose == "service":
            return Answer()
        found = tuple(self.records.find_all((recipient,)))
        return Answer(self._refused(channel, recipient, found, opt_in=opt_in), found)

    def _refused(self, channel: str, recipient: str, found: Sequence[Record], *, opt_in: bool) -> Reason | None:
        refused = opted_out(channel, found)
        if refused is not None or any(agreed_on(channel, read_consent(each.fields.get(CONSENT))) for each in found):
            return refused
        kept = dict.fromkeys(self.records.refused_before(recipient), False)
        if agreed_on(channel, kept) is False:
            return REFUSED_BEFORE(channel=channel)
        return NOT_AGREED(channel=channel) if opt_in else None
