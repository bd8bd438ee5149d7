"""Find when a rule is due for a record's date field, and where in the index to look.

A sweep asks the date index for the days that it covers, so its cost follows the people who are due, not all people. It
may run late, twice, or not for days: the window since the last one decides what it takes, and each occurrence has an id
of its own, so one that is found twice happens once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.types import BIRTHDAY_REACHED, DATE_REACHED
from whenthen.domain.records.date_index import SERIES_FIELDS, DateEntry, month_day, partition, read_date
from whenthen.domain.scheduling.sweep_window import CLOCK, Lateness, Window
from whenthen.domain.temporal.anniversaries import BIRTHDAYS, Leap, anniversary
from whenthen.domain.temporal.clocks import wall
from whenthen.domain.temporal.recurrence import Series, buckets_of, read_series
from whenthen.domain.temporal.time_zones import parse_zone

DEFAULT_HOUR = time(9)
"""Default hour of a rule without one, for a date without a time."""

_DAY = timedelta(days=1)
_LEAP_YEAR = 2024


class DateField(Struct, frozen=True):
    """Describe a rule's date trigger.

    days      after the date; negative: before it
    at        the hour; None: that of the record's own moment, else nine o'clock
    zone      whose clocks are meant
    own_zone  the record's `time_zone` goes before `zone`, where it has one
    """

    kind: str
    field: str
    yearly: bool
    zone: tzinfo
    days: int = 0
    at: time | None = None
    own_zone: bool = False
    leap: Leap = Leap.FEB28
    late: Lateness = Lateness()

    @property
    def event_type(self) -> str:
        """Return the type of the event that is made when the trigger is due."""
        birthday = self.yearly and not self.days and self.field in BIRTHDAYS
        return BIRTHDAY_REACHED if birthday else DATE_REACHED


class Lookup(Struct, frozen=True, order=True):
    """Name the index entries to read: those of a partition whose sort keys begin with `prefix`."""

    partition: str
    prefix: str


class Occurrence(Struct, frozen=True):
    """Hold when a trigger is due for a record: `day` is the occasion, `due` the moment.

    years  since the record's date; None if it has no year, or the trigger is not yearly
    """

    ref: str
    day: date
    due: datetime
    years: int | None = None


def lookups(spec: DateField, window: Window) -> list[Lookup]:
    """Return where to look for the records that a sweep over the window may have to take, each place once."""
    find = _yearly_lookups if spec.yearly else _single_lookups
    return sorted({lookup for day in _days_of(spec, window) for lookup in find(spec, day)})


def due_events(rule: str, spec: DateField, entries: Iterable[DateEntry], window: Window) -> list[Event]:
    """Make the events of a sweep over the window from the entries that `lookups` found, in order of their moments."""
    events = {
        event.id: event  # a series stands under each of its weekdays: it may have been found more than once
        for entry in entries
        for occurrence in occurrences(spec, entry, _days_of(spec, window))
        if window.takes(occurrence.due, spec.late, entry.noted)
        for event in (date_event(rule, spec, occurrence),)
    }
    return sorted(events.values(), key=lambda event: (event.time, event.id))


def missed(rule: str, spec: DateField, entries: Iterable[DateEntry], window: Window) -> int:
    """Count the occasions that came due since the last sweep and are skipped, being too late for the rule."""
    return len(
        {
            date_event(rule, spec, occurrence).id
            for entry in entries
            for occurrence in occurrences(spec, entry, _days_of(spec, window))
            if window.missed(occurrence.due, spec.late)
        }
    )


def occurrences(spec: DateField, entry: DateEntry, days: Iterable[date]) -> Iterator[Occurrence]:
    """Yield an entry's occurrences whose occasion is one of these days."""
    read = read_date(entry.value)
    if read is None:
        return
    zone = (parse_zone(entry.zone) if spec.own_zone and entry.zone else None) or spec.zone
    moment = read.moment.astimezone(zone) if read.moment and read.moment.tzinfo else read.moment
    start = moment.date() if moment else read.day
    hour = moment.time() if moment else None
    at = spec.at or hour or DEFAULT_HOUR
    series = read_series(entry.repeats, start, entry.left_out, hour, zone) if entry.repeats else None
    for day in days:
        if _falls_on(day, start, spec, series, yearless=read.yearless):
            years = day.year - start.year if spec.yearly and not read.yearless else None
            yield Occurrence(entry.ref, day, wall(day + timedelta(days=spec.days), at, zone), years)


