"""What becomes of events: the bus, and the log of what was decided for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from whenthen.domain.events import Event
    from whenthen.domain.runs import Run
    from whenthen.ports.values import Page, Plan


class Bus(Protocol):
    """The event bus."""

    def publish(self, events: Sequence[Event]) -> None:
        """Put all events on the bus. Raises Temporary unless every one of them was taken."""


class EventLog(Protocol):
    """What became of each event."""

    def plan_of(self, event_id: str) -> Plan | None:
        """The plan made for this event, if one was."""

    def record_plan(self, plan: Plan, now: datetime) -> Plan:
        """Keep the plan; returns the one that is kept, which is an earlier one if there was one."""

    def close(self, event_id: str) -> None:
        """Note that the plan was carried out."""


class Timelines(Protocol):
    """What happened to a record."""

    def read(self, ref: str, *, limit: int, cursor: str | None) -> Page[Run | Plan]:
        """Its events (as their plans) and the runs about it, newest first; eventually consistent."""
