"""What becomes of events: the bus, and the log of what was decided for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.domain.runs.run import Run
    from whenthen.ports.values import NotEntered, Page, Plan


class Bus(Protocol):
    """The event bus."""

    def publish(self, events: Sequence[Event]) -> None:
        """Put all events on the bus. Raises Temporary unless every one of them was taken."""


class EventLog(Protocol):
    """What became of each event."""

    def plan_of(self, event_id: str) -> Plan | None:
        """The plan made for this event, if one was."""

    def known(self, event_ids: Sequence[str]) -> set[str]:
        """Those of these events for which a plan was made."""

    def record_plan(self, plan: Plan, now: datetime) -> Plan:
        """Keep the plan; returns the one that is kept, which is an earlier one if there was one."""

    def close(self, event_id: str, refused: Sequence[NotEntered]) -> None:
        """Note that the plan was carried out, and which rules let nobody in."""


class Occurrences(Protocol):
    """When events of each type happened, by whom they are about: what conditions on `history.*` count."""

    def note(self, event: Event, keys: Sequence[str], now: datetime) -> None:
        """Remember under each key that the event happened; a repetition changes nothing."""

    def times(
        self, key: str, event_type: str, *, since: datetime | None, until: datetime, limit: int
    ) -> Mapping[str, datetime]:
        """The newest events of the type under a key, both ends included: their ids, and when each happened."""


class Timelines(Protocol):
    """What happened to a record."""

    def read(self, refs: Sequence[str], *, limit: int, cursor: str | None) -> Page[Run | Plan]:
        """The events about it (as their plans) and the runs about it, under any of its refs, newest first;
        eventually consistent."""
