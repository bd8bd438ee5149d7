"""Build the date index: the keys of a record's dates, by which a sweep finds those of a day.

Every date field of a record has an entry under its month and day (`date#contact.birth_date#03-14`); the sort
key begins with the year, so one entry serves the dates that repeat and those that come once. A moment stands
under its UTC date and is marked as one: in other zones it may be of the day before or after. A series stands
under its weekdays, its day of the month, or its day of the year besides: of each day on which it may begin, wherever
on earth the clocks are that are asked, as a month does not tell how the one before it ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.temporal.anniversaries import read_yearless
from whenthen.domain.temporal.recurrence import read_series
from whenthen.domain.temporal.time_values import read_point
from whenthen.domain.temporal.time_zones import parse_zone

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record

MAX_DATES = 12
"""Bound the date fields of one record that are indexed, by name."""

SERIES_FIELDS = frozenset({"starts_at", "start", "date"})
"""Name the fields that a record's `recurrence` is about."""

RECURRENCE_FIELDS = ("recurrence", "recurrence_exceptions")
"""Name the fields that make a series of a date: its rule, and the days taken out of it."""

MAX_LEFT_OUT = 400
"""Bound the days that may be taken out of a series. Each of its entries holds them."""

LONGEST_RULE, LONGEST_DAY = 500, 40
DATED = re.compile(r"(.+_)?(date|day|at|on|until|due|deadline|start|end|birthday|anniversary)")
_OFFSETS = (timedelta(hours=-12), timedelta(hours=14))
FIRST_YEAR, LAST_YEAR = 1000, 9000
"""Bound the years of dates: 0001-01-01 and 9999-12-31 stand for no date, and zones could leave the calendar there."""


class DateEntry(Struct, frozen=True):
    """Hold one date of one record, as the index does.

    partition  such as `date#contact.birth_date#03-14`
    value      as the record holds it
    zone       the record's own time zone
    repeats    the recurrence of a series; `left_out`: the days that were taken out of it
    noted      when it was written into the index
    """

    partition: str
    sort: str
    ref: str
    value: str
    noted: datetime
    zone: str | None = None
    repeats: str | None = None
    left_out: tuple[str, ...] = ()


class DateValue(Struct, frozen=True):
    """Hold a field's date: a day, or a moment (aware, or by the clocks of the zone that is asked)."""

    day: date
    moment: datetime | None = None
    yearless: bool = False


def is_dated(name: str) -> bool:
    """Tell whether a field of this name is indexed when it holds a date."""
    return DATED.fullmatch(name) is not None


def read_date(value: Any) -> DateValue | None:
    """Read a date, a moment, or month and day alone (`--03-14`, `03-14`). None for other values."""
    if not isinstance(value, str):
        return None
    yearless = read_yearless(value)
    if yearless is not None:
        return DateValue(yearless, yearless=True)
    point = read_point(value)
    if point is None or isinstance(point, time) or not FIRST_YEAR <= point.year <= LAST_YEAR:
        return None
    return DateValue(point.date(), point) if isinstance(point, datetime) else DateValue(point)


def date_entries(record: Record, noted: datetime) -> tuple[DateEntry, ...]:
    """Return a record's index entries. Fields that hold no date have none."""
    own_zone = record.fields.get("time_zone")
    zone = own_zone if isinstance(own_zone, str) and parse_zone(own_zone) else None
    dated = [
        (name, value, read)
        for name, value in sorted(record.fields.items())
        if is_dated(name) and (read := read_date(value)) is not None
    ]
    entries = []
    for name, value, read in dated[:MAX_DATES]:
        repeats, left_out = recurrence_of(record.fields, name)
        entries += [
            DateEntry(partition(record.kind, name, place), f"{begins}#{record.ref}", record.ref, value, noted, zone,
                      repeats, left_out)
            for place, begins in _places(read, repeats)
        ]  # fmt: skip
    return tuple(entries)


def replaced(old: Iterable[DateEntry], new: Iterable[DateEntry]) -> tuple[set[DateEntry], set[DateEntry]]:
    """Return (entries to remove, entries to write) to get from `old` to `new`. An equal entry stays, with its time.

    One that is removed and written under the same key is only written.
    """
    before, after = ({_content(entry): entry for entry in entries} for entries in (old, new))
    written = {after[content] for content in after.keys() - before.keys()}
    keys = {(entry.partition, entry.sort) for entry in written}
    gone = (before[content] for content in before.keys() - after.keys())
    return {entry for entry in gone if (entry.partition, entry.sort) not in keys}, written


def partition(kind: str, field: str, place: str) -> str:
    """Return the partition of a place, such as a month and day, of a kind's field."""
    return f"date#{kind}.{field}#{place}"


def month_day(day: date) -> str:
    """Return the place of a day."""
    return f"{day.month:02}-{day.day:02}"


def _content(entry: DateEntry) -> tuple[object, ...]:
    return entry.partition, entry.sort, entry.value, entry.zone, entry.repeats, entry.left_out


def _places(read: DateValue, repeats: str | None) -> list[tuple[str, str]]:
    """Return (place, begin of the sort key) of a date: one, and those of its series."""
    aware = read.moment is not None and read.moment.tzinfo is not None
    day = read.moment.astimezone(UTC).date() if read.moment and aware else read.day
    year = 0 if read.yearless else day.year
    single = (month_day(day), f"{'moment' if aware else 'date'}#{year:04}")
    starts = days_on_earth(read.moment) if read.moment and aware else (day,)
    series = [found for start in starts if (found := read_series(repeats, start, ())) is not None]
    return [single, *((place, "series") for place in dict.fromkeys(place for each in series for place in each.buckets))]


def days_on_earth(moment: datetime) -> tuple[date, ...]:
    """Return the days that the clocks of all zones show at an aware moment: two or three."""
    first, last = ((moment.astimezone(UTC) + offset).date() for offset in _OFFSETS)
    return tuple(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def recurrence_of(fields: Mapping[str, Any], name: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the rule of the series that the record's date begins, and the days taken out of it.

    None for the rule if there is none, or if a day that was taken out cannot be read: it must not come.
    """
    rule, left_out = map(fields.get, RECURRENCE_FIELDS)
    if name not in SERIES_FIELDS or not _is_short(rule, LONGEST_RULE):
        return None, ()
    days = left_out if isinstance(left_out, list) else [left_out] if left_out not in (None, "") else []
    if len(days) > MAX_LEFT_OUT or not all(_is_short(day, LONGEST_DAY) for day in days):
        return None, ()
    return rule, tuple(days)


def _is_short(value: Any, longest: int) -> bool:
    """Tell whether an index entry may hold the value. Longer text, or no plain text, is no rule and no day."""
    return isinstance(value, str) and value.isascii() and len(value) <= longest
