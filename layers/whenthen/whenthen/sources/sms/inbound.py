"""Read an SMS that came in. One that a telephone sent is also an answer (`contact.replied`).

Names and short codes are those of programs: what they send is no answer of a customer, and no rule answers it by
mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event
from whenthen.domain.events.identities import identity, phone_of_digits
from whenthen.sources.parsing.json_body import present, text, text_id

# An SMS that came in has no id of its own.
NO_MESSAGE_ID = ReasonCode("sms.no_message_id")

LONGEST_TEXT = 8_192
"""Characters of a text that are kept: more than any SMS has."""

_LONGEST_ID = 256
_TELEPHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def inbound_events(message: Mapping[str, Any], now: datetime) -> tuple[Event, ...]:
    """Make the events of an SMS that arrived at `now`; it has no time of its own. Raises Malformed without an id.

    data: message_id, phone, sender, business_phone, text, keyword, reply_to, automatic.
    """
    message_id = text_id(message.get("inboundMessageId"))
    if message_id is None or len(message_id) > _LONGEST_ID:
        raise Malformed(NO_MESSAGE_ID())
    number, own = _number(message.get("originationNumber")), _number(message.get("destinationNumber"))
    written = (text(message.get("messageBody")) or "")[:LONGEST_TEXT]
    answers = text_id(message.get("previousPublishedMessageId"))
    is_person = number is not None and number != own
    data = {
        "message_id": message_id,
        "phone": number,
        "sender": _short(message.get("originationNumber")),
        "business_phone": own or _short(message.get("destinationNumber")),
        "text": written,
        "keyword": _short(message.get("messageKeyword")),
        "reply_to": answers and answers[:_LONGEST_ID],
        "automatic": None if is_person else True,
    }
    received = _event("sms.received", message_id, now, number if is_person else None, present(data))
    if not is_person:
        return (received,)
    answer = {"channel": "sms", "message_id": message_id, "kind": "text", "text": written, "reply_to": data["reply_to"]}
    return received, _event("contact.replied", f"{message_id}:replied", now, number, present(answer))


def _event(type_: str, external_id: str, time: datetime, number: str | None, data: dict[str, Any]) -> Event:
    return Event(
        id=ids.event_id("sms", external_id),
        source="sms",
        type=type_,
        time=time,
        identities=(identity("phone", number),) if number else (),
        data=data,
        origin="source:sms",
    )


def _number(value: Any) -> str | None:
    """Return a telephone's number in E.164; None for short codes and names."""
    written = text_id(value) or ""
    return phone_of_digits(written.removeprefix("+")) if _TELEPHONE.fullmatch(written) else None


def _short(value: Any) -> str | None:
    found = text_id(value)
    return found[:_LONGEST_ID] if found else None
