"""publish_changes: publish the events of every change of a record, whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.event_catalog.derivation import change_events

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.usecases.matching.settle_idle import SettleIdle


class PublishChanges(Struct, frozen=True):
    """Turn the records table's stream into events."""

    bus: Bus
    clock: Clock
    settle_idle: SettleIdle

    def __call__(self, changes: Sequence[tuple[Record | None, Record | None]]) -> int:
        """Publish the events of changes, given as (before, after); returns their number. Raises Temporary.

        Those that nothing comes of are settled before, since nobody does it afterwards.
        """
        now = self.clock.now()
        events = [event for before, after in changes for event in change_events(before, after, now)]
        if events:
            self.bus.publish(events, self.settle_idle(events))
        return len(events)
