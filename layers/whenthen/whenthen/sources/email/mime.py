"""Read raw mail (MIME) as headers, text and attachments.

Broken mail is read as far as it goes; only bytes without any headers are no mail.

The standard library's older policy is used on purpose: it never raises on a header. This module decodes headers, their
parameters and texts itself, within the character sets that mail uses: the library takes any codec that the sender
names, and some of those raise, or take a time that grows with the square of their input.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    HeaderParseError,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Any

from msgspec import Struct

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.sources.email.headers import STRUCTURED, Person, decode, decoded, people_of, time_of, unfolded
from whenthen.sources.email.html_text import text_of_html

TOO_DEEP = ReasonCode("inbound_mail.too_deep")
NO_HEADERS = ReasonCode("inbound_mail.no_headers")
# A header that describes a part of the mail, such as Content-Type.
PART_HEADER_TOO_LARGE = ReasonCode("inbound_mail.part_header_too_large", "count")
# A multipart is a part that holds other parts.
TOO_MANY_MULTIPARTS = ReasonCode("inbound_mail.too_many_multiparts", "count")

MAX_PARTS = 500
"""Parts of one mail that are read."""

MAX_HEADERS = 500
"""Headers of one mail that are kept."""

MAX_MULTIPARTS = 50
MAX_CONTENT_HEADER = 20_000
"""Bytes of a header that describes a part. The parser's cost grows with multiparts times lines, and with the square of
such a header: within these bounds ten megabytes take seconds at worst."""

MAX_TEXT = 200_000
"""Characters of text that are kept of one mail, and of HTML that is read for it."""

_CONTENT_HEADER = re.compile(rb"(?:\A|[\r\n])content-[a-z-]+:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE)
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_BARE_RETURN = re.compile(rb"\r(?!\n)")
_DEFECTS_OF_HEADERS = (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,512})>")
_UNSAFE_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")
_EXTENSIONS = {"text/calendar": ".ics", "message/rfc822": ".eml", "text/plain": ".txt", "text/html": ".html"}


class _Part(Message):
    """Decode parameters (`charset`, `boundary`, `filename`) of the library's message ourselves."""

    def get_param(
        self, param: str, failobj: Any = None, header: str = "content-type", unquote: bool = True
    ) -> Any:  # as the library calls it
        """Return a parameter of a header; `failobj` if it has none, or an unreadable one."""
        try:
            written = super().get_param(param, failobj, header, unquote)
        except (TypeError, ValueError):  # pieces without order, or with a number of thousands of digits
            return failobj
        if not isinstance(written, tuple):
            return written
        charset, _, value = written
        return decode(value.encode("latin-1", "replace"), charset)


class Attachment(Struct, frozen=True):
    """Hold a file of a mail. `inline` ones are shown within its text, such as the picture of a signature."""

    name: str
    type: str
    content: bytes
    inline: bool


class Mail(Struct, frozen=True):
    """Hold a mail as it was sent.

    headers  (name in lower case, decoded value), the last added first
    people   people in the headers `from`, `to`, `cc` and `reply-to`
    author   the only person in the only From; None if there are several, or SES may have read another From
    defects  the parser's names for the defects that it found
    """

    headers: tuple[tuple[str, str], ...]
    people: Mapping[str, tuple[Person, ...]]
    author: Person | None
    content_type: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]

    def header(self, name: str) -> str:
        """Return the first header of that name; empty if there is none."""
        return next((value for found, value in self.headers if found == name), "")

    def has(self, name: str) -> bool:
        """Tell whether there is a header of that name, even an empty one."""
        return any(found == name for found, _ in self.headers)

    def ids(self, name: str) -> list[str]:
        """Return the message ids in a header, without their angle brackets."""
        return _MESSAGE_ID.findall(self.header(name))[:100]

    @property
    def date(self) -> datetime | None:
        """Return the time at which the sender claims to have sent it."""
        return time_of(self.header("date"))


