"""Read consent: the channels on which people refuse or allow messages, and how a record stores it.

`consent` holds channel → whether messages may be sent there; it names no channel on which the person said nothing, and
`all` for every channel that it does not name. A value that cannot be read is a refusal, whichever way it came.
`consent_at` holds channel → the time of the last signal, so that an older signal that arrives late changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.common.truths import truth_of
from whenthen.domain.common.values import folded, is_blank
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.types import made_by_receiver

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record

REFUSED = ReasonCode("consent.refused", "channel", "ref")

STOP_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "optout", "opt out", "opt-out", "arret", "arrêt", "ret", "berhenti", "leállítás"}
)
START_WORDS = frozenset({"start", "unstop", "subscribe", "resume"})
"""Start messages again if a message consists of nothing else.

Words that answer a question as well, such as CANCEL or END, are not stop words: a customer who cancels an appointment
still wants to be told that it is cancelled.
"""

_LONGEST_WORD = 20
_AROUND = " \t\r\n\xa0.!\"'“”„‘’«»*\u200b\u200e\u200f\u202a\u202b\u202c\ufeff"
"""Strip these around a word: punctuation, quotation marks, and the direction marks that programs add."""


CONSENT, ALL = "consent", "all"
CHANNELS = ("email", "whatsapp")
"""Name what one word for all channels also says of each: conditions ask for `consent.email`."""

_OWN_NAME = re.compile(r"consent\.([A-Za-z][A-Za-z0-9 _-]{0,31})")


class ConsentSignal(Struct, frozen=True):
    """Tell whether a person allows messages on a channel."""

    channel: str
    agreed: bool


def consent_signal(event: Event) -> ConsentSignal | None:
    """Read the event's consent signal. None if it has none, or if no receiver of ours made it."""
    row = _WORDS.get(event.type) if made_by_receiver(event.source, event.type) else None
    agreed = row[1](event.data) if row else None
    return ConsentSignal(row[0], agreed) if row and agreed is not None else None


def with_consent_signal(record: Record, word: ConsentSignal, said: datetime) -> dict[str, Any] | None:
    """Return the patch by which a record stores a signal. None if it has a newer one."""
    at = format_time(said)
    known = mapping_of(record.fields.get("consent_at"))
    if str(known.get(word.channel, "")) >= at:
        return None
    consent = {**read_consent(record.fields.get(CONSENT)), word.channel: word.agreed}
    return {"consent": consent, "consent_at": {**known, word.channel: at}}


def opted_out(channel: str, records: Iterable[Record]) -> Reason | None:
    """Return the reason against sending to the person whose records these are. None if nobody refused."""
    for record in records:
        if agreed_on(channel, read_consent(record.fields.get(CONSENT))) is False:
            return REFUSED(channel=channel, ref=record.ref)
    return None


def agreed_on(channel: str, consent: Mapping[str, bool]) -> bool | None:
    """Tell what a consent that was read says of a channel. None if nothing."""
    return consent.get(channel, consent.get(ALL))


def read_consent(value: Any) -> dict[str, bool]:
    """Return channel → whether messages may be sent there, of a consent in any shape."""
    return {channel: agreed for channel, agreed in consent_patch(value).items() if agreed is not None}


def consent_patch(value: Any) -> dict[str, bool | None]:
    """Read a consent as it is written: channel → yes, no, or None where a null takes the word on a channel back.

    One word is about all channels. What says neither yes nor no is a refusal.
    """
    if is_blank(value):
        return {}
    if not isinstance(value, Mapping):
        agreed = truth_of(value) is True
        return {ALL: agreed, **dict.fromkeys(CHANNELS, agreed)}
    said = {name: word for name, word in value.items() if word is None or not is_blank(word)}
    return {_channel(name): None if word is None else truth_of(word) is True for name, word in said.items()}


def consent_lifted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with `consent.<channel>`, as a column or a form names it, within `consent`, and that readable.

    A blank says nothing; only a null takes a word back.
    """
    said = {found[1]: fields[name] for name in fields if (found := _OWN_NAME.fullmatch(name))}
    if not said and fields.get(CONSENT) is None:
        return dict(fields)
    kept = {name: value for name, value in fields.items() if not _OWN_NAME.fullmatch(name)}
    consent = consent_patch(fields.get(CONSENT)) | consent_patch(said)
    return {name: value for name, value in kept.items() if name != CONSENT} | ({CONSENT: consent} if consent else {})


def is_consent_column(name: str) -> bool:
    """Tell whether a column says the consent on one channel, such as `consent.email`."""
    return _OWN_NAME.fullmatch(name) is not None


def consent_after(before: Any, patch: Any) -> dict[str, bool]:
    """Return a record's consent after a patch, which changes the channels that it names and no others."""
    changed = {**read_consent(before), **consent_patch(patch)}
    return {channel: agreed for channel, agreed in changed.items() if agreed is not None}


def consent_completed(before: Any, patch: Any) -> dict[str, bool | None]:
    """Return the part of a consent's patch that is about channels on which a record says nothing."""
    known = read_consent(before)
    return {channel: said for channel, said in consent_patch(patch).items() if agreed_on(channel, known) is None}


def consent_merged(mine: Any, theirs: Any) -> dict[str, bool]:
    """Return the consent of two records of one person: on each channel refused if either refused."""
    one, other = read_consent(mine), read_consent(theirs)
    words = {channel: (agreed_on(channel, one), agreed_on(channel, other)) for channel in sorted({*one, *other})}
    return {channel: False not in said for channel, said in words.items()}


def _channel(name: Any) -> str:
    """Return a channel's name in its one form: `E-Mail` is `email`."""
    return re.sub(r"[^\w]|_", "", folded(str(name))) or ALL


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return a value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _spoken(text: Any) -> bool | None:
    """Read a message that is nothing but a stop word (False) or start word (True). None for other texts."""
    word = text.strip(_AROUND).casefold() if isinstance(text, str) and len(text) <= _LONGEST_WORD else ""
    return False if word in STOP_WORDS else True if word in START_WORDS else None


def _message(data: Mapping[str, Any]) -> bool | None:
    return _spoken(data.get("text"))


def _mail(data: Mapping[str, Any]) -> bool | None:
    """Read a mail: a stop word in its first line is enough, a start word must be the whole text."""
    written = data.get("reply") or data.get("subject")
    if data.get("automatic") or not isinstance(written, str):
        return None
    first = next(iter(written.strip().splitlines()), "")
    return False if _spoken(first) is False else _spoken(written)


def _preference(data: Mapping[str, Any]) -> bool | None:
    agreed = data.get("consented")
    return agreed if isinstance(agreed, bool) and data.get("category") == "marketing_messages" else None


def _bounce(data: Mapping[str, Any]) -> bool | None:
    return False if data.get("permanent") is True else None


def _complaint(data: Mapping[str, Any]) -> bool | None:
    return None if data.get("feedback_type") == "not-spam" else False


def _subscription(data: Mapping[str, Any]) -> bool | None:
    return False if data.get("unsubscribed_from_all") is True else None


_WORDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], bool | None]]] = {
    "whatsapp.preference_changed": ("whatsapp", _preference),
    "whatsapp.message_received": ("whatsapp", _message),
    "email.received": ("email", _mail),
    "email.complained": ("email", _complaint),
    "email.bounced": ("email", _bounce),
    "email.subscription_changed": ("email", _subscription),
}
"""Event type → its channel, and the function that reads it."""
