"""Publish events, and store what was decided for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.domain.runs.run import Run
    from whenthen.ports.values import NotEntered, Page, Plan, Preloaded, Wanted


class Bus(Protocol):
    """Publish events on the bus."""

    def publish(self, events: Sequence[Event], settled: Collection[str] = ()) -> None:
        """Put all events on the bus. Raises Temporary unless every one of them was taken.

        settled  ids of the main events of changes that need not be matched any more
        """


class EventLog(Protocol):
    """Store the plan of each event."""

    def plan_of(self, event_id: str) -> Plan | None:
        """Return the plan of this event; None if there is none."""

    def plans_of(self, event_ids: Sequence[str]) -> Mapping[str, Plan]:
        """Return the plans of these events, main ones of their change, by id; without those that have none."""

    def known(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of these events that have a plan."""

    def record_plan(self, plan: Plan, now: datetime) -> Plan:
        """Store the plan unless there is one; return the stored plan."""

    def record_plans(self, plans: Sequence[Plan], now: datetime) -> Sequence[Plan]:
        """Call `record_plan` for each of the plans, several at a time."""

    def close(self, event_id: str, refused: Sequence[NotEntered]) -> None:
        """Mark the plan as carried out, and store the rules that the record could not enter."""


class Preloading(Protocol):
    """Read what events need before they are matched, for a whole batch at once."""

    def read(self, wanted: Wanted) -> Preloaded:
        """Read all that is wanted, as it is now. The rule book then has the rules of the types by their ids."""


class Occurrences(Protocol):
    """Store when events happened to whom: conditions on `history.*` count these occurrences."""

    def note_all(self, events: Sequence[tuple[Event, Sequence[str]]], now: datetime) -> None:
        """Store an occurrence of each event under each of its keys; a repetition changes nothing."""

    def times(
        self, key: str, event_type: str, *, since: datetime | None, until: datetime, limit: int
    ) -> Mapping[str, datetime]:
        """Return the newest events of the type under a key, both ends included: id → time."""


class Timelines(Protocol):
    """Read what happened to a record."""

    def read(self, refs: Sequence[str], *, limit: int, cursor: str | None) -> Page[Run | Plan]:
        """Read the events (as plans) and runs about any of a record's refs, newest first; eventually consistent."""
