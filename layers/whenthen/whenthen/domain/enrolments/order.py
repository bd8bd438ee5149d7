"""Describe what an enrolment is to do: start a rule for every record of a view.

One event is made for each record. Its id depends on the order and the record alone, so an enrolment that goes through
its records twice, or again from the middle, starts nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.enrolments.existing import existing_view
from whenthen.domain.entry.entering_events import enrolled_event, manual_event
from whenthen.domain.event_catalog.record_kinds import PEOPLE
from whenthen.domain.events.types import ENROLLED, SCHEDULE_REACHED, STARTED_MANUALLY
from whenthen.domain.rules.actions import PURPOSE, actions
from whenthen.domain.scheduling import schedules
from whenthen.domain.scheduling.schedules import schedule_event
from whenthen.domain.views.view import View, parse_view

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.rules.rule import Rule


class Asked(StrEnum):
    """Tell why an enrolment began: a person ran the rule, its schedule was due, or it was switched on."""

    RUN = "run"
    SCHEDULE = "schedule"
    EXISTING = "existing"


class Order(Struct, frozen=True):
    """Hold what an enrolment is to do.

    rule, version  the rule, as it stood when this began
    moment         of the schedule, or when the person asked
    by, seed       who asked, and by which key; empty where the clock did
    view           the view as a document (`kind`, `filter`); None: that of the rule itself
    per_person     whether records with a common address enter once; None: as `enters_once_per_person` says
    """

    rule: str
    version: int
    moment: datetime
    asked: Asked = Asked.RUN
    by: str = ""
    seed: str = ""
    view: Mapping[str, Any] | None = None
    per_person: bool | None = None

    @property
    def id(self) -> str:
        """Return an id that is the same for every attempt to begin it."""
        return self.event(None).id

    def event(self, ref: str | None, wave: int = 0) -> Event:
        """Make the event that starts the rule for one record; None: for none, or as a whole.

        wave   how often the record was held on its way in before
        """
        match self.asked:
            case Asked.RUN:
                return manual_event(self.rule, ref, by=self.by, seed=self.seed, moment=self.moment, wave=wave)
            case Asked.SCHEDULE:
                return schedule_event(self.rule, self.moment, ref, wave)
            case Asked.EXISTING:
                return enrolled_event(self.rule, ref, by=self.by, seed=self.seed, moment=self.moment, wave=wave)


def enrolment_of(event: Event) -> str | None:
    """Return the id of the enrolment that an event may be of; None if it is of none."""
    if event.subject is None:
        return None
    if event.type == SCHEDULE_REACHED:
        return schedules.enrolment_of(event)
    enrolment = event.data.get("enrolment") if event.type in (STARTED_MANUALLY, ENROLLED) else None
    return enrolment if isinstance(enrolment, str) else None


def view_of(order: Order, rule: Rule) -> View | None:
    """Return the view whose records enter; None if the rule has none. `rule`: the version of the order."""
    if order.view is not None:
        return parse_view({"name": "enrolled", **order.view})
    return existing_view(rule) if order.asked is Asked.EXISTING else rule.trigger.view


def enters_once_per_person(order: Order, rule: Rule, kind: str) -> bool:
    """Tell whether records with a common address enter once: by default where people get messages."""
    if order.per_person is not None:
        return order.per_person
    return kind in PEOPLE and any(PURPOSE in actions()[step.action].parameters for step in rule.steps)
