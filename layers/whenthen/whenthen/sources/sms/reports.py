"""Read reports of AWS End User Messaging about an SMS of ours: each status as one event of a few types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event
from whenthen.domain.events.identities import identity, phone_of_digits
from whenthen.sources.parsing.json_body import mapping, present, text, text_id, unix_time

# `status` is the provider's name of a report, such as TEXT_DELIVERED.
UNKNOWN_REPORT = ReasonCode("sms.unknown_report", "status")

CALLBACK = "callback"
"""Key of the message's context under which the run and the job that sent it come back."""

SENT, DELIVERED, FAILED, UNCONFIRMED = "sms.sent", "sms.delivered", "sms.failed", "sms.unconfirmed"

STATUSES: Mapping[str, str] = {
    "TEXT_QUEUED": SENT,
    "TEXT_PENDING": SENT,
    "TEXT_SENT": SENT,
    "TEXT_SUCCESSFUL": DELIVERED,
    "TEXT_DELIVERED": DELIVERED,
    "TEXT_UNKNOWN": UNCONFIRMED,
    "TEXT_INVALID": FAILED,
    "TEXT_INVALID_MESSAGE": FAILED,
    "TEXT_UNREACHABLE": FAILED,
    "TEXT_CARRIER_UNREACHABLE": FAILED,
    "TEXT_BLOCKED": FAILED,
    "TEXT_CARRIER_BLOCKED": FAILED,
    "TEXT_SPAM": FAILED,
    "TEXT_TTL_EXPIRED": FAILED,
    "TEXT_PROTECT_BLOCKED": FAILED,
}
"""The provider's `eventType` → type of our event. Where a network reports no delivery, SUCCESSFUL is the last word."""

_LONGEST = 300


def report_event(report: Mapping[str, Any], now: datetime) -> Event:
    """Make the event of a report. A message has one event of each type, however often its status is repeated.

    data: as the catalogue says. Raises Malformed for another report, or one without the message's id.
    """
    status = text(report.get("eventType")) or ""
    type_, message_id = STATUSES.get(status), text_id(report.get("messageId"))
    if type_ is None or message_id is None:
        raise Malformed(UNKNOWN_REPORT(status=status[:64]))
    number = _number(report.get("destinationPhoneNumber"))
    failed = type_ == FAILED
    data = {
        "message_id": message_id[:_LONGEST],
        "status": status,
        "callback": text(mapping(report.get("context")).get(CALLBACK)),
        "to": number,
        "from": _short(report.get("originationPhoneNumber")),
        "country": _short(report.get("isoCountryCode")),
        "carrier": _short(report.get("carrierName")),
        "encoding": _short(report.get("messageEncoding")),
        "parts": _amount(report.get("totalMessageParts")),
        "price": _amount(report.get("totalMessagePrice")),
        "error": _short(report.get("messageStatus")) or status.removeprefix("TEXT_") if failed else None,
        "reason": _short(report.get("messageStatusDescription")) if failed else None,
    }
    return Event(
        id=ids.event_id("sms", f"{message_id}:{type_}"),
        source="sms",
        type=type_,
        time=_time(report.get("eventTimestamp")) or now,
        identities=(identity("phone", number),) if number else (),
        data=present(data),
        origin="source:sms",
    )


def _time(value: Any) -> datetime | None:
    """Read unix milliseconds."""
    return unix_time(value / 1_000) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: Any) -> str | None:
    return phone_of_digits((text_id(value) or "").removeprefix("+"))


def _amount(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1_000_000 else None


def _short(value: Any) -> str | None:
    found = text_id(value)
    return found[:_LONGEST] if found else None
