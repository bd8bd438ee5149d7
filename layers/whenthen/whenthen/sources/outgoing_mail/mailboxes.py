"""Read and check the addresses of a mail that goes out: a name and an address, as in `Yılmaz, Ayşe <desk@example.com>`.

A name is often a customer's or employee's own text. It may hold commas and brackets, which must not cost the mail, and
it may be written to be read as something else: as a further address, or as an encoded word that becomes one, or a line.
"""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address

from msgspec import Struct

from whenthen.domain.events.identities import email
from whenthen.domain.events.mail_addresses import deliverable
from whenthen.sources.email.headers import decoded

MAX_NAME = 200
"""Characters of a name that are written."""

ENCODED_WORD = "=?"
"""Begins what mail programs decode (RFC 2047), wherever it stands."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)+{_LABEL}", re.IGNORECASE | re.ASCII)


class Mailbox(Struct, frozen=True):
    """Hold an address as it was written, and the name before it, empty if there is none."""

    name: str
    address: str

    @property
    def ascii_address(self) -> str:
        """Return the address with its domain in ASCII. Raises ValueError if it cannot be written so."""
        written = deliverable(self.address)
        if not written.isascii() or not is_writable(written):
            raise ValueError(f"{self.address} is no address that a mail can name")
        return written


def mailbox_of(text: str) -> Mailbox | None:
    """Read one address, alone or in angle brackets behind a name. None if it is none, or could be read as several.

    A name needs no quotes for its commas and brackets. Without quotes it may hold no address; in an encoded word it may
    never.
    """
    if _CONTROL.search(text):
        return None
    written = text.strip()
    before, opened, rest = written.rpartition("<")
    if not opened:
        return Mailbox("", written) if is_writable(written) else None
    address = rest.removesuffix(">")
    if address == rest or not is_writable(address):
        return None
    name = " ".join(before.split())
    quoted = _QUOTED.fullmatch(name)
    shown = " ".join(_ESCAPED.sub(r"\1", quoted[1]).split()) if quoted else name
    hides_one = "@" in name and not quoted
    if hides_one or (ENCODED_WORD in shown and "@" in decoded(shown)):
        return None
    return Mailbox(shown[:MAX_NAME].strip(), address)


def is_writable(address: str) -> bool:
    """Tell whether a text is one plain address, and reads as the same one in every mail program.

    Its domain must be a name that hosts can have: SES sends a mail to nobody if one address of it is malformed.
    """
    if ENCODED_WORD in address or email(address) is None:
        return False
    if not _HOST.fullmatch(deliverable(address).rpartition("@")[2]):
        return False
    try:
        return Address(addr_spec=address).addr_spec == address
    except (MessageError, ValueError, IndexError):
        return False
