"""What comes off the event bus: whenthen's own events, and those that applications put there themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.domain import ids
from whenthen.domain.errors import Invalid, Malformed
from whenthen.domain.events import EVENT_TYPE, Event, from_json, parse_time


def event_of(envelope: Mapping[str, Any]) -> Event:
    """The event in an envelope of EventBridge. Raises Malformed, or Invalid naming its field.

    A detail that is a CloudEvent is taken as it is. Any other detail is the event's data: its type is the
    envelope's detail-type, its id that of the envelope, so a redelivery is known.
    """
    detail = envelope.get("detail")
    if not isinstance(detail, Mapping):
        raise Malformed("an envelope of EventBridge with an object as its detail is required")
    if "specversion" in detail:
        event = from_json(detail)
    else:
        source = str(envelope.get("source", ""))
        event = Event(
            id=ids.event_id(source, str(envelope.get("id", ""))),
            source=source,
            type=str(envelope.get("detail-type", "")),
            time=parse_time(envelope.get("time"), "time"),
            data=detail,
            origin=f"source:{source}",
        )
    if not EVENT_TYPE.fullmatch(event.type):
        raise Invalid.field("type", f"{event.type!r} is not an event type such as invoice.paid")
    return event
