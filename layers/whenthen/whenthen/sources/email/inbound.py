"""A received mail as events: `email.received`, and `contact.replied` unless a program wrote it.

SES rejects nothing by itself. Mail with a virus and spam make no event here, and say why. Mail whose From nobody
vouches for is an event of no person: anybody may have sent it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.identities import identity
from whenthen.sources.email.reply_text import extract_reply
from whenthen.sources.parsing.json_body import present

if TYPE_CHECKING:
    from whenthen.sources.email.authentication import Authentication
    from whenthen.sources.email.headers import Person
    from whenthen.sources.email.mime import Mail

MAX_TEXT_BYTES = 60_000
"""What a text of a mail may weigh in its event, as JSON; the whole mail stays where it is stored."""

MAX_LISTED = 50
"""Addresses, ids and attachments that an event lists."""

OWN_HEADER = "x-whenthen-job"
"""Stands in every mail that whenthen sends: one that comes in with it is our own, come back."""

RUN_HEADER = "x-whenthen-run"
"""Stands beside it, and says where the job is found."""

_OF_SES = re.compile(r"([^@]+)@(?:[a-z0-9-]+\.)*amazonses\.com")


class ReceivedMail(Struct, frozen=True):
    """The events of a mail, or the reason why it makes none."""

    events: tuple[Event, ...] = ()
    refused: str | None = None


def mail_events(
    mail: Mail,
    receipt: Authentication,
    raw: bytes,
    stored: Sequence[str],
    own_addresses: Collection[str],
    stored_at: datetime,
) -> ReceivedMail:
    """The events of a mail, of the time at which SES took it: exits and consent go by time, and the sender's Date may
    say anything.

    `stored` are the keys under which its attachments were kept, in their order; `own_addresses` those that whenthen
    sends from; `stored_at` when the mail itself was stored, its time where SES says none. The sender is only known as
    a person (`email#…`) where SES's results vouch for From.
    """
    refused = rejection_of(receipt)
    if refused:
        return ReceivedMail(refused=refused)
    external_id = receipt.id or mail.header("message-id") or hashlib.sha256(raw).hexdigest()
    sender = next(iter(mail.people["from"]), None)
    identities = _identities(mail, receipt)
    reason = automatic(mail, receipt, own_addresses)
    data = _data(mail, receipt, sender, stored)
    data |= present({"automatic": reason is not None, "automatic_reason": reason})
    time = min(receipt.time or stored_at, stored_at)
    received = _event("email.received", external_id, time, identities, data)
    if reason is not None or not identities:
        return ReceivedMail((received,))
    answer = {"channel": "email"}
    answer |= {name: data[name] for name in ("message_id", "subject", "in_reply_to") if name in data}
    answer["text"] = data["reply"]
    return ReceivedMail(
        (received, _event("contact.replied", f"{external_id}:replied", received.time, identities, answer))
    )


def rejection_of(receipt: Authentication) -> str | None:
    """Why a mail makes no event; None where it does."""
    verdicts = receipt.verdicts
    if verdicts.get("virus") == "FAIL":
        return "SES found a virus"
    if verdicts.get("spam") == "FAIL":
        return "SES takes it for spam"
    return None


def _identities(mail: Mail, receipt: Authentication) -> tuple[str, ...]:
    author = mail.author
    proven = author is not None and author.address.rpartition("@")[2] == receipt.vouched
    return (identity("email", author.address),) if author and proven else ()


def automatic(mail: Mail, receipt: Authentication, own_addresses: Collection[str] = ()) -> str | None:
    """Why a mail counts as written by a program, by the first sign that it shows; None for a person's."""
    for sign, shows in _SIGNS:
        if shows(mail):
            return sign
    if receipt.return_path == "":
        return "empty Return-Path"
    if any(person.address in own_addresses for person in mail.people["from"]):
        return "sent from our own address"
    return None


def _precedence(mail: Mail) -> bool:
    return mail.header("precedence").lower() in ("bulk", "junk", "list", "auto_reply")


