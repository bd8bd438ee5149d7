"""What conditions and templates see: the event, its record, what that was before, what it is related to, and now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from whenthen.domain import events, records

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.events import Event
    from whenthen.domain.facts import Earlier
    from whenthen.domain.records import Record


def context_of(
    event: Event,
    record: Record | None,
    now: datetime,
    zone: ZoneInfo | None = None,
    related: Mapping[str, Any] | None = None,
    history: Earlier | None = None,
) -> dict[str, Any]:
    """The mapping that conditions are evaluated on and templates are rendered with."""
    current = records.as_context(record) if record else None
    return {
        "event": events.to_json(event),
        "record": current,
        "before": _before(event, current),
        "related": related or {},
        "history": history,
        "now": now.astimezone(zone) if zone else now,
    }


def _before(event: Event, current: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The record as it was before the event's changes; None for an event that changed nothing."""
    if not event.changes:
        return None
    before = dict(current or {})
    for name, change in event.changes.items():
        if change.before is None:
            before.pop(name, None)
        else:
            before[name] = change.before
    return before
