"""Join all event types in one catalogue. Parsers, the API, docs and checks read it.

A type stands in one of four tables: `record_events` (a change of a record, of every kind or of some),
`message_events` (customers write, call and press), `sms_events` and `engine_events` (time, and rules themselves).
Any other `<kind>.<past verb>` is free: an admin's own sources and systems may report it, with any data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from whenthen.domain.common.errors import Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.event_catalog import record_events
from whenthen.domain.event_catalog.engine_events import ENGINE_EVENTS, ENGINE_KINDS
from whenthen.domain.event_catalog.event_types import EventType, problems_of
from whenthen.domain.event_catalog.message_events import MESSAGE_EVENTS
from whenthen.domain.event_catalog.record_kinds import KINDS
from whenthen.domain.event_catalog.sms_events import SMS_EVENTS

MADE_HERE = ReasonCode("event_type.made_by_engine", "type")
NOT_REPORTED = ReasonCode("event_type.not_reported", "type")

_FIXED: Mapping[str, EventType] = {row.type: row for row in (*MESSAGE_EVENTS, *SMS_EVENTS, *ENGINE_EVENTS)}


def types() -> Iterator[EventType]:
    """Yield every row: those of records for each known kind, then all others."""
    for kind in KINDS:
        for row in record_events.rows_of(kind):
            yield record_events.described(row, kind)
    yield from _FIXED.values()


@cache
def find(event_type: str) -> EventType | None:
    """Return the row of a type. None for a free type, and for events of kinds that the admin named."""
    return _FIXED.get(event_type) or record_events.find_record_event(event_type)


def check_reported(event_type: str, data: Mapping[str, Any], path: str = "") -> list[Problem]:
    """Return the problems that keep another system from sending this event, through the API or the bus.

    `path` is put before the fields `type` and `data`, as `events[3].`. A free type may be sent with any data.
    """
    kind = event_type.partition(".")[0]
    row = find(event_type)
    if kind in ENGINE_KINDS:
        return [Problem(f"{path}type", MADE_HERE(type=event_type))]
    if row is None:
        return []
    if not row.reported:
        return [Problem(f"{path}type", NOT_REPORTED(type=event_type))]
    return problems_of(row.data, data, f"{path}data")


@cache
def as_json() -> dict[str, Any]:
    """Return the events as the API shows them. Those of every kind stand once, with `<kind>` in their type."""
    return {
        "kinds": [
            {"name": kind.name, "description": kind.description, "reported": kind.elsewhere} for kind in KINDS.values()
        ],
        "record_events": [record_events.described(row, "<kind>").to_json() for row in record_events.OF_EVERY_KIND],
        "events": [
            *(
                record_events.described(row, kind).to_json()
                for row in record_events.OF_SOME_KINDS
                for kind in row.kinds
            ),
            *(row.to_json() for row in _FIXED.values()),
        ],
    }
