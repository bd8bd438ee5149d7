"""Headers of mail, decoded: encoded words, raw bytes, folded lines, and the people that they name."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import getaddresses

from whenthen.domain.identities import email as address_of
from whenthen.sources.charsets import codec_of

_LONGEST_LIST = 20_000
"""Characters of a list of addresses that are read."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in a header: the address in lower case, and the name as it is shown."""

    address: str
    name: str | None


def people_of(raw_headers: list[tuple[str, str]], name: str) -> tuple[Person, ...]:
    """Everyone whom the headers of that name name, each once; what is no address is left out.

    Addresses are found before encoded words are decoded: a name must not be able to bring an address along.
    """
    written = [unfolded(value)[:_LONGEST_LIST] for found, value in raw_headers if found == name]
    people: dict[str, Person] = {}
    for shown, address in getaddresses(written[:10]):
        own = address_of(address)
        if own is not None:
            people.setdefault(own, Person(own, decoded(shown) or None))
    return tuple(people.values())


def unfolded(raw: str) -> str:
    """A header's value on one line; bytes beyond ASCII, which no header may have but many do, are read as UTF-8."""
    line = " ".join(raw.replace("\x00", "").split())
    return decode(line.encode("utf-8", "surrogateescape"), None)


def decoded(raw: str) -> str:
    """A header's value on one line, with its encoded words decoded."""
    line = unfolded(raw)
    if "=?" not in line:
        return line
    try:
        words = decode_header(line)
    except (HeaderParseError, ValueError, binascii.Error):
        return line
    texts = [word if isinstance(word, str) else _word(word, charset) for word, charset in words]
    return " ".join("".join(texts).replace("\x00", "").split())


def _word(word: bytes, charset: str | None) -> str:
    """One part of a header as the standard library hands it out: what was not encoded comes as escaped bytes."""
    return decode(word, charset) if charset else word.decode("raw-unicode-escape", "replace")


def decode(content: bytes, charset: object) -> str:
    """In the declared character set where it is one and holds; else UTF-8, else the one that takes every byte."""
    declared = codec_of(charset) if isinstance(charset, str) else None
    for codec in filter(None, (declared, "utf-8")):
        try:
            return content.decode(codec)
        except UnicodeError:
            continue
    return content.decode(declared or "latin-1", "replace")
