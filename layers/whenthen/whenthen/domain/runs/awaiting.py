"""Know which events count for a run that waits for one. No I/O.

The run waits for events that happen while it waits, not before: since its clock came to the step, by whole seconds,
as many sources tell no more. Its first step counts events since the run's own, which are in their order if they are of
the same moment (`domain.events.ordering`): the message that started a run is no answer to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.events.ordering import order_key, order_key_of_run
from whenthen.domain.runs.run import RunStatus

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.runs.run import Run
    from whenthen.domain.steps.event_waits import EventWait


class Mark(Struct, frozen=True):
    """Tell of an event that was seen: its type, when it happened, and its order key."""

    type: str
    at: datetime
    place: str


def awaits_since(run: Run, step_group: int, clock: datetime) -> datetime:
    """Return since when events count for a run whose clock comes to a wait for one."""
    if step_group == 0 and not run.follows:
        return run.entered
    return max(run.entered, clock.replace(microsecond=0))


def awaited(rule: Rule, run: Run) -> EventWait | None:
    """Return the wait for an event in which the run is; None if it is in none."""
    if run.status is not RunStatus.WAITING or run.awaits_since is None:
        return None
    return rule.step_groups[run.step_group + 1][0].awaits


def mark_of(event: Event) -> Mark:
    """Return what is noted of an event."""
    return Mark(event.type, event.time, order_key(event))


def first_that_counts(marks: Iterable[Mark], wait: EventWait, run: Run, own: Event) -> Mark | None:
    """Return the first of the marks for which the run waits; None if there is none. `own`: the run's event."""
    since, until = run.awaits_since, run.waits_until
    if since is None or until is None:
        return None
    place = order_key_of_run(own, wait.on) if since == run.entered else ""
    found = [
        mark for mark in marks if mark.type in wait.on and (mark.at, mark.place) > (since, place) and mark.at <= until
    ]
    return min(found, key=lambda mark: (mark.at, mark.place), default=None)
