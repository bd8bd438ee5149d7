"""List the words by which people stop messages and start them again, by language, and recognise a message that is one.

A word counts only if a message consists of nothing else. Words that answer a question as well, such as CANCEL or END,
are no stop words: a customer who cancels an appointment still wants to be told that it is cancelled. With SMS some of
them are, since the networks and the provider take them for stop words, whatever we think.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from whenthen.domain.common.values import folded

STOP: Mapping[str, tuple[str, ...]] = {
    "en": ("stop", "stop all", "stopall", "unsubscribe", "optout", "opt out", "opt-out"),
    "fr": ("arrêt", "arret"),
    "tr": ("ret", "dur", "durdur"),
    "hu": ("leállítás", "leallitas", "leállít", "leallit", "leiratkozás", "leiratkozas", "leiratkozom"),
    "id": ("berhenti", "unreg"),
    "he": ("הסר", "הסרה", "הפסק"),
}
"""Language → words that stop messages, on every channel; without their accents too, as many telephones write them."""

STOP_ON_SMS: Mapping[str, tuple[str, ...]] = {
    "en": ("cancel", "end", "quit", "remove", "td"),
    "tr": ("iptal",),
}
"""Language → words that stop messages on SMS alone: those that the provider obeys by itself, and Turkey's custom."""

START: Mapping[str, tuple[str, ...]] = {
    "en": ("start", "unstop", "subscribe", "resume"),
    "tr": ("başla", "basla", "başlat", "baslat"),
    "hu": ("indítás", "inditas", "feliratkozás", "feliratkozas", "feliratkozom"),
    "id": ("mulai",),
    "he": ("הצטרף", "התחל"),
}
"""Language → words that start messages again, on every channel."""

_LONGEST_WORD = 20
_AROUND = " \t\r\n\xa0.!\"'“”„‘’«»*\u200b\u200e\u200f\u202a\u202b\u202c\ufeff"
"""Strip these around a word: punctuation, quotation marks, and the direction marks that programs add."""


def _all(*tables: Mapping[str, Iterable[str]]) -> frozenset[str]:
    return frozenset(folded(word) for table in tables for words in table.values() for word in words)


STOP_WORDS, SMS_STOP_WORDS, START_WORDS = _all(STOP), _all(STOP, STOP_ON_SMS), _all(START)


def agreed_by(text: object, *, on_sms: bool = False) -> bool | None:
    """Read a message that is nothing but a stop word (False) or a start word (True). None for other texts."""
    word = folded(text.strip(_AROUND)) if isinstance(text, str) and len(text) <= _LONGEST_WORD else ""
    if word in (SMS_STOP_WORDS if on_sms else STOP_WORDS):
        return False
    return True if word in START_WORDS else None
