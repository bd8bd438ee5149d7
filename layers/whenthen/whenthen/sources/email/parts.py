"""Part a mail (MIME) into the files that come with it and the texts that are its body.

A text is a part of the body unless it is attached. Many programs give the body itself a name, so a name alone attaches
a text only where another text is the body.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from email.errors import HeaderParseError
from email.message import Message
from functools import cached_property
from typing import Any

from msgspec import Struct

from whenthen.sources.email.headers import decode, decoded

MAX_PARTS = 500
"""Parts of one mail that are read."""

MAX_TEXT = 200_000
"""Characters of text that are kept of one mail, and of HTML that is read for it."""

_UNSAFE_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")
_EXTENSIONS = {"text/calendar": ".ics", "message/rfc822": ".eml", "text/plain": ".txt", "text/html": ".html"}
_HTML = "text/html"
_ALTERNATIVE = "multipart/alternative"
_TYPE = re.compile(r"\s*([a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*)", re.IGNORECASE)
_ENCODING = re.compile(r"[\s\"']*([a-z0-9_-]+)", re.IGNORECASE)
_ENCODINGS = {
    "base64": "base64",
    "quotedprintable": "quoted-printable",
    "uuencode": "x-uuencode",
    "xuuencode": "x-uuencode",
    "uue": "x-uuencode",
    "xuue": "x-uuencode",
}
"""Transfer encoding without its dashes → the name that the library knows."""


class Part(Message):
    """Read parameters and the transfer encoding of the library's message ourselves, as loosely as programs write."""

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

    def get_content_type(self) -> str:
        """Return the type in lower case, whatever follows it; the library's default if there is none."""
        written = _TYPE.match(str(self.get("content-type", "")))
        return written[1].lower() if written else super().get_content_type()

    def content(self) -> bytes:
        """Return the part's bytes without their transfer encoding; empty if they cannot be read."""
        written = _ENCODING.match(str(self.get("content-transfer-encoding", "")))
        known = _ENCODINGS.get(re.sub("[-_]", "", written[1].lower())) if written else None
        if known is not None:
            del self["content-transfer-encoding"]
            self["content-transfer-encoding"] = known
        try:
            content = self.get_payload(decode=True)
        except (ValueError, binascii.Error):
            content = None
        return content if isinstance(content, bytes) else b""


class Attachment(Struct, frozen=True):
    """Hold a file of a mail. `inline` ones are shown within its text, such as the picture of a signature."""

    name: str
    type: str
    content: bytes
    inline: bool


class Leaf(Struct, frozen=True, dict=True):
    """Hold a part that holds no others. `leads`: it stands where a mail has its body."""

    part: Message
    kind: str
    leads: bool

    @property
    def is_html(self) -> bool:
        """Tell whether its text is HTML."""
        return self.kind == _HTML

    @property
    def may_be_shown(self) -> bool:
        """Tell whether it may be body. A multipart without parts is broken; its content is read as text."""
        shown = self.kind in ("text/plain", _HTML) or self.kind.startswith("multipart/")
        return shown and self.part.get_content_disposition() != "attachment"

    @cached_property
    def text(self) -> str:
        """Return its content as text."""
        content = _bytes(self.part)
        return decode(content, self.part.get_param("charset"))[: 4 * MAX_TEXT].replace("\r\n", "\n")

    def attachment(self, position: int) -> Attachment:
        """Return it as a file; `position` names one without a name."""
        name = _name(self.part) or f"attachment-{position}{_EXTENSIONS.get(self.kind, '.bin')}"
        inline = self.part.get_content_disposition() != "attachment" and self.part.get("content-id") is not None
        return Attachment(name, self.kind, _bytes(self.part), inline)


class Group(Struct, frozen=True):
    """Hold the parts of a multipart, in their order. `alternative`: each says the same in another format."""

    alternative: bool
    members: tuple[Leaf | Group, ...]

    def leaves(self) -> Iterator[Leaf]:
        """Yield the parts that hold no others, in their order."""
        for member in self.members:
            if isinstance(member, Leaf):
                yield member
            else:
                yield from member.leaves()


def parts_of(message: Message) -> Group:
    """Return the parts of a mail, at most MAX_PARTS; a mail within a mail is one part."""
    budget = [MAX_PARTS]
    return Group(alternative=False, members=tuple(_members([message], budget, alternative=False, leads=True)))


def _members(parts: Sequence[Message], budget: list[int], *, alternative: bool, leads: bool) -> Iterator[Leaf | Group]:
    for place, part in enumerate(parts):
        if budget[0] <= 0:
            return
        budget[0] -= 1
        kind, own_lead = part.get_content_type(), alternative or (leads and not place)
        if part.is_multipart() and kind.startswith("multipart/"):
            choice = kind == _ALTERNATIVE
            yield Group(choice, tuple(_members(children(part), budget, alternative=choice, leads=own_lead)))
        else:
            yield Leaf(part, kind, own_lead)


def bodies_among(leaves: Sequence[Leaf]) -> list[Leaf]:
    """Return the parts that are the mail's body; all others are attached.

    A named text is body where the body stands (first, or as an alternative), or where no other text is.
    """
    shown = [leaf for leaf in leaves if leaf.may_be_shown]
    bodies = [leaf for leaf in shown if leaf.leads or not _name(leaf.part)]
    if any(leaf.text.strip() for leaf in bodies):
        return bodies
    named = next((leaf for leaf in shown if leaf not in bodies and leaf.text.strip()), None)
    return [*bodies, *([named] if named else [])]


def children(part: Message) -> list[Message]:
    """Return the parts within a part. If it has none, the library would decode its text instead, by any codec."""
    inner = part.get_payload() if part.is_multipart() else None
    return [child for child in inner if isinstance(child, Message)] if isinstance(inner, list) else []


def _bytes(part: Message) -> bytes:
    if not part.is_multipart():
        return part.content() if isinstance(part, Part) else b""
    try:  # a mail within a mail, or a report about one
        return b"\n".join(child.as_bytes() for child in children(part))
    except (LookupError, RecursionError, TypeError, ValueError, HeaderParseError):
        return b""


def _name(part: Message) -> str:
    """Return the file's name without folders and control characters; empty if it has none."""
    name = decoded(part.get_filename() or "")
    return _UNSAFE_IN_NAMES.sub("_", name).strip(" ._")[-150:]
