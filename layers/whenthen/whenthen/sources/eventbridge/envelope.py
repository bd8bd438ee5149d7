"""Read events off the event bus: whenthen's own, and those that applications put there themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from whenthen.domain.common import ids, json_bounds
from whenthen.domain.common.errors import Invalid, Malformed, Problem
from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import event as events
from whenthen.domain.events.arrival import arrived
from whenthen.domain.events.event import EVENT_TYPE, Event, parse_time
from whenthen.domain.events.identities import fits_key, normalised_identity
from whenthen.domain.events.siblings import Group, from_json

NO_DETAIL = ReasonCode("envelope.no_detail")
OWN_EVENT_SOURCE = ReasonCode("envelope.own_source", "source")

OWN_SOURCE = "whenthen"
"""Source of the envelopes that whenthen puts on the bus. IAM permissions decide who else may write it."""

OWN_EVENT_SOURCES = frozenset({"records", "clock", "engine", "whatsapp", "email", "meta", "api"})
"""Sources of the events of the store, of time, of rules, of our receivers and of the API. Their data is trusted, and
their ids are theirs alone."""

_OF_HOOKS = "hook/"
"""Begins the source of the events of a configured source."""


def events_of(envelope: Mapping[str, Any], arrival: datetime | None = None) -> Group:
    """Read the events in an envelope of EventBridge. One of another application is not later than its `arrival`.

    Raises Malformed, or Invalid naming its field.

    A detail that is a CloudEvent is taken as it is; the id of one that is not whenthen's own is unique only with its
    source. Only whenthen's own have several events, those of one change. Any other detail is the event's data, with the
    envelope's detail-type as its type and the envelope's id, so that a redelivery is recognised. Other applications may
    only report the types that the catalogue lets them, with the data that it asks for.
    """
    detail = envelope.get("detail")
    if not isinstance(detail, Mapping):
        raise Malformed(NO_DETAIL())
    own = envelope.get("source") == OWN_SOURCE
    if "specversion" in detail:
        group = from_json(detail) if own else (_of_another(events.from_json(detail)),)
    else:
        group = (_plain(envelope, detail),)
    if not EVENT_TYPE.fullmatch(group[0].type):
        raise Invalid.field("type", BAD_EVENT_TYPE(value=group[0].type))
    if own:
        return group
    _check_reported(group[0])
    return group if arrival is None else (arrived(group[0], arrival),)


def _plain(envelope: Mapping[str, Any], detail: Mapping[str, Any]) -> Event:
    """Make an event of an application's own form."""
    source = str(envelope.get("source", ""))
    return Event(
        id=ids.event_id(source, str(envelope.get("id", ""))),
        source=source,
        type=str(envelope.get("detail-type", "")),
        time=parse_time(envelope.get("time"), "time"),
        data=json_bounds.as_text(detail),
        origin=f"source:{source}",
    )


def _of_another(event: Event) -> Event:
    """Make an application's CloudEvent safe: its id includes its source, and unusable subjects and identities go."""
    return replace(
        event,
        id=ids.event_id(event.source, event.id),
        subject=event.subject if event.subject is not None and fits_key(event.subject) else None,
        identities=tuple(dict.fromkeys(filter(None, map(normalised_identity, event.identities)))),
    )


def _check_reported(event: Event) -> None:
    # Nearly all events are whenthen's own: a cold start should not pay for the catalogue.
    from whenthen.domain.event_catalog import catalog  # noqa: PLC0415

    problems = catalog.check_reported(event.type, event.data)
    if event.source in OWN_EVENT_SOURCES or event.source.startswith(_OF_HOOKS):
        problems.append(Problem("source", OWN_EVENT_SOURCE(source=event.source)))
    if problems:
        raise Invalid(problems)
