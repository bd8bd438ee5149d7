"""Make the events of people and rules themselves: a rule is started by hand, a run has its outcome."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import to_builtins

from whenthen.domain.common import ids
from whenthen.domain.events.event import Event
from whenthen.domain.events.types import FINISHED, STARTED_MANUALLY

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run

ENGINE = "engine"
"""Name the source of these events."""


def manual_event(rule: str, ref: str | None, *, by: str, seed: str, moment: datetime, origin: str = "human") -> Event:
    """Make the event of a person who starts a rule for a record. Equal `seed`s give the same event."""
    enrolment = ids.event_id(ENGINE, f"manual#{rule}#{seed}#")
    return Event(
        id=enrolment if ref is None else _id_of(enrolment, ref),
        source=ENGINE,
        type=STARTED_MANUALLY,
        time=moment,
        subject=ref,
        data={"rule": rule, "by": by, "enrolment": enrolment},
        origin=origin,
    )


def id_for_other(event: Event, ref: str) -> str | None:
    """Return the id of the same enrolment's event for another record; None if the event is none of an enrolment."""
    enrolment = event.data.get("enrolment")
    if not isinstance(enrolment, str) or event.subject is None or event.id != _id_of(enrolment, event.subject):
        return None
    return _id_of(enrolment, ref)


def _id_of(enrolment: str, ref: str) -> str:
    return ids.event_id(ENGINE, f"manual#{enrolment}#{ref}")


def finished_event(run: Run, event: Event) -> Event:
    """Make the event of a run's outcome, one for each run. `event` is the one that started it.

    The run joins the chain of causes, so that rules which follow one another in a circle come to an end.
    """
    return Event(
        id=ids.event_id(ENGINE, f"finished#{run.id}"),
        source=ENGINE,
        type=FINISHED,
        time=run.finished_at or run.started_at,
        subject=run.record,
        identities=event.identities,
        data={"rule": run.rule_id, "run": run.id, "status": run.status.value, "reason": to_builtins(run.reason)},
        origin=f"rule:{run.rule_id}",
        cause=event.cause.then(run.id, event.id),
    )