def read_mail(raw: bytes) -> Mail:
    """Read a raw mail. Raises Malformed if it is none, or nests parts too deeply."""
    _check_cost(raw)
    try:
        message = BytesParser(_Part, policy=compat32).parsebytes(raw)
    except RecursionError:
        raise Malformed(TOO_DEEP()) from None
    all_headers = [(name.lower(), str(value)) for name, value in message.raw_items()]
    raw_headers = all_headers[:MAX_HEADERS]
    if not raw_headers:
        raise Malformed(NO_HEADERS())
    texts: list[str] = []
    pages: list[str] = []
    attachments: list[Attachment] = []
    defects = [type(defect).__name__ for defect in message.defects]
    for part in _leaves(message):
        defects += [type(defect).__name__ for defect in part.defects if part is not message]
        kind = part.get_content_type()
        if _is_attached(part, kind):
            attachments.append(_attachment(part, kind, len(attachments) + 1))
        elif kind == "text/html":
            pages.append(_text(part))
        else:
            texts.append(_text(part))
    people = {name: people_of(raw_headers, name) for name in ("from", "to", "cc", "reply-to")}
    froms = sum(name == "from" for name, _ in all_headers)
    alone = froms == len(people["from"]) == 1 and not _reads_otherwise(raw, message)
    page = "\n".join(pages)[:MAX_TEXT]
    text = ("\n".join(texts).strip() or text_of_html(page))[:MAX_TEXT]
    return Mail(
        headers=tuple((name, unfolded(value) if name in STRUCTURED else decoded(value)) for name, value in raw_headers),
        people=people,
        author=people["from"][0] if alone else None,
        content_type=message.get_content_type(),
        text=text,
        html=page,
        attachments=tuple(attachments),
        defects=tuple(dict.fromkeys(defects)),
    )


def _check_cost(raw: bytes) -> None:
    """Refuse mail that is made to be slow to read, before the parser reads it."""
    multiparts = 0
    for header in _CONTENT_HEADER.finditer(raw):
        if len(header[0]) > MAX_CONTENT_HEADER:
            raise Malformed(PART_HEADER_TOO_LARGE(count=MAX_CONTENT_HEADER))
        multiparts += b"multipart/" in header[0].lower()
    if multiparts > MAX_MULTIPARTS:
        raise Malformed(TOO_MANY_MULTIPARTS(count=MAX_MULTIPARTS))


def _reads_otherwise(raw: bytes, message: Message) -> bool:
    """Tell whether a receiver may take other lines for headers than we do, and so read another From."""
    end = _END_OF_HEADERS.search(raw)
    broken = any(isinstance(defect, _DEFECTS_OF_HEADERS) for defect in message.defects)
    return broken or _BARE_RETURN.search(raw, 0, end.start() if end else len(raw)) is not None


def _leaves(message: Message) -> Iterator[Message]:
    """Return the parts that hold content, in their order; a mail within a mail is one part. At most MAX_PARTS."""
    waiting, seen = [message], 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop()
        seen += 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting += reversed(_children(part))
        else:
            yield part


def _children(part: Message) -> list[Message]:
    """Return the parts within a part. If it has none, the library would decode its text instead, by any codec."""
    inner = part.get_payload() if part.is_multipart() else None
    return [child for child in inner if isinstance(child, Message)] if isinstance(inner, list) else []


def _is_attached(part: Message, kind: str) -> bool:
    """Tell whether a part is a file. A multipart without parts is broken; its content is read as text."""
    shown = kind in ("text/plain", "text/html") or kind.startswith("multipart/")
    return not shown or part.get_content_disposition() == "attachment" or bool(_name(part))


def _attachment(part: Message, kind: str, position: int) -> Attachment:
    name = _name(part) or f"attachment-{position}{_EXTENSIONS.get(kind, '.bin')}"
    inline = part.get_content_disposition() != "attachment" and part.get("content-id") is not None
    return Attachment(name, kind, _bytes(part), inline)


def _bytes(part: Message) -> bytes:
    if part.is_multipart():  # a mail within a mail, or a report about one
        try:
            return b"\n".join(child.as_bytes() for child in _children(part))
        except (LookupError, RecursionError, TypeError, ValueError, HeaderParseError):
            return b""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, binascii.Error):
        content = None
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    return decode(_bytes(part), part.get_param("charset"))[: 4 * MAX_TEXT].replace("\r\n", "\n")


def _name(part: Message) -> str:
    """Return the file's name without folders and control characters; empty if it has none."""
    name = decoded(part.get_filename() or "")
    return _UNSAFE_IN_NAMES.sub("_", name).strip(" ._")[-150:]
