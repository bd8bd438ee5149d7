"""Seal what a link in a message says: nobody reads it, changes it, or makes one.

A token is the base64url of a tag and the encrypted text. The tag is the HMAC-SHA256 of the text, cut to 16 bytes, and
the text is encrypted by a key stream that HMAC-SHA256 makes of the tag: a synthetic IV, as in RFC 5297. Two links that
say the same are the same; each use of links has keys of its own.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence

from msgspec import Struct

UNSUBSCRIBE, PREFERENCES = "unsubscribe", "preferences"
"""Uses of links: a token of one of them is none of the other."""

_FIRST_CHANNEL = "email"
"""Name the channel of links that name none."""

MAX_TOKEN = 900
"""Characters of a token that are read."""

_TAG = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,}", re.ASCII)


class LinkedPerson(Struct, frozen=True):
    """Hold what a link says: the identity to which a message went, and the message's channel."""

    identity: str
    channel: str = _FIRST_CHANNEL

    @property
    def text(self) -> str:
        """Return the text that is sealed: `email#a@b.example`, or `sms phone#+36201234567`."""
        return self.identity if self.channel == _FIRST_CHANNEL else f"{self.channel} {self.identity}"


def linked_person(text: str) -> LinkedPerson:
    """Read the text of a link, as `LinkedPerson.text` writes it."""
    channel, space, identity = text.partition(" ")
    named = space and "#" not in channel
    return LinkedPerson(identity, channel) if named else LinkedPerson(text)


def seal(key: str, use: str, text: str) -> str:
    """Return the token that says `text`."""
    plain = text.encode()
    tag = _tag(key, use, plain)
    return base64.urlsafe_b64encode(tag + _crypted(key, use, tag, plain)).decode().rstrip("=")


def unseal(keys: Sequence[str], use: str, token: str) -> str | None:
    """Return what a token says, by one of the keys. None for one that none of them made for this use."""
    if len(token) > MAX_TOKEN or len(token) % 4 == 1 or not _TOKEN.fullmatch(token):
        return None
    sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    tag, crypted = sealed[:_TAG], sealed[_TAG:]
    for key in keys:
        plain = _crypted(key, use, tag, crypted)
        if hmac.compare_digest(_tag(key, use, plain), tag):
            return plain.decode()
    return None


def _derived(key: str, use: str, part: str) -> bytes:
    return hmac.digest(key.encode(), f"whenthen link {use} {part}".encode(), "sha256")


def _tag(key: str, use: str, plain: bytes) -> bytes:
    return hmac.digest(_derived(key, use, "tag"), plain, "sha256")[:_TAG]


def _crypted(key: str, use: str, tag: bytes, content: bytes) -> bytes:
    """Encrypt, or decrypt, by the key stream of a tag."""
    own = _derived(key, use, "stream")
    blocks = range(-(-len(content) // 32))
    stream = b"".join(hmac.digest(own, tag + block.to_bytes(4, "big"), "sha256") for block in blocks)
    return bytes(one ^ other for one, other in zip(content, stream, strict=False))
