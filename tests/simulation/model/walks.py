"""Walk through a run of a story step by step, and say of each effect whether it must be, may be, or must not be.

The times of effects that the outside saw are the clock of the run: the next wait counts from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tests.simulation.model.awaiting import came
from tests.simulation.model.controls import Hold, delayed, due_after, pauses, revision, stops_of_sending
from tests.simulation.model.course import Course
from tests.simulation.model.effects import Effects
from tests.simulation.model.ends import ends, is_under_way
from tests.simulation.model.facts import Facts
from tests.simulation.model.limits import Post, refused
from tests.simulation.model.spans import NEVER, Answer, Span, both, negated
from tests.simulation.model.waits import over
from tests.simulation.story import ADDED, Rule, Step


@dataclass(frozen=True)
class Place:
    """Where a run is.

    group  the number of the steps that come next
    clock  the run's clock, from which the next wait counts
    now    when the machinery can go on at the earliest: it may notice late what happened on the clock
    sure   whether the run came here
    """

    group: int
    clock: Span
    now: Span
    sure: Answer


@dataclass(frozen=True)
class Walk:
    """Walk through one run."""

    facts: Facts
    effects: Effects
    post: Post
    course: Course

    def go(self, starts: Answer) -> tuple[Answer, Span]:
        """Compare the run with what was seen. Returns whether it began, and when it was over."""
        groups, begins, revised = step_groups(self.course.rule), self.course.starts, self._revised
        last = len(groups)
        groups += [[ADDED]] if revised else []
        has_record, entered = self.facts.exists(self.course.record, begins), starts
        place = Place(0, begins, begins, both(entered, negated(self._reached(begins))))
        if has_record is not True and starts is not False:
            # Whoever has no record when the run begins has no address.
            self._lose_track(groups, place)
            return None, Span(begins.earliest, NEVER)
        known = NEVER if place.sure else begins.earliest
        while place.group < len(groups) and place.sure is not False:
            if place.group == last and revised:
                place = replace(place, sure=both(place.sure, _comes_before(revised, place.now)))
            before, place = place, self._next(groups, place)
            if place.sure is not True:
                known = min(known, before.now.earliest)  # it may have ended there
        end = ends(self.facts, self.course)
        over = Span(min(end.earliest, known, place.now.earliest), min(end.latest, place.now.latest))
        seen = any(self.effects.is_seen(self.course, step) for group in groups for step in group)
        return seen or entered, over if place.group < NOWHERE else Span(over.earliest, NEVER)

    def _next(self, groups: Sequence[Sequence[Step]], place: Place) -> Place:
        """Return where the run is after the next steps."""
        group = groups[place.group]
        if group[0].awaits is not None:
            return self._awaited(groups, place, group[0])
        due = due_after(self._pauses, group[0].wait, over(group[0].wait, place.clock))
        return self._done(groups, replace(place, clock=due), self.facts.noticed(due.joined(place.now)))

    def _awaited(self, groups: Sequence[Sequence[Step]], place: Place, step: Step) -> Place:
        """Go on with the event for which the step waits, or when its time is over."""
        awaits = step.awaits
        assert awaits is not None
        if self._pauses:
            # A pause moves the end of the wait, and what comes meanwhile is looked at afterwards.
            self._lose_track(groups, place)
            return replace(place, group=NOWHERE)
        found = came(self.facts, self.course, awaits, place.clock, is_first=place.group == 0)
        if found is None:
            self._lose_track(groups, place)
            return replace(place, group=NOWHERE)
        target = awaits.then if found.came else awaits.otherwise
        now = self.facts.noticed(found.at.joined(place.now))
        if found.came and found.seen is not None:
            now = now.joined(found.seen)
        sure = both(place.sure, is_under_way(ends(self.facts, self.course), now))
        if target is None:
            return self._done(groups, replace(place, clock=found.at, sure=sure), now)
        sure = both(sure, negated(self._reached(now)))
        sure = both(sure, negated(self._refused(groups, _group_of(groups, target), now)))
        return Place(_group_of(groups, target), found.at, now, sure)

    def _lose_track(self, groups: Sequence[Sequence[Step]], place: Place) -> None:
        """Let each later step be done or not: nobody can know which way the run went."""
        for step in (step for group in groups[place.group :] for step in group):
            self.effects.may_be(self.course, step, place.clock.earliest)

    def _done(self, groups: Sequence[Sequence[Step]], place: Place, at: Span) -> Place:
        """Do the steps of the group, which is due at the place's clock, as the machinery comes to it at `at`."""
        group = groups[place.group]
        goes = both(place.sure, self._goes_on(at))
        if place.group:
            goes = both(goes, negated(self._refused(groups, place.group, at)))
        found = [self._step(step, place.clock, at, goes) for step in group]
        is_seen = any(self.effects.is_seen(self.course, step) for step in group)
        clock = place.clock
        for each in found:
            clock = clock.joined(each)
        return self._after(groups, Place(place.group, clock, clock.joined(at), True if is_seen else goes), at)

    def _step(self, step: Step, due: Span, at: Span, goes: Answer) -> Span:
        """Do one step, and return the run's clock after it: one that is skipped for its condition moves no clock."""
        wanted, when = both(goes, self._has(step.only_if, at)), self._goes_out(step, at)
        if when != at:  # it was held, or may have been: all is asked once more
            wanted = both(wanted, both(self._goes_on(when), self._has(step.only_if, when)))
        asked = delayed(self._stopped(step), delayed(self._pauses, at))
        declined = refused(self.facts, self.course, step, asked)  # before limits hold it, and again afterwards
        goes_out = both(wanted, both(negated(declined), negated(refused(self.facts, self.course, step, when))))
        seen = self.effects.check(self.course, step, when, goes_out)
        if seen is not None:
            return delayed(self._pauses, self.facts.noticed(Span(seen, seen)))
        skipped = self._has(step.only_if, at)
        if skipped is False:
            return due
        if declined and skipped:
            return asked
        return when if skipped and declined is False else Span(due.earliest, when.latest)

    def _goes_out(self, step: Step, at: Span) -> Span:
        """Return when the step's effect takes place: its run may be paused, limits may hold it, and the switch."""
        stopped = self._stopped(step)
        when = self.post.goes(self.course, step, delayed(stopped, delayed(self._pauses, at)))
        for _ in range(HOLDS):
            later = delayed(stopped, delayed(self._pauses, when))
            if later == when:
                return when
            # Whoever was held meanwhile is held by limits once more. How long a cap holds it then is not said.
            when = self.post.goes(self.course, step, later)
            when = when if when == later or not self.post.limits.caps else Span(later.earliest, NEVER)
        return Span(when.earliest, NEVER)

    def _stopped(self, step: Step) -> list[Hold]:
        """Return the times in which the step's effect is withheld with all sending."""
        return [] if step.action in UNSTOPPED else stops_of_sending(self.facts)

    @cached_property
    def _pauses(self) -> list[Hold]:
        return pauses(self.facts, self.course)

    @cached_property
    def _revised(self) -> Span | None:
        return revision(self.facts, self.course)

    @property
    def _is_new(self) -> bool:
        """Tell whether the run began with the new version."""
        return self._revised == self.course.starts

    def _goes_on(self, at: Span) -> Answer:
        """Tell whether nothing ended the run before it comes to a step, and nothing does so there."""
        leaves = self._has(self.course.rule.when, at) if self.course.rule.when else False
        stays = both(negated(leaves), negated(self._reached(at)))
        return both(is_under_way(ends(self.facts, self.course), at), stays)

    def _after(self, groups: Sequence[Sequence[Step]], place: Place, at: Span) -> Place:
        """Return where the run goes from its steps, which it came to at `at`: on, to a branch, or to its end."""
        group, sure = groups[place.group], place.sure
        target: str | None = None
        for step in group:
            is_true = self._has(step.only_if, at)
            if step.action == "fail" and is_true is not False and step.on_error == "stop":
                sure = both(sure, negated(is_true))
            branch = self._branch(step, is_true, at, sure)
            if target is None and branch is not None:
                target = branch
        if target == _UNCLEAR:
            self._lose_track(groups, replace(place, group=place.group + 1))
            return replace(place, group=NOWHERE)
        following = place.group + 1 if target is None else _group_of(groups, target)
        leaves = both(negated(self._reached(place.clock)), negated(self._refused(groups, following, place.clock)))
        return replace(place, group=following, sure=both(sure, leaves))

    def _branch(self, step: Step, is_true: Answer, at: Span, sure: Answer) -> str | None:
        """Return the step that this one leads to; None if that is the next one."""
        ways = {True: None, False: step.otherwise}
        if step.action == "fail":
            ways[True] = step.on_error if step.on_error not in ("stop", "continue") else None
        elif is_true is None and self.effects.is_seen(self.course, step):
            is_true = True
        elif is_true is None and sure and not self.effects.may_be_lost(step):
            is_true = False
        if is_true is not None:
            return ways[is_true]
        return None if ways[True] == ways[False] else _UNCLEAR

    def _refused(self, groups: Sequence[Sequence[Step]], place: int, at: Span) -> Answer:
        """Tell whether the run has nothing left to do but messages that its lead refuses."""
        if place >= len(groups) or groups[place] == [ADDED]:
            return False
        # With the step that a new version adds, there is more to do than to write.
        answer = _all(refused(self.facts, self.course, step, at) for group in groups[place:] for step in group)
        older = _all(
            refused(self.facts, self.course, step, at) for group in groups[place:] for step in group if step != ADDED
        )
        return None if self._revised and older is not False and not self._is_new else answer

    def _has(self, status: str | None, at: Span) -> Answer:
        return self.facts.has_status(self.course.record, status, at)

    def _reached(self, at: Span) -> Answer:
        """Tell whether the rule's goal is reached."""
        return self._has(self.course.rule.goal, at) if self.course.rule.goal else False


_UNCLEAR = "?"
NOWHERE = 1_000
"""Number of the steps of a run of which nobody can know where it is."""

HOLDS = 4
"""How many holds one after the other are followed."""

UNSTOPPED = ("task", "fail")
"""Actions that reach nobody outside: the switch of all sending does not stop them."""


def _comes_before(revised: Span, at: Span) -> Answer:
    return True if revised.latest <= at.earliest and revised.latest < NEVER else revised.is_before(at)


def _all(answers: Iterable[Answer]) -> Answer:
    found: Answer = True
    for answer in answers:
        found = both(found, answer)
    return found


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
