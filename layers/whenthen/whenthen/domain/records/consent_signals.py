"""Find in events what people say of our messages, and store it in their records.

A record's `consent_at` holds channel → the time of the last signal: an older one that arrives late changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import Event, format_time, parse_time
from whenthen.domain.events.stop_words import agreed_by
from whenthen.domain.events.types import made_by_receiver
from whenthen.domain.records.consent import ALL, CONSENT, agreed_on, mapping_of, read_consent
from whenthen.domain.records.consent_log import ConsentWord

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record

REFUSED = ReasonCode("consent.refused", "channel", "ref")

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

BY_LINK = "link"
"""Says in an event's `by` that the customer chose by a link in a message."""


class ConsentSignal(Struct, frozen=True):
    """Tell whether a person allows messages on a channel."""

    channel: str
    agreed: bool


def consent_signal(event: Event) -> ConsentSignal | None:
    """Read the event's consent signal. None if it has none, or if no receiver of ours made it."""
    row = _WORDS.get(event.type) if made_by_receiver(event.source, event.type) else None
    agreed = row[1](event.data) if row else None
    return ConsentSignal(row[0], agreed) if row and agreed is not None else None


def with_consent_signal(
    record: Record, word: ConsentSignal, said: datetime, now: datetime | None = None
) -> dict[str, Any] | None:
    """Return the patch by which a record stores a signal. None if it has a newer one.

    One that is dated later than `now` is none: nobody can have given it yet, and it would outlive every other.
    """
    at = format_time(said)
    known = mapping_of(record.fields.get("consent_at"))
    before = _time(known.get(word.channel))
    if before is not None and format_time(before) >= at and (now is None or before <= now):
        return None
    consent = {**read_consent(record.fields.get(CONSENT)), word.channel: word.agreed}
    return {"consent": consent, "consent_at": {**known, word.channel: at}}


def opted_out(channel: str, records: Iterable[Record]) -> Reason | None:
    """Return the reason against sending to the person whose records these are. None if nobody refused."""
    for record in records:
        if agreed_on(channel, read_consent(record.fields.get(CONSENT))) is False:
            return REFUSED(channel=channel, ref=record.ref)
    return None


def kept_word(channel: str, words: Mapping[str, ConsentWord], records: Sequence[Record]) -> bool | None:
    """Tell what the words kept of an address say of a channel; None if nothing. A later refusal of all goes first.

    records  those with the address: a yes of theirs that is not older ends a refusal
    """
    own, of_all = words.get(channel), words.get(ALL)
    if own is None or (of_all is not None and not of_all.agreed and of_all.at > own.at):
        return None if of_all is None else of_all.agreed or any(is_ended(of_all, by, records) for by in (channel, ALL))
    return own.agreed or is_ended(own, channel, records)


def agreed_since(channel: str, record: Record) -> datetime | None:
    """Return when a record's yes to exactly this channel (or `all`) was given or written. None if it has none."""
    if read_consent(record.fields.get(CONSENT)).get(channel) is not True:
        return None
    written = [change.at for change in record.consent_log if change.agreed and change.channel == channel]
    said = _time(mapping_of(record.fields.get("consent_at")).get(channel))
    return max([*written, *([said] if said else [])], default=record.created_at or _LONG_AGO)


def is_ended(word: ConsentWord, channel: str, records: Iterable[Record]) -> bool:
    """Tell whether one of these records has a yes to the channel that is not older than the refusal."""
    times = (agreed_since(channel, record) for record in records)
    return any(since is not None and since >= word.at for since in times)


def refusals_of(record: Record) -> dict[str, ConsentWord]:
    """Return channel → the refusal, for the channels that a record refuses."""
    consent, said = read_consent(record.fields.get(CONSENT)), mapping_of(record.fields.get("consent_at"))
    written = record.updated_at or record.created_at or _LONG_AGO
    return {
        channel: ConsentWord(agreed=False, at=_time(said.get(channel)) or written)
        for channel, agreed in consent.items()
        if not agreed
    }


def refusals_missing(record: Record, words: Mapping[str, ConsentWord]) -> dict[str, ConsentWord]:
    """Return channel → the refusal, of those that are kept of a record's address and that the record has not.

    A yes of the record counts if it is not older than the refusal.
    """
    consent = read_consent(record.fields.get(CONSENT))
    return {
        channel: word
        for channel, word in words.items()
        if not word.agreed and agreed_on(channel, consent) is not False and not is_ended(word, channel, [record])
    }


def with_refusals(record: Record, refusals: Mapping[str, ConsentWord]) -> dict[str, Any]:
    """Return the patch by which a record takes over refusals that were kept of its addresses.

    What it agreed to on single channels later than a refusal of all stays.
    """
    consent, known = read_consent(record.fields.get(CONSENT)), mapping_of(record.fields.get("consent_at"))
    of_all = refusals.get(ALL)
    stay = [channel for channel in consent if of_all and is_ended(of_all, channel, [record])]
    at = {channel: format_time(word.at) for channel, word in refusals.items()}
    return {CONSENT: {**dict.fromkeys(stay, True), **dict.fromkeys(refusals, False)}, "consent_at": {**known, **at}}


def _time(value: Any) -> datetime | None:
    try:
        return parse_time(value, "consent_at")
    except Invalid:
        return None


def _message(data: Mapping[str, Any]) -> bool | None:
    return agreed_by(data.get("text"))


def _sms(data: Mapping[str, Any]) -> bool | None:
    return agreed_by(data.get("text"), on_sms=True)


def _refusal(_data: Mapping[str, Any]) -> bool:
    return False


def _mail(data: Mapping[str, Any]) -> bool | None:
    """Read a mail: a stop word in its first line is enough, a start word must be the whole text."""
    written = data.get("reply") or data.get("subject")
    if data.get("automatic") or not isinstance(written, str):
        return None
    first = next(iter(written.strip().splitlines()), "")
    return False if agreed_by(first) is False else agreed_by(written)


def _preference(data: Mapping[str, Any]) -> bool | None:
    agreed = data.get("consented")
    return agreed if isinstance(agreed, bool) and data.get("category") == "marketing_messages" else None


def _bounce(data: Mapping[str, Any]) -> bool | None:
    return False if data.get("permanent") is True else None


def _complaint(data: Mapping[str, Any]) -> bool | None:
    return None if data.get("feedback_type") == "not-spam" else False


def _subscription(data: Mapping[str, Any]) -> bool | None:
    """Read a subscription. SES tells of lists too, so only the customer's own choice can be a yes."""
    unsubscribed = data.get("unsubscribed_from_all")
    if unsubscribed is False and data.get("by") == BY_LINK:
        return True
    return False if unsubscribed is True else None


_WORDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], bool | None]]] = {
    "whatsapp.preference_changed": ("whatsapp", _preference),
    "whatsapp.message_received": ("whatsapp", _message),
    "sms.received": ("sms", _sms),
    "sms.opted_out": ("sms", _refusal),
    "sms.preference_changed": ("sms", _preference),
    "audience.preference_changed": ("audience", _preference),
    "email.received": ("email", _mail),
    "email.complained": ("email", _complaint),
    "email.bounced": ("email", _bounce),
    "email.subscription_changed": ("email", _subscription),
}
"""Event type → its channel, and the function that reads it."""
