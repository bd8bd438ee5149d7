"""Find the events that let a lead enter a rule, by the ends of the runs before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.simulation.model.controls import is_on
from tests.simulation.model.course import Course
from tests.simulation.model.ends import ends
from tests.simulation.model.facts import Facts
from tests.simulation.model.spans import NEVER, Answer, Span, both, negated
from tests.simulation.story import Rule


@dataclass(frozen=True)
class Entered:
    """A run that may have begun. `over`: when it was over; `entered`: whether it began."""

    course: Course
    entered: Answer
    over: Span


Walk = Callable[[Course, Answer], tuple[Answer, Span]]
"""Walks through a run, given whether it begins; tells whether it did, and when it was over."""


def enter_all(facts: Facts, rule: Rule, record: str, walk: Walk) -> None:
    """Walk through the runs of a rule for a lead, in the order of their events."""
    courses = [_course(facts, rule, record, number, at) for number, at in facts.events(record, (rule.event,))]
    known: list[Entered] = []
    for course in courses:
        others = [other for other in courses if other is not course]
        matched = _matches(facts, course)
        may = both(matched, _may_enter(rule, course, known))
        if _asks(rule) and any(_overlap(course, other) for other in others):
            may = both(may, None)  # the two events may have arrived in any order
        if rule.running == "restart":
            course = replace(course, ends=tuple(_restarts(facts, course, others)))  # noqa: PLW2901
        entered, over = walk(course, may)
        if _is_nipped(facts, course):
            entered = both(entered, None)
        known.append(Entered(course, entered, over))


def _course(facts: Facts, rule: Rule, record: str, number: int, at: datetime) -> Course:
    return Course(rule, number, record, at, facts.noticed(Span(at, at)))


def _matches(facts: Facts, course: Course) -> Answer:
    starts = course.starts
    return both(is_on(facts, course.rule.id, starts), facts.has_status(course.record, course.rule.condition, starts))


def _asks(rule: Rule) -> bool:
    return rule.again != "always" or rule.running != "parallel"


def _may_enter(rule: Rule, course: Course, known: Sequence[Entered]) -> Answer:
    answer: Answer = True
    for before in known:
        against = both(before.entered, _is_against(rule, course, before))
        answer = both(answer, negated(against))
    return answer


def _is_against(rule: Rule, course: Course, before: Entered) -> Answer:
    """Tell whether a run that began keeps the lead from entering once more."""
    under_way = negated(before.over.is_before(course.starts))
    if rule.again == "once_per_record":
        return True
    if rule.again.isdigit():
        span, starts = timedelta(days=int(rule.again)), before.course.starts
        recent = negated(Span(starts.earliest + span, starts.latest + span).is_before(course.starts))
        if recent is not False:
            return recent
    if rule.again == "after_exit" or rule.running == "ignore":
        return under_way
    return False


def _restarts(facts: Facts, course: Course, others: Sequence[Course]) -> list[Span]:
    """Return when the run is stopped by one that begins with a newer event."""
    found = []
    for other in others:
        if other.happened > course.happened and (matched := _matches(facts, other)) is not False:
            begun = course.starts.is_before(other.starts)
            sure = matched and begun and not _is_nipped(facts, other)
            found.append(Span(other.starts.earliest, other.starts.latest if sure else NEVER))
    return found


def _is_nipped(facts: Facts, course: Course) -> bool:
    """Tell whether the run may be over before it begins: then it has not entered."""
    end, goal = ends(facts, course), course.rule.goal
    reached = goal is not None and facts.has_status(course.record, goal, course.starts) is not False
    return reached or end.earliest <= course.starts.latest


def _overlap(one: Course, other: Course) -> bool:
    return one.starts.is_before(other.starts) is None
