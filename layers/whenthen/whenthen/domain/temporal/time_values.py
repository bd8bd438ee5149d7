"""Compare dates, moments and clock times as conditions do, and count durations back and forth from now.

A moment and a date are both spans of time: a date is its whole day in the zone of the condition. One span is before
another when it ends first, and after it when it begins later; else they touch. Many people write 9999-12-31 for
never: a date that a zone puts beyond the calendar is the end of the calendar, and not absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.clocks import LAST, WEEKDAYS, end_of_calendar, in_utc, shown, wall

MAX_DURATION_DAYS = 3_660

NOT_A_DURATION = ReasonCode("duration.malformed")
UNKNOWN_UNIT = ReasonCode("duration.unknown_unit", "unit")
BAD_AMOUNT = ReasonCode("duration.malformed_amount", "unit")
# A duration is nothing, or longer than so many days.
BAD_LENGTH = ReasonCode("duration.out_of_bounds", "count")
UNITS = {"weeks": 10_080, "days": 1_440, "hours": 60, "minutes": 1}
"""Unit → its minutes, to check a duration against its bound."""

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
_FORMS = ((DATE, date.fromisoformat), (MOMENT, datetime.fromisoformat), (CLOCK, time.fromisoformat))
_TICK = timedelta(microseconds=1)


class Span(Struct, frozen=True, gc=False):
    """Hold a stretch of time by its first and last instant, both UTC and both part of it."""

    first: datetime
    last: datetime

    def before(self, other: Span) -> bool:
        """Tell whether all of this is earlier than all of `other`."""
        return self.last < other.first

    def after(self, other: Span) -> bool:
        """Tell whether all of this is later than all of `other`."""
        return self.first > other.last


class Duration(Struct, frozen=True, gc=False):
    """Hold a length of time. Weeks and days are calendar days of a zone, hours and minutes elapsed time."""

    weeks: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0

    def from_moment(self, moment: datetime, zone: tzinfo, sign: int) -> datetime:
        """Return the moment this much after (sign 1) or before (-1) `moment`, in UTC, within the calendar."""
        days = sign * (7 * self.weeks + self.days)
        try:
            if days:
                local = moment.astimezone(zone)
                moment = wall(local.date() + timedelta(days=days), local.time(), zone)
            return moment.astimezone(UTC) + sign * timedelta(hours=self.hours, minutes=self.minutes)
        except OverflowError:
            return end_of_calendar(moment)


def read_duration(value: object) -> Duration:
    """Read `{"days": 3, "hours": 12}`: weeks, days, hours and minutes. Raises InvalidValue."""
    if not isinstance(value, Mapping) or not value:
        raise InvalidValue(NOT_A_DURATION())
    total = 0
    for unit, amount in value.items():
        if unit not in UNITS:
            raise InvalidValue(UNKNOWN_UNIT(unit=str(unit)))
        if type(amount) is not int or amount < 0:
            raise InvalidValue(BAD_AMOUNT(unit=unit))
        total += amount * UNITS[unit]
    if not 0 < total <= MAX_DURATION_DAYS * UNITS["days"]:
        raise InvalidValue(BAD_LENGTH(count=MAX_DURATION_DAYS))
    return Duration(**value)


def read_point(value: object) -> date | datetime | time | None:
    """Read a date, a moment (naive: by the zone's wall clock) or a clock time. None for other values."""
    if isinstance(value, date | time):
        return value
    if not isinstance(value, str):
        return None
    for form, read in _FORMS:
        if form.fullmatch(value):
            try:
                return read(value.upper())
            except ValueError:
                return None
    return None


def span_of(point: date | datetime, zone: tzinfo) -> Span:
    """Return the span of a date or moment. A span beyond the calendar is the end of the calendar."""
    if isinstance(point, datetime):
        moment = in_utc(point, zone)
        return Span(moment, moment)
    first = in_utc(datetime.combine(point, time()), zone)
    if point == date.max:
        return Span(first, LAST)
    return Span(first, in_utc(datetime.combine(point + timedelta(days=1), time()), zone) - _TICK)


def now_fields(now: datetime, zone: tzinfo) -> dict[str, str | int]:
    """Return the fields of `now.*`: the moment, and the zone's calendar and clock at it."""
    local = shown(now, zone)
    return {
        "moment": local.isoformat(timespec="seconds"),
        "date": local.date().isoformat(),
        "time": local.strftime("%H:%M"),
        "weekday": WEEKDAYS[local.weekday()],
        "year": local.year,
        "month": local.month,
        "day": local.day,
        "hour": local.hour,
        "minute": local.minute,
    }


NOW_FIELDS = frozenset(now_fields(datetime(2000, 1, 1, tzinfo=UTC), UTC))
