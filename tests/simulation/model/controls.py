"""People stop a run of a story, hold it back and let it go on: the model of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulation.model.course import Course
from tests.simulation.model.facts import Facts
from tests.simulation.model.spans import NEVER, Answer, Span
from tests.simulation.model.waits import next_allowed
from tests.simulation.story import Bulk, Deletes, Removes, Revises, Sending, Switches, Wait

KNOWN_BY_ALL = timedelta(seconds=5)
"""How long a worker remembers how the switch of all sending stood."""

RELEASED = timedelta(minutes=2)
"""How long it takes to let go what was held back by it: at a rate, and not before all workers know."""


@dataclass(frozen=True)
class Hold:
    """A time in which nothing begins. `sure`: whether it concerns the run; None for perhaps."""

    begins: Span
    ends: Span
    sure: Answer = True

    def delays(self, at: Span) -> Span:
        """Return when that is done which is ready at `at`."""
        if at.latest < self.begins.earliest or at.earliest > self.ends.latest:
            return at
        if self.sure and at.earliest > self.begins.latest and at.latest < self.ends.earliest:
            return self.ends
        return Span(at.earliest, max(at.latest, self.ends.latest))


def pauses(facts: Facts, course: Course) -> list[Hold]:
    """Return the pauses of the run, in their order."""
    found: list[Hold] = []
    begun: list[tuple[Span, Answer]] = []
    for at, does in _done_to_runs(facts, course.rule.id):
        noticed = facts.noticed(Span(at, at))
        concerned = course.starts.is_before(noticed)
        if does == "pause" and concerned is not False:
            begun.append((noticed, concerned))
        if does == "resume":
            found += [Hold(begins, noticed, sure) for begins, sure in begun]
            begun = []
    return found


def stops(facts: Facts, course: Course) -> Iterator[Span]:
    """Return when people stop the run, or delete its lead."""
    for at, does in _done_to_runs(facts, course.rule.id):
        noticed = facts.noticed(Span(at, at))
        concerned = course.starts.is_before(noticed)
        if does == "stop" and concerned is not False:
            yield Span(noticed.earliest, noticed.latest if concerned else NEVER)
    for at, action in facts.actions():
        if isinstance(action, Deletes) and action.record == course.record:
            yield Span(at, at if course.starts.latest < at else NEVER)


def revision(facts: Facts, course: Course) -> Span | None:
    """Return from when on the run has the step that a new version adds. None: it is a run of an older one."""
    for at, action in facts.actions():
        if isinstance(action, Revises) and action.rule == course.rule.id:
            if course.starts.latest < at:
                return facts.noticed(Span(at, at)) if action.runs == "move" else None
            # A run that begins as the version is saved is of either.
            return course.starts if course.starts.earliest > at else Span(at, NEVER)
    return None


def is_on(facts: Facts, rule: str, at: Span) -> Answer:
    """Tell whether the rule is on; perhaps, if it is switched at that very moment."""
    modes = [(datetime.min.replace(tzinfo=at.earliest.tzinfo), "on")]
    for moment, action in facts.actions():
        if isinstance(action, Switches) and action.rule == rule:
            modes.append((moment, action.mode))
        if isinstance(action, Revises) and action.rule == rule:
            modes.append((moment, "on"))
        if isinstance(action, Removes) and action.rule == rule:
            modes.append((moment, "off"))
    ends = [moment for moment, _ in modes[1:]]
    found = {
        mode == "on"
        for (since, mode), until in zip(modes, [*ends, None], strict=True)
        if since <= at.latest and (until is None or until >= at.earliest)
    }
    return found.pop() if len(found) == 1 else None


def stops_of_sending(facts: Facts) -> list[Hold]:
    """Return the times in which nothing is sent."""
    found: list[Hold] = []
    since: datetime | None = None
    for at, action in facts.actions():
        if isinstance(action, Sending) and action.paused and since is None:
            since = at
        if isinstance(action, Sending) and not action.paused and since is not None:
            ends = facts.noticed(Span(at, at + RELEASED))
            found.append(Hold(Span(since, since + KNOWN_BY_ALL), ends))
            since = None
    return found


def delayed(holds: list[Hold], at: Span) -> Span:
    """Return when that is done which is ready at `at`, after all of the holds."""
    for hold in holds:
        at = hold.delays(at)
    return at


def due_after(holds: list[Hold], wait: Wait | None, due: Span) -> Span:
    """Return when steps are due whose run may be paused as their wait ends: it waits on for its hour and days."""
    at = delayed(holds, due)
    if wait is None or at == due or not (wait.at or wait.weekdays):
        return at
    if at.earliest == due.earliest:
        return Span(at.earliest, next_allowed(wait, at.latest))
    return Span(next_allowed(wait, at.earliest), next_allowed(wait, at.latest))


def _done_to_runs(facts: Facts, rule: str) -> Iterator[tuple[datetime, str]]:
    """Return what is done to the runs of a rule, and when."""
    for at, action in facts.actions():
        match action:
            case Bulk(rule=concerned, change=does) if concerned == rule:
                yield at, does
            case Switches(rule=concerned, runs=does) | Revises(rule=concerned, runs=does) if concerned == rule:
                yield at, does
            case Removes(rule=concerned, runs=does) if concerned == rule:
                yield at, does
