"""fire_due_dates: publish the events of dates and schedules that came due since the last sweep, every few minutes.

The sweeps share one checkpoint: the time up to which everything was published. It moves only after the last event of a
sweep is on the bus, so the next sweep makes up for one that failed or never came. An event that two sweeps both find
has the same id, and happens once.

A sweep works for a slice of time. When that is over, or something fails, its progress goes into the checkpoint, and
the next sweep resumes there: however much comes due at once, it is all published in the end.

A rule that fails by a defect holds up no other: the checkpoint remembers the time from which on it is behind, and each
sweep retries it from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.common.errors import Temporary
from whenthen.domain.enrolments.order import Asked, Order
from whenthen.domain.events.types import BIRTHDAY_REACHED, DATE_REACHED, SCHEDULE_REACHED
from whenthen.domain.scheduling.date_triggers import DateField, due_events, lookups, missed
from whenthen.domain.scheduling.schedules import Schedule, schedule_event
from whenthen.domain.scheduling.sweep_window import Checkpoint, SweepProgress, Window

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.background.enrolments import Enrolments
    from whenthen.ports.clock import Clock, Sweeps
    from whenthen.ports.events import Bus
    from whenthen.ports.records import DateIndex
    from whenthen.ports.rules import RuleBook

_TYPES = (BIRTHDAY_REACHED, DATE_REACHED, SCHEDULE_REACHED)
"""Event types in the order in which they sort: a resumed sweep compares them."""

SLICE = timedelta(seconds=200)
"""Time that one call works: its function may run for 300 s, and the last portion needs its time."""

PORTION = 100
"""Entries of the date index that are read before the progress is noted."""

_WHOLE = "~"
"""Stands in place of a position in the index, for a rule that is done: it sorts behind every partition."""


class Swept(Struct, frozen=True):
    """Count the work of a sweep; events that an earlier sweep published already are counted again.

    skipped    rule → number of its occasions that were skipped, as they would have been too late
    failed     rule → the exception that it failed with
    finished   whether everything up to its moment is published; if not, the next sweep continues
    """

    rules: int = 0
    events: int = 0
    enrolments: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, Exception] = field(default_factory=dict)
    finished: bool = True

    def and_then(self, other: Swept) -> Swept:
        """Add the counts of the sweep that followed."""
        return Swept(
            self.rules + other.rules,
            self.events + other.events,
            self.enrolments + other.enrolments,
            Counter(self.skipped) + Counter(other.skipped),
            {**self.failed, **other.failed},
            other.finished,
        )


class FireDueDates(Struct, frozen=True):
    """Sweep over the rules with dates and schedules."""

    rules: RuleBook
    dates: DateIndex
    enrolments: Enrolments
    sweeps: Sweeps
    bus: Bus
    clock: Clock

    def __call__(self) -> Swept:
        """Publish the events that came due since the last sweep. Raises Temporary; then the next sweep continues."""
        start, last = self.clock.now(), self.sweeps.last()
        swept = self._sweep(start, last)
        if last is None or last.going is None or not swept.finished:
            return swept
        # That was the rest of an earlier sweep: now follow the events that came due since.
        return swept.and_then(self._sweep(start, self.sweeps.last()))

    def _sweep(self, start: datetime, last: Checkpoint | None) -> Swept:
        going = (last.going if last else None) or SweepProgress(start)
        sweep = _Sweep(self, min(last.until if last else going.now, going.now), going, last.behind if last else {})
        try:
            finished = all(self.clock.now() - start < SLICE for _ in sweep.portions())
        except Temporary:
            if sweep.done:
                self._move(last, sweep.checkpoint(finished=False))
            raise
        self._move(last, sweep.checkpoint(finished=finished))
        return Swept(sweep.rules, sweep.events, sweep.enrolments, sweep.skipped, sweep.failed, finished)

    def _move(self, last: Checkpoint | None, checkpoint: Checkpoint) -> None:
        """Move the checkpoint, unless another sweep was quicker: the events of both are published."""
        beyond = checkpoint.going.now if checkpoint.going else checkpoint.until
        if last is None or last.going or beyond > last.until:
            self.sweeps.move(last, checkpoint)


class _Sweep:
    """Hold a sweep under way: its counts and its progress."""

    def __init__(
        self, ports: FireDueDates, since: datetime, going: SweepProgress, behind: Mapping[str, datetime]
    ) -> None:
        self._ports, self._since, self._now, self._begun, self.done = ports, since, going.now, going.done, going.done
        self._behind, self._known = dict(behind), set[str]()
        self.rules = self.events = self.enrolments = 0
        self.skipped = Counter[str]()
        self.failed: dict[str, Exception] = {}

    def checkpoint(self, *, finished: bool) -> Checkpoint:
        """Return the checkpoint of the sweeps after this one."""
        if finished:
            return Checkpoint(
                self._now, behind={rule: since for rule, since in self._behind.items() if rule in self._known}
            )
        return Checkpoint(self._since, SweepProgress(self._now, self.done), self._behind)

    def portions(self) -> Iterator[None]:
        """Do the remaining rules; yields after each portion, where the sweep may stop."""
        for event_type in _TYPES:
            for rule in sorted(self._ports.rules.considered(event_type), key=attrgetter("id")):
                own = (event_type, rule.id, str(rule.version))
                self._known.add(rule.id)
                if own[:2] < self._begun[:2]:
                    continue
                # A rule that was changed meanwhile begins anew: its dates may be others.
                begun = self._begun[3:] if self._begun[:3] == own else ()
                if begun != (_WHOLE,):
                    yield from self._portions(rule, own, begun)
                self.rules += 1
                self.done = (*own, _WHOLE)
                yield

    def _portions(self, rule: Rule, own: tuple[str, ...], begun: tuple[str, ...]) -> Iterator[None]:
        try:
            for place in self._places(rule, begun):
                self.done = (*own, *place)
                yield
        except Temporary:
            raise
        except Exception as error:  # noqa: BLE001 - no defect of one rule may stop the others
            self._behind.setdefault(rule.id, self._since)
            self.failed[rule.id] = error
        else:
            self._behind.pop(rule.id, None)

    def _places(self, rule: Rule, begun: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Do a rule, from the place after `begun` on; yields each place up to which it is done."""
        window = Window(self._behind.get(rule.id, self._since), self._now, live=rule.activated_at)
        match rule.trigger.timer:
            case DateField() as field:
                yield from self._dates(rule.id, field, window, begun)
            case Schedule() as schedule:
                if rule.trigger.view is None:
                    self._publish([schedule_event(rule.id, moment) for moment in schedule.due(window)])
                else:
                    self._enrol(rule, rule.trigger.view.kind, schedule.due(window))
                self._skip(rule.id, schedule.missed(window))

    def _enrol(self, rule: Rule, kind: str, moments: Iterable[datetime]) -> None:
        for moment in moments:
            self._ports.enrolments.start(Order(rule.id, rule.version, moment, Asked.SCHEDULE), kind)
            self.enrolments += 1

    def _dates(self, rule: str, field: DateField, window: Window, begun: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for lookup in lookups(field, window):
            place = (lookup.partition, lookup.prefix)
            if place < begun[:2]:
                continue
            found = self._ports.dates.entries(*place)
            left = (entry for entry in found if (*place, entry.sort) > begun)
            while portion := list(islice(left, PORTION)):
                self._publish(due_events(rule, field, portion, window))
                self._skip(rule, missed(rule, field, portion, window))
                yield (*place, portion[-1].sort)

    def _publish(self, events: list[Event]) -> None:
        if events:
            self._ports.bus.publish(events)
            self.events += len(events)

    def _skip(self, rule: str, count: int) -> None:
        if count:
            self.skipped[rule] += count