def date_event(rule: str, spec: DateField, occurrence: Occurrence) -> Event:
    """Make the event of an occurrence: one for each rule, record and year (or date), however often it is found."""
    once = str(occurrence.day.year) if spec.yearly else occurrence.day.isoformat()
    years = {} if occurrence.years is None else {"years": occurrence.years}
    return Event(
        id=_id_of(rule, occurrence.ref, once),
        source=CLOCK,
        type=spec.event_type,
        time=occurrence.due,
        subject=occurrence.ref,
        data={
            "rule": rule,
            "field": spec.field,
            "date": occurrence.day.isoformat(),
            "due": format_time(occurrence.due),
            **years,
        },
        origin=f"source:{CLOCK}",
    )


def id_for_other(event: Event, ref: str) -> str | None:
    """Return the id of the event of the same occasion for another record; None if the event is none of this module."""
    rule, day = str(event.data.get("rule")), str(event.data.get("date"))
    for once in (day[: len("2026")], day):
        if event.subject is not None and event.id == _id_of(rule, event.subject, once):
            return _id_of(rule, ref, once)
    return None


def _id_of(rule: str, ref: str, once: str) -> str:
    return ids.event_id(CLOCK, f"date#{rule}#{ref}#{once}")


def _falls_on(day: date, start: date, spec: DateField, series: Series | None, *, yearless: bool) -> bool:
    if spec.yearly:
        later = yearless or day.year > start.year
        return later and anniversary(start.month, start.day, day.year, spec.leap) == day
    return not yearless and (series.takes(day) if series else day == start)


def _days_of(spec: DateField, window: Window) -> list[date]:
    """Return the occasions that a sweep over the window has to look at, wherever on earth the record's clocks are."""
    first, last = (moment.astimezone(spec.zone).date() for moment in (window.first, window.now))
    if spec.own_zone:
        first = min(first, (window.first - timedelta(hours=12)).astimezone(UTC).date())
        last = max(last, (window.now + timedelta(hours=14)).astimezone(UTC).date())
    return [first + timedelta(days=ahead - spec.days) for ahead in range((last - first).days + 1)]


def _yearly_lookups(spec: DateField, day: date) -> Iterator[Lookup]:
    own = {month_day(day)} | ({"02-29"} if anniversary(2, 29, day.year, spec.leap) == day else set())
    for place in own:
        yield Lookup(partition(spec.kind, spec.field, place), "date#")
    # A moment stands under its UTC date, which is a day off from that of other zones, in the year in which it was.
    for place in {near for each in own for near in _beside(each)}:
        yield Lookup(partition(spec.kind, spec.field, place), "moment#")


def _beside(place: str) -> set[str]:
    """Return the places of a day and of those before and after it, in common years and in leap years."""
    month, day = map(int, place.split("-"))
    years = [year for year in (_LEAP_YEAR, _LEAP_YEAR + 1) if place != "02-29" or year == _LEAP_YEAR]
    return {month_day(near) for year in years for near in _around(date(year, month, day))}


def _single_lookups(spec: DateField, day: date) -> Iterator[Lookup]:
    yield Lookup(partition(spec.kind, spec.field, month_day(day)), f"date#{day.year:04}#")
    for near in _around(day):
        yield Lookup(partition(spec.kind, spec.field, month_day(near)), f"moment#{near.year:04}#")
    for place in buckets_of(day) if spec.field in SERIES_FIELDS else ():
        yield Lookup(partition(spec.kind, spec.field, place), "series#")


def _around(day: date) -> tuple[date, date, date]:
    return day - _DAY, day, day + _DAY
