"""Make the events by which people let records enter a rule: it is started by hand, or for those that fit already."""

from __future__ import annotations

from datetime import datetime

from whenthen.domain.common import ids
from whenthen.domain.events.event import Event
from whenthen.domain.events.types import ENROLLED, STARTED_MANUALLY

ENGINE = "engine"
"""Name the source of events of people and rules themselves."""


def manual_event(
    rule: str, ref: str | None, *, by: str, seed: str, moment: datetime, origin: str = "human", wave: int = 0
) -> Event:
    """Make the event of a person who starts a rule for a record. Equal `seed`s give the same event.

    wave   how often the record was held on its way in before: each time, its event is another one
    """
    enrolment = ids.event_id(ENGINE, f"manual#{rule}#{seed}#")
    return Event(
        id=enrolment if ref is None else _id_of(enrolment, ref, wave),
        source=ENGINE,
        type=STARTED_MANUALLY,
        time=moment,
        subject=ref,
        data={"rule": rule, "by": by, "enrolment": enrolment, **({"wave": wave} if wave else {})},
        origin=origin,
    )


def enrolled_event(rule: str, ref: str | None, *, by: str, seed: str, moment: datetime, wave: int = 0) -> Event:
    """Make the event of a record that fits a rule already when that is switched on. Equal `seed`s give the same."""
    enrolment = ids.event_id(ENGINE, f"enrolled#{rule}#{seed}#")
    return Event(
        id=enrolment if ref is None else _id_of(enrolment, ref, wave),
        source=ENGINE,
        type=ENROLLED,
        time=moment,
        subject=ref,
        data={"rule": rule, "by": by, "enrolment": enrolment, **({"wave": wave} if wave else {})},
        origin="human",
    )


def id_for_other(event: Event, ref: str) -> str | None:
    """Return the id of the same enrolment's first event for a record; None if the event is none of an enrolment."""
    enrolment, wave = event.data.get("enrolment"), wave_of(event)
    if not isinstance(enrolment, str) or event.subject is None or event.id != _id_of(enrolment, event.subject, wave):
        return None
    return _id_of(enrolment, ref)


def wave_of(event: Event) -> int:
    """Return how often the event's record was held on its way in before."""
    wave = event.data.get("wave")
    return wave if isinstance(wave, int) else 0


def _id_of(enrolment: str, ref: str, wave: int = 0) -> str:
    again = f"#{wave}" if wave else ""
    return ids.event_id(ENGINE, f"enrolment{again}#{enrolment}#{ref}")
