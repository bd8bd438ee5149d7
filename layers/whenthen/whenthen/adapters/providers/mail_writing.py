"""Write a mail as MIME, in seven bits, and read it back: it has the headers that were asked for, and no others.

The standard library decodes the encoded words of a header's value and writes the result, line breaks included. So the
headers are written here, each as plain ASCII or wholly in encoded words; the library writes the content below them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.header import Header
from email.headerregistry import Address
from email.policy import default
from typing import TYPE_CHECKING

from whenthen.adapters.providers.mail_content import content
from whenthen.domain.common.errors import Permanent
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.stored_reasons import bounded
from whenthen.sources.outgoing_mail.mailboxes import ENCODED_WORD, Mailbox, mailbox_of

if TYPE_CHECKING:
    from whenthen.ports.outgoing import Mail

CONTROL_CHARACTER = ReasonCode("mail.control_character", "header")
# `value` is the text that should be one address.
NOT_ONE_ADDRESS = ReasonCode("mail.not_one_address", "header", "value")
NO_HEADER_NAME = ReasonCode("mail.no_header_name", "header")
# A program that reads the mail would find something else in this header than what was asked for.
MISREAD_HEADER = ReasonCode("mail.misread_header", "header")
# A program that reads the mail would find other headers.
MISREAD_HEADERS = ReasonCode("mail.misread_headers")
# `error` is Python's name of the error, such as UnicodeEncodeError.
UNWRITABLE = ReasonCode("mail.unwritable", "error")

# SES takes no mail of more bytes, encoded.
MAIL_TOO_LARGE = ReasonCode("mail.too_large", "most", "found")

MAX_RAW = 10_000_000
_LONGEST_PLAIN = 64
"""Characters of a value that is written as it is. A longer one becomes encoded words, which can be folded anywhere."""

_LONGEST_LINE = 76
"""Characters of a line that holds an encoded word (RFC 2047), behind which an address still has to fit."""

STRUCTURED = frozenset({"In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post"})
"""Headers that programs read by their syntax: an encoded word in them would be none of it."""

_LONGEST_PART = 900
_MOST = 400
"""Bytes of a reason that quotes a header."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[!-9;-~]{1,100}")
_OF_CONTENT = re.compile("mime-version|content-.*")
_OF_ENVELOPE = re.compile("from|sender|to|cc|bcc|reply-to|return-path|subject|date|message-id|received|resent-.*")


def mime(mail: Mail) -> bytes:
    """Write the mail. Raises Permanent for header values that hold line breaks, and for what no mail can hold."""
    texts = {"Subject": mail.subject, **mail.headers}
    addresses = _addresses(mail)
    for name, values in {**addresses, **{name: (value,) for name, value in texts.items()}}.items():
        if _CONTROL.search(f"{name}{''.join(values)}"):
            raise Permanent(CONTROL_CHARACTER(header=name))
    try:
        mailboxes = {name: [_mailbox(name, value) for value in values] for name, values in addresses.items()}
        lines = [f"{name}: {_written_mailboxes(name, several)}" for name, several in mailboxes.items()]
        lines += [f"Subject: {_written('Subject', mail.subject)}"]
        lines += [f"{_checked(name)}: {_written(name, value)}" for name, value in mail.headers.items()]
        raw = "\r\n".join([*lines, ""]).encode("ascii") + content(mail).as_bytes()
        _read_back(raw, mailboxes, texts)
    except (ValueError, LookupError) as error:
        raise Permanent(UNWRITABLE(error=type(error).__name__)) from error
    if len(raw) > MAX_RAW:
        raise Permanent(MAIL_TOO_LARGE(most=MAX_RAW, found=len(raw)))
    return raw


def _addresses(mail: Mail) -> dict[str, tuple[str, ...]]:
    """Return the headers that hold addresses. None names those of `bcc`."""
    found = {"From": (mail.sender,), "To": (mail.to, *mail.others)}
    return found | ({"Cc": mail.cc} if mail.cc else {}) | ({"Reply-To": mail.reply_to} if mail.reply_to else {})


def _mailbox(header: str, value: str) -> Mailbox:
    found = mailbox_of(value)
    if found is None:
        raise Permanent(bounded(NOT_ONE_ADDRESS(header=header, value=value), _MOST))
    return found


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or _OF_CONTENT.fullmatch(name.lower()) or _OF_ENVELOPE.fullmatch(name.lower()):
        raise Permanent(bounded(NO_HEADER_NAME(header=name), _MOST))
    return name


def _written_mailboxes(header: str, mailboxes: Sequence[Mailbox]) -> str:
    """Write addresses one below the other: a line has at most 998 characters."""
    return ",\r\n ".join(_written_mailbox(header, mailbox) for mailbox in mailboxes)


def _written_mailbox(header: str, mailbox: Mailbox) -> str:
    address = f"<{mailbox.ascii_address}>"
    if not mailbox.name:
        return mailbox.ascii_address
    if _is_plain(mailbox.name):
        name = str(Address(mailbox.name, addr_spec=mailbox.ascii_address)).removesuffix(address).rstrip()
    else:
        name = _written(header, mailbox.name)
    fits = len(f"{header}: ") + len(name.rpartition("\n")[2]) + len(f" {address}") <= _LONGEST_LINE
    return f"{name} {address}" if fits else f"{name}\r\n {address}"


def _written(header: str, value: str) -> str:
    """Write a text as it is, or in encoded words if a reader would take it for something else."""
    if header in STRUCTURED:
        return _folded(header, value)
    if _is_plain(value):
        return value
    return Header(value, "utf-8", header_name=header, maxlinelen=_LONGEST_LINE - 2).encode(linesep="\r\n")


def _folded(header: str, value: str) -> str:
    """Write ids or addresses in angle brackets, each on a line of its own. Raises Permanent for other text."""
    if not value.isascii() or ENCODED_WORD in value or max(map(len, value.split()), default=0) > _LONGEST_PART:
        raise Permanent(MISREAD_HEADER(header=header))
    return "\r\n ".join(value.split())


def _is_plain(value: str) -> bool:
    return value.isascii() and len(value) <= _LONGEST_PLAIN and ENCODED_WORD not in value


def _read_back(raw: bytes, mailboxes: Mapping[str, Sequence[Mailbox]], texts: Mapping[str, str]) -> None:
    """Raise Permanent unless a reader finds the same headers in the mail, and no others."""
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    found = message_from_bytes(head, policy=default)
    names = [name for name in found.keys() if not _OF_CONTENT.fullmatch(name.lower())]  # noqa: SIM118 - repeated ones
    if names != [*mailboxes, *texts]:
        raise Permanent(MISREAD_HEADERS())
    for name, asked in mailboxes.items():
        read = [(_squeezed(one.display_name), one.addr_spec) for one in found[name].addresses]
        if read != [(_squeezed(mailbox.name), mailbox.ascii_address) for mailbox in asked]:
            raise Permanent(MISREAD_HEADER(header=name))
    for name, value in texts.items():
        if _squeezed(str(found[name])) != _squeezed(value):
            raise Permanent(MISREAD_HEADER(header=name))


def _squeezed(text: str) -> str:
    """Drop spaces: the library's reader puts some between the encoded words of a long name."""
    return "".join(text.split())
