"""fire_due_dates: what time makes happen. Called every few minutes, it makes the events that came due meanwhile.

The sweeps keep one mark: up to when everything was published. It moves only after the last event of a sweep
is on the bus, so a sweep that fails, or never came, is made up for by the next. What two sweeps both find
has the same id, and happens once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.dates import DateField, due_events, lookups
from whenthen.domain.enrolments import Enrolment
from whenthen.domain.event_names import BIRTHDAY_REACHED, DATE_REACHED, SCHEDULE_REACHED
from whenthen.domain.lateness import Window
from whenthen.domain.schedules import Schedule, schedule_event

if TYPE_CHECKING:
    from whenthen.domain.date_index import DateEntry
    from whenthen.domain.rules import Rule
    from whenthen.ports.clock import Clock, Enrolments, Sweeps
    from whenthen.ports.events import Bus
    from whenthen.ports.records import DateIndex
    from whenthen.ports.rules import RuleBook

_TYPES = (BIRTHDAY_REACHED, DATE_REACHED, SCHEDULE_REACHED)


class Swept(Struct, frozen=True):
    """What a sweep did; events that an earlier one had published already are counted again."""

    rules: int = 0
    events: int = 0
    enrolments: int = 0


class FireDueDates(Struct, frozen=True):
    """One sweep over the rules that wait for the clock."""

    rules: RuleBook
    dates: DateIndex
    enrolments: Enrolments
    sweeps: Sweeps
    bus: Bus
    clock: Clock

    def __call__(self) -> Swept:
        """Publish what came due since the last sweep. Raises Temporary; then the next sweep does it."""
        now, last = self.clock.now(), self.sweeps.last()
        since = min(last or now, now)
        rules = events = enrolments = 0
        for rule in self._rules():
            window = Window(since, now, live=rule.activated_at)
            match rule.trigger.timer:
                case DateField() as field:
                    events += self._fire_dates(rule, field, window)
                case Schedule() as schedule if rule.trigger.view is None:
                    events += self._fire_schedule(rule, schedule, window)
                case Schedule() as schedule:
                    enrolments += self._enrol(rule, schedule, window)
            rules += 1
        if last is None or now > last:
            # Another sweep may have been quicker: what it covered and what this one did are both published.
            self.sweeps.move(last, now)
        return Swept(rules, events, enrolments)

    def _rules(self) -> Iterator[Rule]:
        for event_type in _TYPES:
            yield from self.rules.considered(event_type)

    def _fire_dates(self, rule: Rule, field: DateField, window: Window) -> int:
        events = due_events(rule.id, field, self._entries(field, window), window)
        if events:
            self.bus.publish(events)
        return len(events)

    def _entries(self, field: DateField, window: Window) -> Iterator[DateEntry]:
        for place in lookups(field, window):
            yield from self.dates.entries(place.partition, place.prefix)

    def _fire_schedule(self, rule: Rule, schedule: Schedule, window: Window) -> int:
        events = [schedule_event(rule.id, moment) for moment in schedule.due(window)]
        if events:
            self.bus.publish(events)
        return len(events)

    def _enrol(self, rule: Rule, schedule: Schedule, window: Window) -> int:
        begun = [Enrolment(rule.id, rule.version, moment) for moment in schedule.due(window)]
        for enrolment in begun:
            self.enrolments.start(enrolment)
        return len(begun)
