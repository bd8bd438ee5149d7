"""Read the items of WhatsApp's webhooks as events: a message, a status of one of ours, a preference, a call.

Each function reads one item, and raises Malformed with the reason if it makes no event. Ids of events are made of
WhatsApp's own: a message's, or a message's with its status.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.identities import phone_of_digits
from whenthen.sources.parsing.json_body import mapping, present, text, text_id, unix_time
from whenthen.sources.whatsapp.messages import content_of, errors_of
from whenthen.sources.whatsapp.people import Customer, Line, customer_of

NO_ID = ReasonCode("notification.no_id")
# An edit or a deletion names the message that it is about.
NO_ORIGINAL = ReasonCode("notification.no_original")
# `type` is WhatsApp's name of a type, such as customer_identity_changed.
SYSTEM_TYPE = ReasonCode("notification.system_type", "type")
# `status` is WhatsApp's name of a status, such as sent.
UNKNOWN_STATUS = ReasonCode("notification.unknown_status", "status")
INCOMPLETE_PREFERENCE = ReasonCode("notification.incomplete_preference")
CALL_NOT_ENDED = ReasonCode("notification.call_not_ended")
CALL_DIRECTION = ReasonCode("notification.call_direction")

_LONGEST_ID = 512


def messages(message: Mapping[str, Any], line: Line, now: datetime) -> list[Event]:
    """Read a customer's message. A text, a pressed button and a reaction are also answers (`contact.replied`)."""
    external_id = _own_id(message)
    customer = customer_of(line, message.get("from"), message.get("from_user_id"))
    special = _SPECIAL_MESSAGES.get(text(message.get("type")) or "")
    if special is not None:
        return [special(message, external_id, customer, line, now)]
    content = content_of(message)
    data = {"message_id": external_id, **content, **customer.data(), **line.data(), **_group(message)}
    time = unix_time(message.get("timestamp")) or now
    received = _event("message_received", external_id, time, customer, data)
    if content["kind"] in _NOT_AN_ANSWER or content.get("removed"):
        return [received]
    answer = {"channel": "whatsapp", "message_id": external_id}
    answer |= present({name: content.get(name) for name in ("kind", "text", "payload", "emoji", "reply_to")})
    return [received, _event("contact.replied", f"{external_id}:replied", time, customer, answer)]


def _edited(message: Mapping[str, Any], external_id: str, customer: Customer, line: Line, now: datetime) -> Event:
    part = mapping(message.get("edit"))
    content = content_of(mapping(part.get("message")))
    data = {"edit_id": external_id, **content, **customer.data(), **line.data()}
    data["message_id"] = _original_id(part)
    return _event("message_edited", external_id, unix_time(message.get("timestamp")) or now, customer, data)


def _deleted(message: Mapping[str, Any], external_id: str, customer: Customer, line: Line, now: datetime) -> Event:
    deleted = _original_id(mapping(message.get("revoke")))
    data = {"message_id": deleted, **customer.data(), **line.data()}
    return _event("message_deleted", external_id, unix_time(message.get("timestamp")) or now, customer, data)


def _system(message: Mapping[str, Any], external_id: str, customer: Customer, line: Line, now: datetime) -> Event:
    """Read WhatsApp's notice that a customer changed their number. Notices about keys make no events."""
    part = mapping(message.get("system"))
    new_number = text_id(part.get("wa_id")) or text_id(part.get("new_wa_id"))
    if part.get("type") not in ("user_changed_number", "customer_changed_number") or new_number is None:
        raise Malformed(SYSTEM_TYPE(type=str(part.get("type"))[:64]))
    data = {"message_id": external_id, **customer.data(), **line.data()}
    data |= present({"new_wa_id": new_number, "new_phone": phone_of_digits(new_number)})
    return _event("number_changed", external_id, unix_time(message.get("timestamp")) or now, customer, data)


_NOT_AN_ANSWER = frozenset({"request_welcome", "unknown"})
"""Kinds that nobody wrote: WhatsApp sends the first when a chat is opened, the second when it failed itself."""

_SPECIAL_MESSAGES: dict[str, Callable[[Mapping[str, Any], str, Customer, Line, datetime], Event]] = {
    "edit": _edited,
    "revoke": _deleted,
    "system": _system,
}

_STATUSES = {
    "sent": "message_sent",
    "delivered": "message_delivered",
    "read": "message_read",
    "played": "message_played",
    "failed": "message_failed",
}


