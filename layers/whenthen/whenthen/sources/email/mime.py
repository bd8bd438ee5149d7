"""Read raw mail (MIME) as headers, text and attachments.

Broken mail is read as far as it goes; only bytes without any headers are no mail.

The standard library's older policy is used on purpose: it never raises on a header. This module decodes headers, their
parameters and texts itself, within the character sets that mail uses: the library takes any codec that the sender
names, and some of those raise, or take a time that grows with the square of their input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from msgspec import Struct

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.sources.email.body_text import body_text
from whenthen.sources.email.bounds import check_cost
from whenthen.sources.email.headers import STRUCTURED, Person, decoded, people_of, time_of, unfolded
from whenthen.sources.email.parts import MAX_TEXT, Attachment, Part, bodies_among, parts_of

TOO_DEEP = ReasonCode("inbound_mail.too_deep")
NO_HEADERS = ReasonCode("inbound_mail.no_headers")

MAX_HEADERS = 500
"""Headers of one mail that are kept."""

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_BARE_RETURN = re.compile(rb"\r(?!\n)")
_DEFECTS_OF_HEADERS = (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,512})>")


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
    """Read a raw mail. Raises Malformed if it is none, is too costly to read, or nests parts too deeply."""
    check_cost(raw)
    try:
        message = BytesParser(Part, policy=compat32).parsebytes(raw)
    except RecursionError:
        raise Malformed(TOO_DEEP()) from None
    all_headers = [(name.lower(), str(value)) for name, value in message.raw_items()]
    raw_headers = all_headers[:MAX_HEADERS]
    if not raw_headers:
        raise Malformed(NO_HEADERS())
    parts = parts_of(message)
    leaves = list(parts.leaves())
    bodies = bodies_among(leaves)
    attached = [leaf for leaf in leaves if not any(leaf is body for body in bodies)]
    text = body_text(parts, bodies)
    attachments = tuple(leaf.attachment(position) for position, leaf in enumerate(attached, 1))
    others = [leaf.part for leaf in leaves if leaf.part is not message]
    defects = [type(defect).__name__ for part in (message, *others) for defect in part.defects]
    people = {name: people_of(raw_headers, name) for name in ("from", "to", "cc", "reply-to")}
    froms = sum(name == "from" for name, _ in all_headers)
    alone = froms == len(people["from"]) == 1 and not _reads_otherwise(raw, message)
    return Mail(
        headers=tuple((name, unfolded(value) if name in STRUCTURED else decoded(value)) for name, value in raw_headers),
        people=people,
        author=people["from"][0] if alone else None,
        content_type=message.get_content_type(),
        text=text,
        html="\n".join(body.text for body in bodies if body.is_html)[:MAX_TEXT],
        attachments=attachments,
        defects=tuple(dict.fromkeys(defects)),
    )


def _reads_otherwise(raw: bytes, message: Message) -> bool:
    """Tell whether a receiver may take other lines for headers than we do, and so read another From."""
    end = _END_OF_HEADERS.search(raw)
    broken = any(isinstance(defect, _DEFECTS_OF_HEADERS) for defect in message.defects)
    return broken or _BARE_RETURN.search(raw, 0, end.start() if end else len(raw)) is not None
