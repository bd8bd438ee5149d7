"""update_consent: note for a person whether they want messages, on their records and for their addresses themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Stale, Temporary, TooLarge
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.consent import CONSENT, agreed_on, read_consent
from whenthen.domain.records.consent_log import ConsentWord, Ground
from whenthen.domain.records.consent_signals import (
    ConsentSignal,
    agreed_since,
    consent_signal,
    kept_word,
    opted_out,
    refusals_missing,
    refusals_of,
    with_consent_signal,
    with_refusals,
)
from whenthen.domain.records.record import Record, patched
from whenthen.ports.reason_codes import CONTENDED

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore

# Somebody with this address refused messages on the channel, without a record or before it was deleted.
REFUSED_BEFORE = ReasonCode("consent.refused_before", "channel")

# Law or provider want a yes that was given before, and no record with this address has one.
NOT_AGREED = ReasonCode("consent.not_given", "channel")

ATTEMPTS = 4

_OF_ONE_ADDRESS = frozenset({"email.bounced"})
"""Types of events that say something of an address, and nothing of the person: their other addresses are as good."""


class UpdateConsent(Struct, frozen=True):
    """Write a person's consent signal onto every record with their address, else keep it for the address itself."""

    records: RecordStore
    clock: Clock

    def __call__(self, event: Event) -> None:
        """Write the consent signal of an event. A known or an older signal changes nothing. Raises Temporary."""
        signal = consent_signal(event)
        if signal is None:
            return
        found = self.records.find_all(event.identities)
        if event.type in _OF_ONE_ADDRESS:
            found = [record for record in found if not _has_another(record, event.identities)]
        for record in found:
            self._keep(record, signal, event)
        for identity in event.identities:
            if not any(identity in record.identities for record in found):
                word = ConsentWord(signal.agreed, min(event.time, self.clock.now()), event.type)
                self.records.keep_word(identity, signal.channel, word)

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


class TakeOverRefusals(Struct, frozen=True):
    """Write refusals that are kept for addresses onto records that get one of these, whichever way they come.

    A yes that is written onto a record later than the refusal ends it. An address that a record gives up keeps what the
    record refuses.
    """

    records: RecordStore
    clock: Clock

    def __call__(self, changes: Sequence[tuple[Record | None, Record | None]]) -> int:
        """Look at changes of records, given as (before, after); returns how many took one over. Raises Temporary."""
        asked = {after.ref: (after, found) for before, after in changes if after and (found := _to_ask(before, after))}
        addresses = list({identity for _, found in asked.values() for identity in found})
        words = self.records.words_of(addresses) if addresses else {}
        kept = [
            (record, identity, words[identity])
            for record, found in asked.values()
            for identity in found
            if identity in words
        ]
        for before, after in changes:
            if before and after:
                self._leave(before, set(before.identities) - set(after.identities))
        for record, identity, said in kept:
            self._lift(record, identity, said)
        return sum(self._take_over(record, identity, said) for record, identity, said in kept)

    def _leave(self, record: Record, identities: Collection[str]) -> None:
        for identity in sorted(identities):
            for channel, word in refusals_of(record).items():
                self.records.keep_word(identity, channel, word)

    def _lift(self, record: Record, identity: str, said: Mapping[str, ConsentWord]) -> None:
        for channel, word in said.items():
            since = agreed_since(channel, record)
            if not word.agreed and since and since > word.at:
                self.records.keep_word(identity, channel, ConsentWord(agreed=True, at=since))

    def _take_over(self, record: Record, identity: str, said: Mapping[str, ConsentWord]) -> bool:
        found: Record | None = record
        for _ in range(ATTEMPTS):
            missing = refusals_missing(found, said) if found and identity in found.identities else {}
            if found is None or not missing:
                return False
            newest = max(missing.values(), key=lambda word: word.at)
            changed = patched(
                found,
                with_refusals(found, missing),
                origin=found.origin,
                cause=found.cause,
                now=self.clock.now(),
                quiet=found.quiet,
                ground=Ground(newest.event, identity, newest.at),
            )
            try:
                self.records.put(changed, found)
            except Stale:
                found = self.records.get(record.ref)
            except (Invalid, TooLarge):
                return False  # no room for it in the record: whoever sends to the address asks for it all the same
            else:
                return True
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

        A refusal needs no record and outlives one: it holds until the person, or a record with this address, says
        yes later than that.
        opt_in  whether somebody who said nothing has to be left alone, too
        """
        if purpose == "service":
            return Answer()
        found = tuple(self.records.find_all((recipient,)))
        return Answer(self._refused(channel, recipient, found, opt_in=opt_in), found)

    def _refused(self, channel: str, recipient: str, found: Sequence[Record], *, opt_in: bool) -> Reason | None:
        refused = opted_out(channel, found)
        if refused is not None:
            return refused
        kept = kept_word(channel, self.records.words_of((recipient,)).get(recipient, {}), found)
        if kept is not None:
            return None if kept else REFUSED_BEFORE(channel=channel)
        agreed = any(agreed_on(channel, read_consent(each.fields.get(CONSENT))) for each in found)
        return NOT_AGREED(channel=channel) if opt_in and not agreed else None


def _has_another(record: Record, identities: Sequence[str]) -> bool:
    """Tell whether a record has an address of the same kind besides these."""
    kinds = {each.partition("#")[0] for each in identities}
    return any(each.partition("#")[0] in kinds for each in record.identities if each not in identities)


def _to_ask(before: Record | None, after: Record) -> list[str]:
    """Return the addresses of a changed record to ask about: those that are new, or all, if its consent changed."""
    known = set(before.identities) if before else set()
    if before is not None and before.consent_log != after.consent_log:
        return list(after.identities)
    return [identity for identity in after.identities if identity not in known]
