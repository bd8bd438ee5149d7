"""Make events of a received mail: `email.received`, and `contact.replied` unless a program wrote it.

SES rejects nothing by itself. Spam and mail with a virus make no event here, but a reason. Mail with a From that no
result authenticates is an event of no person: anybody may have sent it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.identities import domain, identity
from whenthen.sources.email.automatic_mail import automatic
from whenthen.sources.email.reply_text import extract_reply
from whenthen.sources.parsing.json_body import present

if TYPE_CHECKING:
    from whenthen.sources.email.authentication import Authentication
    from whenthen.sources.email.headers import Person
    from whenthen.sources.email.mime import Mail

VIRUS = ReasonCode("inbound_mail.virus")
SPAM = ReasonCode("inbound_mail.spam")

MAX_TEXT_BYTES = 60_000
"""Bytes of a mail's text in its event, as JSON; the whole mail stays where it is stored."""

MAX_LISTED = 50
"""Addresses, ids and attachments that an event lists."""

_UNTOLD = timedelta(milliseconds=999)
"""The part of a second that a mail header leaves out."""

_OF_SES = re.compile(r"([^@]+)@(?:[a-z0-9-]+\.)*amazonses\.com")


class ReceivedMail(Struct, frozen=True):
    """Hold the events of a mail, or the reason why it makes none."""

    events: tuple[Event, ...] = ()
    rejection: Reason | None = None


def mail_events(
    mail: Mail,
    receipt: Authentication,
    raw: bytes,
    stored: Sequence[str],
    own_addresses: Collection[str],
    stored_at: datetime,
) -> ReceivedMail:
    """Make the events of a mail.

    Their time is when SES accepted the mail: exits and consent go by time, and the sender's Date may be anything. SES
    tells whole seconds: the last moment of that second is taken, or else an answer within the second in which a run
    began would be older than the run, and would not stop it.
    The sender is only known as a person (`email#…`) if SES's results authenticate From.

    stored         keys under which its attachments were stored, in their order
    own_addresses  addresses that whenthen sends from
    stored_at      time at which the mail itself was stored: the events' time if SES gives none
    """
    rejection = rejection_of(receipt)
    if rejection:
        return ReceivedMail(rejection=rejection)
    external_id = receipt.id or mail.header("message-id") or hashlib.sha256(raw).hexdigest()
    sender = next(iter(mail.people["from"]), None)
    identities = _identities(mail, receipt)
    reason = automatic(mail, receipt, own_addresses)
    data = _data(mail, receipt, sender, stored)
    data |= present({"automatic": reason is not None, "automatic_reason": reason})
    time = min(receipt.time + _UNTOLD, stored_at) if receipt.time else stored_at
    received = _event("email.received", external_id, time, identities, data)
    if reason is not None or not identities:
        return ReceivedMail((received,))
    answer = {"channel": "email"}
    answer |= {name: data[name] for name in ("message_id", "subject", "in_reply_to") if name in data}
    answer["text"] = data["reply"]
    return ReceivedMail(
        (received, _event("contact.replied", f"{external_id}:replied", received.time, identities, answer))
    )


def rejection_of(receipt: Authentication) -> Reason | None:
    """Return the reason why a mail makes no event; None if it does."""
    verdicts = receipt.verdicts
    if verdicts.get("virus") == "FAIL":
        return VIRUS()
    if verdicts.get("spam") == "FAIL":
        return SPAM()
    return None


def _identities(mail: Mail, receipt: Authentication) -> tuple[str, ...]:
    author = mail.author
    if author is None or receipt.vouched is None or author.address.rpartition("@")[2] != domain(receipt.vouched):
        return ()
    return (identity("email", author.address),)


def _data(mail: Mail, receipt: Authentication, sender: Person | None, stored: Sequence[str]) -> dict[str, Any]:
    """Make the event's data.

    from, from_name, to, cc, reply_to    addresses in lower case
    recipients                           those of the envelope
    date                                 time at which the sender claims to have sent it
    subject, text, reply                 `reply` is the sender's own text, without quotations
    message_id, in_reply_to, references  ids without angle brackets
    answers_ses_ids                      of those, the ids that SES gave when it sent a mail
    attachments                          name, type, size, inline, key (of the stored object)
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
    """Cut the text to MAX_TEXT_BYTES of JSON, and tell whether it was cut."""
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
