"""Decode headers of mail: encoded words, raw bytes, folded lines, and the people that they name."""

from __future__ import annotations

import binascii
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import parsedate_to_datetime

from msgspec import Struct

from whenthen.domain.events.identities import email as address_of
from whenthen.sources.email.address_lists import named_in
from whenthen.sources.parsing.charsets import codec_of, decode_in

_LONGEST = 20_000
_LONGEST_ENCODED = 4_000
"""Characters that are kept of a header, and of one with encoded words, whose decoding can cost their square."""

_MOST_HEADERS = 10
"""Headers of one name whose people are read."""


STRUCTURED = frozenset({"return-path", "received", "received-spf", "authentication-results"})
"""Headers without encoded words, in which a sender could hide what ends a clause of them."""


class Person(Struct, frozen=True):
    """Hold a person in a header: the address in lower case, and the name as it is shown."""

    address: str
    name: str | None


def people_of(raw_headers: list[tuple[str, str]], name: str) -> tuple[Person, ...]:
    """Return the people in the headers of that name, each once, without those that have no address.

    Addresses are found before encoded words are decoded: a name must not be able to bring an address along.
    """
    written = [unfolded(value) for header, value in raw_headers if header == name]
    people: dict[str, Person] = {}
    for value in written[:_MOST_HEADERS]:
        for shown, address in named_in(value):
            own = address_of(address)
            if own is not None:
                people.setdefault(own, Person(own, decoded(shown) or None))
    return tuple(people.values())


def unfolded(raw: str) -> str:
    """Put a header's value on one line; bytes beyond ASCII, which no header may have but many do, count as UTF-8."""
    line = " ".join(raw[:_LONGEST].replace("\x00", "").split())
    return decode(line.encode("utf-8", "surrogateescape"), None)


def decoded(raw: str) -> str:
    """Put a header's value on one line, and decode its encoded words."""
    line = unfolded(raw)
    if "=?" not in line:
        return line
    try:
        words = decode_header(line[:_LONGEST_ENCODED])
    except (HeaderParseError, ValueError, binascii.Error):
        return line
    texts = [word if isinstance(word, str) else _word(word, charset) for word, charset in words]
    whole = "".join(texts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(whole.replace("\x00", "").split())


def time_of(written: str) -> datetime | None:
    """Read a time as headers have it (`Sat, 14 Mar 2026 12:30:00 +0300`), in UTC. None if it is none."""
    try:
        time = parsedate_to_datetime(written)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _word(word: bytes, charset: str | None) -> str:
    """Decode one part of a header. The standard library gives parts that were not encoded as escaped bytes."""
    return decode(word, charset) if charset else word.decode("raw-unicode-escape", "replace")


def decode(content: bytes, charset: object) -> str:
    """Decode in the declared character set if it is one and fits; else in UTF-8, else in one that takes every byte."""
    declared = codec_of(charset) if isinstance(charset, str) else None
    for codec in (declared or "ascii", "utf-8"):
        try:
            return decode_in(content, codec)
        except UnicodeError:
            continue
    return content.decode(declared or "latin-1", "replace")
