"""Bound the time of an event by the moment of its arrival: the sender's clock must not order our facts.

Exits, consent and sequences go by time. A sender's clock that is hours fast, or a date of 2099, would put an event
behind everything that happens until then. An event cannot have happened after it arrived; one that arrives late keeps
its time, because providers deliver again for days.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event


def arrived(event: Event, at: datetime) -> Event:
    """Return the event with the time `at` of its arrival if its own time is later."""
    return event if event.time <= at else replace(event, time=at)
