"""Make the events of people and rules themselves: a rule is started by hand, a run has its outcome."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import to_builtins

from whenthen.domain.common import ids
from whenthen.domain.events.event import Event
from whenthen.domain.events.types import ENROLLED, FINISHED, STARTED_MANUALLY

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run

ENGINE = "engine"
"""Name the source of these events."""


def manual_event(rule: str, ref: str | None, *, by: str, seed: str, moment: datetime, origin: str = "human") -> Event:
    """Make the event of a person who starts a rule for a record. Equal `seed`s give the same event."""
    return Event(
        id=ids.event_id(ENGINE, f"manual#{rule}#{seed}#{ref or ''}"),
        source=ENGINE,
        type=STARTED_MANUALLY,
        time=moment,
        subject=ref,
        data={"rule": rule, "by": by},
        origin=origin,
    )


def enrolled_event(rule: str, ref: str | None, *, by: str, seed: str, moment: datetime) -> Event:
    """Make the event of a record that fits a rule already when that is switched on. Equal `seed`s give the same."""
    return Event(
        id=ids.event_id(ENGINE, f"enrolled#{rule}#{seed}#{ref or ''}"),
        source=ENGINE,
        type=ENROLLED,
        time=moment,
        subject=ref,
        data={"rule": rule, "by": by},
        origin="human",
    )


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