def _auto_submitted(mail: Mail) -> bool:
    return mail.header("auto-submitted").lower().partition(";")[0].strip() not in ("", "no")


def _is_report(mail: Mail) -> bool:
    return mail.content_type == "multipart/report"


def _from_a_machine(mail: Mail) -> bool:
    return any(person.address.partition("@")[0] in ("mailer-daemon", "postmaster") for person in mail.people["from"])


_SIGNS: list[tuple[str, Callable[[Mail], bool]]] = [
    ("our own mail", lambda mail: mail.has(OWN_HEADER)),
    ("Auto-Submitted", _auto_submitted),
    ("delivery report", _is_report),
    ("mail system", _from_a_machine),
    ("Precedence", _precedence),
    ("automatic reply", lambda mail: mail.has("x-autoreply") or mail.has("x-autorespond")),
    ("mailing list", lambda mail: mail.has("list-id") or mail.has("list-unsubscribe")),
    ("empty Return-Path", lambda mail: mail.has("return-path") and not mail.header("return-path").strip("<> ")),
]
"""RFC 3834's signs and those that are older than it."""


def _data(mail: Mail, receipt: Authentication, sender: Person | None, stored: Sequence[str]) -> dict[str, Any]:
    """The event's data.

    from, from_name, to, cc, reply_to    addresses in lower case
    recipients                           those of the envelope
    date                                 when its sender says that it was sent
    subject, text, reply                 `reply` is what its sender wrote, without quotations
    message_id, in_reply_to, references  ids without angle brackets
    answers_ses_ids                      of those, the ids that SES gave when it sent a mail
    attachments                          name, type, size, inline, key (where it is stored)
    verdicts, defects
    """
    replied = mail.ids("in-reply-to")
    references = list(dict.fromkeys([*mail.ids("references"), *replied]))[-MAX_LISTED:]
    answered = [match[1] for one in references if (match := _OF_SES.fullmatch(one))]
    text, cut = _within(mail.text)
    attachments = [
        present({"name": one.name, "type": one.type, "size": len(one.content), "inline": one.inline, "key": key})
        for one, key in zip(mail.attachments, [*stored, *([None] * len(mail.attachments))], strict=False)
    ]
    lists = {
        "to": _addresses(mail, "to"),
        "cc": _addresses(mail, "cc"),
        "reply_to": _addresses(mail, "reply-to"),
        "recipients": list(receipt.recipients[:MAX_LISTED]),
        "references": references,
        "answers_ses_ids": answered,
        "attachments": attachments[:MAX_LISTED],
        "defects": list(mail.defects[:MAX_LISTED]),
    }
    return present(
        {
            "from": sender.address if sender else "",
            "from_name": sender.name[:200] if sender and sender.name else None,
            "subject": mail.header("subject")[:1_000],
            "date": format_time(mail.date) if mail.date else None,
            "text": text,
            "text_cut": cut or None,
            "reply": _within(extract_reply(text))[0],
            "message_id": next(iter(mail.ids("message-id")), None),
            "in_reply_to": replied[0] if replied else None,
            "verdicts": dict(receipt.verdicts) or None,
            **{name: value or None for name, value in lists.items()},
        }
    )


def _addresses(mail: Mail, name: str) -> list[str]:
    return [person.address for person in mail.people[name][:MAX_LISTED]]


def _within(text: str) -> tuple[str, bool]:
    """The text, cut to MAX_TEXT_BYTES of JSON, and whether it was."""
    kept = text[:MAX_TEXT_BYTES]
    encoded_size = len(json.dumps(kept))
    while encoded_size > MAX_TEXT_BYTES:
        kept = kept[: len(kept) * MAX_TEXT_BYTES // encoded_size - 1]
        encoded_size = len(json.dumps(kept))
    return kept, len(kept) < len(text)


def _event(type_: str, external_id: str, time: datetime, identities: tuple[str, ...], data: dict[str, Any]) -> Event:
    return Event(
        id=ids.event_id("email", external_id),
        source="email",
        type=type_,
        time=time,
        identities=identities,
        data=data,
        origin="source:email",
    )
