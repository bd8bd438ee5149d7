"""When limits of sending let a message go, and whether what went kept to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tests.simulation.model.course import Course
from tests.simulation.model.effects import Effects, Key
from tests.simulation.model.facts import Facts
from tests.simulation.model.spans import NEVER, Answer, Span
from tests.simulation.model.waits import ISTANBUL
from tests.simulation.story import Cap, Limits, Step, Story

TURNS = timedelta(minutes=4)
"""How long messages that wait for one place may let others go first, of which some do not go after all."""


@dataclass(frozen=True)
class Sent:
    """A marketing message that went to a lead."""

    key: Key
    at: datetime
    channel: str
    urgent: bool


@dataclass(frozen=True)
class Post:
    """Know the limits, and what went out. `sure`: whether nothing went out of which nobody knows."""

    facts: Facts
    limits: Limits
    sent: Sequence[Sent]
    sure: bool

    def goes(self, course: Course, step: Step, at: Span) -> Span:
        """Return when a message goes that is ready at `at`."""
        if step.urgent or not step.is_message:
            return at
        opens = self._after_quiet(at)
        caps = [cap for cap in self.limits.caps if step.markets and cap.channel in ("any", step.action)]
        if not caps:
            return opens
        others = [each for each in self.sent if each.key[3] == course.record and each.key[:3] != _own(course, step)]
        latest = self._has_room(caps, others, opens.latest) if self.sure else NEVER
        return Span(
            opens.earliest,
            latest if latest == NEVER else self._after_quiet(self.facts.noticed(Span(latest, latest))).latest,
        )

    def _after_quiet(self, at: Span) -> Span:
        """Return when a message is noticed out of quiet hours: their end may be noticed in the next ones."""
        while (opens := Span(self._opens(at.earliest), self._opens(at.latest))) != at:
            at = self.facts.noticed(opens)
        return at

    def _has_room(self, caps: Sequence[Cap], others: Sequence[Sent], moment: datetime) -> datetime:
        """Return the moment at which no cap holds the message any more, whoever else takes the place that is free."""
        free = sorted(each.at + timedelta(days=cap.days) for cap in caps for each in others)
        for found in (moment, *(self._opens(each) for each in free if each >= moment)):
            if all(_counted(cap, others, found) < cap.most for cap in caps):
                return found + TURNS
        raise AssertionError

    def _opens(self, moment: datetime) -> datetime:
        """Return the moment, or the end of the quiet hours in which it is."""
        if self.limits.quiet is None:
            return moment
        begin, end = map(time.fromisoformat, self.limits.quiet)
        local = moment.astimezone(ISTANBUL)
        clock = local.time()
        is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
        if not is_quiet:
            return moment
        opens = datetime.combine(local.date(), end, ISTANBUL)
        return (opens if opens > local else opens + timedelta(days=1)).astimezone(moment.tzinfo)

    def problems(self) -> Iterator[str]:
        """Name each message that went in quiet hours, or over a cap, whatever else is known of it."""
        for each in self.sent:
            if each.urgent:
                continue
            if self._opens(each.at) != each.at:
                yield f"{each.key}: in quiet hours, at {each.at}"
            for cap in self.limits.caps:
                before = [
                    other
                    for other in self.sent
                    if other.key[3] == each.key[3] and (other.at, other.urgent, other.key) < (each.at, False, each.key)
                ]
                window = each.at - timedelta(days=cap.days)
                counted = [other for other in before if other.at > window and cap.channel in ("any", other.channel)]
                if cap.channel in ("any", each.channel) and len(counted) >= cap.most:
                    yield f"{each.key}: over the cap of {cap.most} in {cap.days} days, at {each.at}"


def post_of(facts: Facts, story: Story, effects: Effects) -> Post:
    """Return the limits of a story with all marketing messages that were seen."""
    steps: Mapping[tuple[str, str], Step] = {(rule.id, step.id): step for rule in story.rules for step in rule.steps}
    sent = [
        Sent(key, at, step.action, step.urgent)
        for key, times in effects.seen.items()
        if (step := steps.get((key[0], key[1]))) and step.markets
        for at in times
    ]
    return Post(facts, story.limits, sent, sure=not effects.lost)


def refused(facts: Facts, course: Course, step: Step, at: Span) -> Answer:
    """Tell whether the lead refuses the message."""
    return facts.holds(course.record, step.action, wanted=False, span=at) if step.markets else False


def _own(course: Course, step: Step) -> tuple[str, str, int]:
    return course.rule.id, step.id, course.number


def _counted(cap: Cap, sent: Sequence[Sent], moment: datetime) -> int:
    """Count what holds a message at the moment: what went before, and who takes the place at the same time."""
    begin, end = moment - timedelta(days=cap.days), moment + TURNS
    return len([each for each in sent if cap.channel in ("any", each.channel) and begin < each.at <= end])
