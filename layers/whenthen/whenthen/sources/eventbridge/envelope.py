"""What comes off the event bus: whenthen's own events, and those that applications put there themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from whenthen.domain.common import ids, int64
from whenthen.domain.common.errors import Invalid, Malformed, Problem
from whenthen.domain.events.event import EVENT_TYPE, Event, from_json, parse_time
from whenthen.domain.events.identities import fits_key

OWN_SOURCE = "whenthen"
"""The source of the envelopes that whenthen puts on the bus. Who else may write it is a matter of permissions."""

OWN_EVENT_SOURCES = frozenset({"records", "clock", "engine"})
"""What the events of the store, of time and of rules say that they come from: their data is taken for the truth."""


def event_of(envelope: Mapping[str, Any]) -> Event:
    """The event in an envelope of EventBridge. Raises Malformed, or Invalid naming its field.

    A detail that is a CloudEvent is taken as it is; if it is not whenthen's own, its id is one of its source alone.
    Any other detail is the event's data: its type is the envelope's detail-type, its id that of the envelope, so a
    redelivery is known. What other applications put on the bus has to be theirs to say, with the data that the
    catalogue asks for.
    """
    detail = envelope.get("detail")
    if not isinstance(detail, Mapping):
        raise Malformed("an envelope of EventBridge with an object as its detail is required")
    if "specversion" in detail:
        event = from_json(detail)
        event = event if envelope.get("source") == OWN_SOURCE else _of_another(event)
    else:
        source = str(envelope.get("source", ""))
        event = Event(
            id=ids.event_id(source, str(envelope.get("id", ""))),
            source=source,
            type=str(envelope.get("detail-type", "")),
            time=parse_time(envelope.get("time"), "time"),
            data=int64.as_text(detail),
            origin=f"source:{source}",
        )
    if not EVENT_TYPE.fullmatch(event.type):
        raise Invalid.field("type", f"{event.type!r} is not an event type such as invoice.paid")
    if envelope.get("source") != OWN_SOURCE:
        _check_reported(event)
    return event


def _of_another(event: Event) -> Event:
    """An application's CloudEvent: its id is unique only with its source, and what names nobody is left out."""
    return replace(
        event,
        id=ids.event_id(event.source, event.id),
        subject=event.subject if event.subject is not None and fits_key(event.subject) else None,
        identities=tuple(identity for identity in event.identities if fits_key(identity)),
    )


def _check_reported(event: Event) -> None:
    # Nearly all events are whenthen's own: a cold start should not pay for the catalogue.
    from whenthen.domain.event_catalog import catalog  # noqa: PLC0415

    problems = catalog.check_reported(event.type, event.data)
    if event.source in OWN_EVENT_SOURCES:
        problems.append(Problem("source", f"{event.source} is whenthen's own"))
    if problems:
        raise Invalid(problems)
