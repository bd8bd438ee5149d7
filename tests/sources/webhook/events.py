"""Build the events of mapped deliveries whose records are not written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.sources.webhook.mapping_result import MappingResult


def events_of(mapped: MappingResult) -> tuple[Event, ...]:
    """Build the event of each item, in the order of the bodies."""
    return tuple(item.event() for item in mapped.items)
