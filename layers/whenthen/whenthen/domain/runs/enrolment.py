"""Enrol records: start a rule for every record of a view, at a moment of its schedule or by a person.

One event is made for each record. Its id depends on the enrolment and the record alone, so an enrolment that goes
through its view twice, or again from the middle, starts nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time, parse_time
from whenthen.domain.runs.engine_events import manual_event
from whenthen.domain.scheduling.schedules import schedule_event

NOT_AN_ENROLMENT = ReasonCode("enrolment.malformed")


class Enrolment(Struct, frozen=True):
    """Describe an enrolment.

    rule, version  the rule, as it stood when this began
    moment         of the schedule, or when the person asked
    by, seed       who asked, and by which key; empty where the clock did
    view           the view as a document (`kind`, `filter`); None: that of the rule's schedule
    """

    rule: str
    version: int
    moment: datetime
    by: str = ""
    seed: str = ""
    view: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        """Return an id that is the same for every attempt to begin it."""
        return self.event(None).id

    def event(self, ref: str | None) -> Event:
        """Make the event that starts the rule for one record; None: for none, or as a whole."""
        if self.by:
            return manual_event(self.rule, ref, by=self.by, seed=self.seed, moment=self.moment)
        return schedule_event(self.rule, self.moment, ref)


def to_json(enrolment: Enrolment) -> dict[str, Any]:
    """Return the enrolment as the state machine carries it."""
    return {
        "rule": enrolment.rule,
        "version": enrolment.version,
        "moment": format_time(enrolment.moment),
        "by": enrolment.by,
        "seed": enrolment.seed,
        "view": None if enrolment.view is None else dict(enrolment.view),
    }


def from_json(document: Mapping[str, Any]) -> Enrolment:
    """Read an enrolment that `to_json` wrote. Raises Malformed."""
    match document:
        case {"rule": str(rule), "version": int(version), "by": str(by), "seed": str(seed)}:
            view = document.get("view")
            if view is None or isinstance(view, Mapping):
                return Enrolment(rule, version, parse_time(document.get("moment"), "moment"), by, seed, view)
    raise Malformed(NOT_AN_ENROLMENT())
