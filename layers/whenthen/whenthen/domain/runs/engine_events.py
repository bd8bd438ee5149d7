"""Make the event of a run that has its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import to_builtins

from whenthen.domain.common import ids
from whenthen.domain.entry.entering_events import ENGINE
from whenthen.domain.events.event import Event
from whenthen.domain.events.types import FINISHED
from whenthen.domain.exits.conditions import is_conversion

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run


def finished_event(run: Run, event: Event) -> Event:
    """Make the event of a run's outcome, one for each. `event` is the one that started it.

    The run joins the chain of causes, so that rules which follow one another in a circle come to an end.
    """
    return Event(
        id=ids.event_id(ENGINE, f"finished#{run.id}{_again(run)}"),
        source=ENGINE,
        type=FINISHED,
        time=run.finished_at or run.started_at,
        subject=run.record,
        identities=event.identities,
        data={
            "rule": run.rule_id,
            "run": run.id,
            "status": run.status.value,
            "reason": to_builtins(run.reason),
            "converted": is_conversion(run.reason),
        },
        origin=f"rule:{run.rule_id}",
        cause=event.cause_of(run.id),
    )


def _again(run: Run) -> str:
    """Tell the outcomes of a run apart that was let go on after it had failed."""
    return "" if run.retried_at is None else f"#{run.retried_at.timestamp()}"
