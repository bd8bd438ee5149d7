"""Walk through a run of a story step by step, and say of each effect whether it must be, may be, or must not be.

The times of effects that the outside saw are the clock of the run: the next wait counts from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.simulation.model.ends import Course, ends, is_under_way
from tests.simulation.model.facts import Facts
from tests.simulation.model.spans import Answer, Span, both, negated
from tests.simulation.model.waits import over
from tests.simulation.story import Rule, Step

Key = tuple[str, str, int, str]
KEYLESS = ("email", "whatsapp")
"""Channels of which nobody can tell whether a message went whose sender died: it is not sent again."""


@dataclass
class Walk:
    """Walk through one run. `lost`: whether a process died where a message may have been lost."""

    facts: Facts
    seen: Mapping[Key, Sequence[datetime]]
    lost: int
    problems: list[str] = field(default_factory=list)
    allowed: set[Key] = field(default_factory=set)

    def go(self, course: Course, starts: Answer) -> None:
        """Compare the run with what was seen."""
        groups, end = step_groups(course.rule), ends(self.facts, course)
        place, clock, sure = 0, course.starts, starts
        while place < len(groups) and sure is not False:
            at = self.facts.noticed(over(groups[place][0].wait, clock))
            leaves = False
            if course.rule.when is not None:
                leaves = self.facts.has_status(course.record, course.rule.when, at)
            goes = both(sure, both(is_under_way(end, at), negated(leaves)))
            clock, sure, branch = self._step_group(course, groups[place], at, goes)
            place = place + 1 if branch is None else _group_of(groups, branch)

    def _step_group(
        self, course: Course, group: Sequence[Step], at: Span, goes: Answer
    ) -> tuple[Span, Answer, str | None]:
        """Return the run's clock after the group, whether it still goes on, and the step that it branches to."""
        clock, branch, seen_any = at, None, False
        for step in group:
            wanted = both(goes, self.facts.has_status(course.record, step.only_if, at))
            found = self._effect(course, step, at, wanted)
            seen_any |= found is not None
            if found is not None:
                clock = clock.joined(self.facts.noticed(Span(found, found)))
        goes = True if seen_any else goes
        for step in group:
            if branch is None and step.otherwise is not None and not self._is_seen(course, step):
                holds = self.facts.has_status(course.record, step.only_if, at)
                branch = step.otherwise if holds is not True else None
                goes = None if holds is None and goes is None else goes
        return clock, goes, branch

    def _is_seen(self, course: Course, step: Step) -> bool:
        return bool(self.seen.get(_key(course, step)))

    def _effect(self, course: Course, step: Step, at: Span, wanted: Answer) -> datetime | None:
        """Check one effect, and return when it was seen."""
        key = _key(course, step)
        times = self.seen.get(key, ())
        if wanted is not False:
            self.allowed.add(key)
        if len(times) > 1:
            self.problems.append(f"{key}: doubled, at {_shown(times)}")
        if times and wanted is False:
            self.allowed.add(key)
            self.problems.append(f"{key}: must not be, and was at {_shown(times)}")
        elif times and not at.earliest <= times[0] <= at.latest:
            self.problems.append(f"{key}: at {times[0]}, and not from {at.earliest} to {at.latest}")
        elif not times and wanted:
            self._missing(key, step, at)
        return times[0] if times else None

    def _missing(self, key: Key, step: Step, at: Span) -> None:
        if self.lost and step.action in KEYLESS:
            self.lost -= 1
        else:
            self.problems.append(f"{key}: missing, from {at.earliest} to {at.latest}")


def step_groups(rule: Rule) -> list[list[Step]]:
    """Return the steps that start together, in their order."""
    groups: list[list[Step]] = []
    for step in rule.steps:
        if step.together and groups:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def _group_of(groups: Sequence[Sequence[Step]], step_id: str) -> int:
    return next(place for place, group in enumerate(groups) if any(step.id == step_id for step in group))


def _key(course: Course, step: Step) -> Key:
    return course.rule.id, step.id, course.number, course.record


def _shown(times: Sequence[datetime]) -> str:
    return ", ".join(map(str, times))
