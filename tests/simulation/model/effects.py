"""Compare single effects with what the outside saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.simulation.model.course import Course
from tests.simulation.model.spans import NEVER, Answer, Span
from tests.simulation.story import Step

Key = tuple[str, str, int, str]
"""Rule, step, number of the event, id of the lead."""

KEYLESS = ("email", "whatsapp")
"""Channels of which nobody can tell whether a message went whose sender died: it is not sent again."""

SILENT = ("fail",)
"""Actions that nobody sees."""


@dataclass
class Effects:
    """Hold what was seen, and all that is wrong with it. `lost`: how many messages may be lost as a process died."""

    seen: Mapping[Key, Sequence[datetime]]
    lost: int
    problems: list[str] = field(default_factory=list)
    allowed: set[Key] = field(default_factory=set)

    def is_seen(self, course: Course, step: Step) -> bool:
        """Tell whether the step's effect took place."""
        return bool(self.seen.get(_key(course, step)))

    def may_be_lost(self, step: Step) -> bool:
        """Tell whether the effect may be missing although the step was done."""
        return bool(self.lost) and step.action in KEYLESS

    def may_be(self, course: Course, step: Step, since: datetime) -> None:
        """Let the effect take place once since then, or not at all."""
        self.check(course, step, Span(since, NEVER), None)

    def check(self, course: Course, step: Step, at: Span, wanted: Answer) -> datetime | None:
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
        elif not times and wanted and step.action not in SILENT:
            self._missing(key, step, at)
        return times[0] if times else None

    def _missing(self, key: Key, step: Step, at: Span) -> None:
        if self.may_be_lost(step):
            self.lost -= 1
        else:
            self.problems.append(f"{key}: missing, from {at.earliest} to {at.latest}")


def _key(course: Course, step: Step) -> Key:
    return course.rule.id, step.id, course.number, course.record


def _shown(times: Sequence[datetime]) -> str:
    return ", ".join(map(str, times))
