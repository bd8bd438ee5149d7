"""receive_sms: publish the events of an SMS that came in, or of a report about one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.events.arrival import arrived
from whenthen.sources.sms.notifications import sms_events

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus


class ReceiveSms(Struct, frozen=True):
    """Receive notifications of AWS End User Messaging. A redelivery publishes the same events."""

    bus: Bus
    clock: Clock

    def __call__(self, document: Mapping[str, Any], arrived_at: datetime | None = None) -> tuple[Event, ...]:
        """Publish the events of a notification that arrived at `arrived_at` (None: now).

        Raises Malformed if it is none that is known; Temporary.
        """
        now = arrived_at or self.clock.now()
        events = tuple(arrived(event, now) for event in sms_events(document, now))
        self.bus.publish(events)
        return events
