"""Find the event that ends a wait of a run for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulation.model.course import Course
from tests.simulation.model.facts import Facts
from tests.simulation.model.spans import Span
from tests.simulation.story import Await


@dataclass(frozen=True)
class Found:
    """How the wait ended: whether the event came, when that was, and when it was seen."""

    at: Span
    came: bool
    seen: Span | None = None


def came(facts: Facts, course: Course, awaits: Await, clock: Span, *, is_first: bool) -> Found | None:
    """Return how a wait ended that began at `clock`. None if nobody can know.

    Nobody can where the event happened, or was seen, as the wait began or ended.
    """
    length = timedelta(minutes=awaits.minutes)
    until = Span(clock.earliest + length, clock.latest + length)
    for _, at in facts.events(course.record, (awaits.event,)):
        counts = _counts(course, at, clock, is_first=is_first)
        if counts is False or at > until.latest:
            continue
        seen = facts.noticed(Span(at, at))
        in_time = at < until.earliest and seen.latest < until.earliest
        return Found(Span(at, at), came=True, seen=seen) if counts and in_time else None
    return Found(until, came=False)


def _counts(course: Course, at: datetime, clock: Span, *, is_first: bool) -> bool | None:
    """Tell whether an event counts: the first step counts from the run's own event, others from when it came there."""
    if is_first:
        return at > course.happened
    if at > clock.latest:
        return True
    return False if at < clock.earliest else None
