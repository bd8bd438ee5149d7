"""When a run of a story ends before its last step: by an event that its rule names, or by its lead's status."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.model.controls import stops
from tests.simulation.model.course import Course
from tests.simulation.model.facts import Facts
from tests.simulation.model.spans import NEVER, Answer, Span


def ends(facts: Facts, course: Course) -> Span:
    """Return when the run is ended from without: `latest` is NEVER if it may go on to its last step."""
    found = [*_by_events(facts, course), *_by_changes(facts, course), *stops(facts, course), *course.ends]
    earliest = min((span.earliest for span in found), default=NEVER)
    return Span(earliest, min((span.latest for span in found), default=NEVER))


def is_under_way(end: Span, at: Span) -> Answer:
    """Tell whether a run that ends so goes on when it comes to a step."""
    if at.latest < end.earliest:
        return True
    return False if at.earliest > end.latest else None


def _by_events(facts: Facts, course: Course) -> Iterator[Span]:
    """Exits win: an event that happened after the run's own ends it, in whatever order the two arrive."""
    for _, at in facts.events(course.record, course.rule.exits_on):
        if at > course.happened:
            yield facts.noticed(Span(at, at))


def _by_changes(facts: Facts, course: Course) -> Iterator[Span]:
    """Each change of the lead is looked at as it was made, if the run has begun by the time that it is noticed."""
    for at, fields in facts.edits(course.record):
        if fields["status"] in (course.rule.when, course.rule.goal) and at > course.happened:
            noticed = facts.noticed(Span(at, at))
            begun = course.starts.is_before(noticed)
            if begun is not False:
                yield Span(noticed.earliest, noticed.latest if begun else NEVER)
