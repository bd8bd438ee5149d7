"""Read a date of a record, and the moments at which it comes round: birthdays, anniversaries, the days of a series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from msgspec import Struct

from whenthen.domain.records.date_index import recurrence_of
from whenthen.domain.temporal.anniversaries import anniversary, comes_yearly, read_yearless
from whenthen.domain.temporal.clocks import moment_of, shown, wall
from whenthen.domain.temporal.recurrence import read_series

AROUND = timedelta(days=2_000)
"""How far from now the date may be from which something counts that is due now: more than the offsets of a wait."""

AHEAD = timedelta(days=3_660)
"""How far ahead the days of a series are looked for."""

_YEARS = range(-6, 7)
"""Years around the present one: AROUND, and one more."""

_LONGEST_DATE = len("2026-03-14")


class ComingDate(Struct, frozen=True):
    """Hold a date of a record.

    day     its day, in the zone; of one without a year, in some year
    clock   its time of day there; None for a bare date
    start   its moment; None for one without a year, which has many
    fields  those of the record
    """

    field: str
    day: date
    clock: time | None
    start: datetime | None
    fields: Mapping[str, Any]
    zone: tzinfo

    def starts(self, now: datetime) -> Iterator[datetime] | None:
        """Yield the moments around and after `now` at which the date comes round, in order; None if it does not."""
        if self.start is None or comes_yearly(self.field):
            return self.anniversaries(now)
        rule, left_out = recurrence_of(self.fields, self.field)
        series = read_series(rule, self.day, left_out, self.clock, self.zone)
        if series is None:
            return None
        first = max(self.day, now.date() - AROUND)
        days = (first + timedelta(days=ahead) for ahead in range((AHEAD + AROUND).days))
        return (self._at(day) for day in days if series.takes(day))

    def anniversaries(self, now: datetime) -> Iterator[datetime]:
        """Yield the moments of its yearly days, in the years around `now`."""
        for ahead in _YEARS:
            yield self._at(anniversary(self.day.month, self.day.day, now.year + ahead))

    def _at(self, day: date) -> datetime:
        return wall(day, self.clock or time(), self.zone)


def read_coming_date(field: str, fields: Mapping[str, Any], zone: tzinfo) -> ComingDate | None:
    """Read the record's date in this field: a date, a moment, or month and day alone. None if it has none there."""
    value = fields.get(field)
    if not isinstance(value, str):
        return None
    yearless = read_yearless(value)
    if yearless is not None:
        return ComingDate(field, yearless, None, None, fields, zone)
    start = moment_of(value, zone)
    if start is None:
        return None
    # Times are stored in milliseconds: a moment must be the same when it is calculated again.
    start = start.replace(microsecond=start.microsecond // 1_000 * 1_000)
    local = shown(start, zone)
    clock = None if len(value) <= _LONGEST_DATE else local.time()
    return ComingDate(field, local.date(), clock, start, fields, zone)