def statuses(status: Mapping[str, Any], line: Line, now: datetime) -> list[Event]:
    """Read a status of a message of ours. Statuses come in any order; the store decides which one stands.

    `callback` is the `biz_opaque_callback_data` that we sent; it names the job. `error_code` is the first error's.
    """
    external_id, written = _own_id(status), text(status.get("status"))
    if written not in _STATUSES:
        raise Malformed(UNKNOWN_STATUS(status=str(written)[:64]))
    participant = text_id(status.get("recipient_participant_user_id")) or text_id(
        status.get("recipient_participant_id")
    )
    in_group = status.get("recipient_type") == "group"
    number, user_id = (
        ("recipient_participant_id", "recipient_participant_user_id")
        if in_group
        else ("recipient_id", "recipient_user_id")
    )
    customer = customer_of(line, status.get(number), status.get(user_id))
    conversation, pricing, errors = (
        mapping(status.get("conversation")),
        mapping(status.get("pricing")),
        errors_of(status),
    )
    data = present(
        {
            "message_id": external_id,
            "status": written,
            "callback": text(status.get("biz_opaque_callback_data")),
            "conversation_id": text_id(conversation.get("id")),
            "conversation_origin": text(mapping(conversation.get("origin")).get("type")),
            "billable": pricing.get("billable"),
            "pricing_category": text(pricing.get("category")),
            "errors": errors,
            "error_code": errors[0].get("code") if errors else None,
            "group_id": text_id(status.get("recipient_id")) if in_group else None,
        }
    )
    id_ = f"{external_id}:{written}:{participant}" if in_group and participant else f"{external_id}:{written}"
    time = unix_time(status.get("timestamp")) or now
    return [_event(_STATUSES[written], id_, time, customer, data | customer.data() | line.data())]


def preferences(preference: Mapping[str, Any], line: Line, now: datetime) -> list[Event]:
    """Read that a customer stopped marketing messages (`stop`), or wants them again (`resume`, `signup`)."""
    customer = customer_of(line, preference.get("wa_id"), preference.get("user_id"))
    category, value = text(preference.get("category")), text(preference.get("value"))
    if not customer.identities or category is None or value not in ("stop", "resume", "signup"):
        raise Malformed(INCOMPLETE_PREFERENCE())
    time = unix_time(preference.get("timestamp")) or now
    data = {"category": category, "value": value, "consented": value != "stop", **customer.data(), **line.data()}
    id_ = f"preference:{customer.wa_id or customer.user_id}:{category}:{value}:{int(time.timestamp())}"
    return [_event("preference_changed", id_, time, customer, data)]


_CALLS = {
    ("USER_INITIATED", True): "call.incoming_answered",
    ("USER_INITIATED", False): "call.incoming_missed",
    ("BUSINESS_INITIATED", True): "call.outgoing_answered",
    ("BUSINESS_INITIATED", False): "call.outgoing_unanswered",
}


def calls(call: Mapping[str, Any], line: Line, now: datetime) -> list[Event]:
    """Read a call that has ended. WhatsApp gives its start and duration only if somebody picked up."""
    external_id, direction = _own_id(call), text(call.get("direction")) or ""
    if call.get("event") != "terminate":
        raise Malformed(CALL_NOT_ENDED())
    began, duration = unix_time(call.get("start_time")), call.get("duration")
    kind = _CALLS.get((direction, began is not None or bool(duration)))
    if kind is None:
        raise Malformed(CALL_DIRECTION())
    incoming = direction == "USER_INITIATED"
    customer = customer_of(
        line, call.get("from" if incoming else "to"), call.get("from_user_id" if incoming else "to_user_id")
    )
    ended = unix_time(call.get("end_time"))
    data = present(
        {
            "channel": "whatsapp",
            "call_id": external_id,
            "direction": "incoming" if incoming else "outgoing",
            "duration": duration if isinstance(duration, int) else None,
            "started_at": format_time(began) if began else None,
            "ended_at": format_time(ended) if ended else None,
            "callback": text(call.get("biz_opaque_callback_data")),
            "errors": errors_of(call),
        }
    )
    time = unix_time(call.get("timestamp")) or now
    return [_event(kind, f"{external_id}:ended", time, customer, data | customer.data() | line.data())]


def _event(kind: str, external_id: str, time: datetime, customer: Customer, data: Mapping[str, Any]) -> Event:
    return Event(
        id=ids.event_id("whatsapp", external_id),
        source="whatsapp",
        type=kind if "." in kind else f"whatsapp.{kind}",
        time=time,
        identities=customer.identities,
        data=data,
        origin="source:whatsapp",
    )


def _group(message: Mapping[str, Any]) -> dict[str, Any]:
    return present({"group_id": text_id(message.get("group_id"))})


def _own_id(item: Mapping[str, Any]) -> str:
    return _usable_id(item.get("id"), NO_ID)


def _original_id(part: Mapping[str, Any]) -> str:
    return _usable_id(part.get("original_message_id"), NO_ORIGINAL)


def _usable_id(value: Any, otherwise: ReasonCode) -> str:
    external_id = text_id(value)
    if external_id is None or len(external_id) > _LONGEST_ID:
        raise Malformed(otherwise())
    return external_id
