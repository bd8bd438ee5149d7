"""Build the context of conditions and templates: event, record, record before, related records, history and now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from whenthen.domain.event_catalog.derivation import SOURCE
from whenthen.domain.events import event as events
from whenthen.domain.records import record as records
from whenthen.domain.records.automation import FREE
from whenthen.domain.temporal.time_zones import parse_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.conditions.field_access import Earlier
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule


_OF_EVERY_CHANGE = ("version", "updated_at")
"""Name the attributes of a record that every change changes."""


def context_of(
    event: Event,
    record: Record | None,
    now: datetime,
    zone: ZoneInfo | None = None,
    related: Mapping[str, Any] | None = None,
    history: Earlier | None = None,
    clocks: ZoneInfo | None = None,
    language: str | None = None,
    steps: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the mapping that conditions are evaluated on and templates are rendered with.

    zone    the rule's: conditions go by its clocks
    clocks  whose clocks templates show (`clocks_of`); None: the rule's too
    language  in which templates write true and false; None: English
    steps   results of the run's steps that are done, by their ids
    """
    current = records.as_context(record) if record else None
    return {
        "event": events.to_json(event),
        "record": current,
        "before": _before(event, current),
        "related": related or {},
        "steps": steps or {},
        "history": history,
        "now": now.astimezone(zone) if zone else now,
        "zone": clocks or zone,
        "language": language,
        "automation": record.automation if record else FREE,
        "refs": record.refs if record else (),
    }


def clocks_of(rule: Rule, record: Record | None) -> ZoneInfo:
    """Return the time zone of a rule's texts: its own, or the record's if its date trigger goes by the record's."""
    timer = rule.trigger.timer
    name = record.fields.get("time_zone") if record and timer is not None and timer.own_zone else None
    return (parse_zone(name) if isinstance(name, str) else None) or rule.zone


def _before(event: Event, current: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the record as it was before the event's changes. None for an event that changed nothing."""
    if not event.changes:
        return None
    before = {name: value for name, value in (current or {}).items() if name not in _OF_EVERY_CHANGE}
    for name, change in event.changes.items():
        if change.before is None:
            before.pop(name, None)
        else:
            before[name] = change.before
    # Nobody knows the version before a change that the event's sender tells, and not the record's own store.
    attributes = event.data.get("before")
    known = attributes if event.source == SOURCE and isinstance(attributes, Mapping) else {}
    return {**before, **{name: known[name] for name in _OF_EVERY_CHANGE if known.get(name) is not None}}
