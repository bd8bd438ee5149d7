"""Read recurring series: the part of iCalendar's RRULE (RFC 5545) that calendars write for meetings.

`FREQ=DAILY|WEEKLY|MONTHLY|YEARLY` with INTERVAL, COUNT, UNTIL and WKST, and BYDAY for weekly ones. A rule with any
other part (the last Friday of a month, each third hour) is not read at all, rather than read half: then only its first
date counts. A monthly series on the 31st skips shorter months, as the RFC says.

A series is one of days. Calendars write the end and the exceptions of one that has an hour as moments, mostly in UTC:
these are of the day that the clocks of the series show. One of whole days has no clocks: there the written day counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from whenthen.domain.temporal.clocks import WEEKDAYS, shown

MAX_INTERVAL = 1_000
MAX_COUNT = 10_000
_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"})
_DAYS = {name[:2].upper(): number for number, name in enumerate(WEEKDAYS)}


class Series(Struct, frozen=True):
    """Describe a series by days.

    weekdays    of a weekly one, Monday 0; never empty there
    week_start  on which day weeks begin, Monday 0: it matters to every second, third, … week
    until       its last possible day
    count       how many days it has, those in `left_out` among them
    left_out    days that were taken out of it
    """

    frequency: str
    start: date
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    week_start: int = 0
    until: date | None = None
    count: int | None = None
    left_out: frozenset[date] = frozenset()

    def takes(self, day: date) -> bool:
        """Tell whether the series has this day."""
        if day < self.start or day in self.left_out or (self.until is not None and day > self.until):
            return False
        return self._in_step(day) and (self.count is None or self._before(day) < self.count)

    @property
    def buckets(self) -> tuple[str, ...]:
        """Return the buckets of the index that hold the series. Each of its days looks into one of them."""
        match self.frequency:
            case "DAILY":
                return ("daily",)
            case "WEEKLY":
                return tuple(f"every-{WEEKDAYS[number]}" for number in sorted(self.weekdays))
            case "MONTHLY":
                return (f"monthly-{self.start.day:02}",)
            case _:
                return (f"yearly-{self.start.month:02}-{self.start.day:02}",)

    def _in_step(self, day: date) -> bool:
        match self.frequency:
            case "DAILY":
                return (day - self.start).days % self.interval == 0
            case "WEEKLY":
                return day.weekday() in self.weekdays and self._weeks(day) % self.interval == 0
            case "MONTHLY":
                return day.day == self.start.day and _months(self.start, day) % self.interval == 0
            case _:
                same = (day.month, day.day) == (self.start.month, self.start.day)
                return same and (day.year - self.start.year) % self.interval == 0

    def _before(self, day: date) -> int:
        """Count the days of the series before `day`, which is in step."""
        match self.frequency:
            case "DAILY":
                return (day - self.start).days // self.interval
            case "WEEKLY":
                weeks = self._weeks(day) // self.interval
                return weeks * len(self.weekdays) + self._earlier(day) - self._earlier(self.start)
            case "MONTHLY":
                passed = range(0, _months(self.start, day), self.interval)
                return sum(_has(self.start.year, self.start.month + months, self.start.day) for months in passed)
            case _:
                passed = range(self.start.year, day.year, self.interval)
                return sum(_has(year, self.start.month, self.start.day) for year in passed)

    def _weeks(self, day: date) -> int:
        """Count the weeks from that of the start to that of `day`."""
        return ((day - self.start).days + self._place(self.start.weekday())) // 7

    def _place(self, weekday: int) -> int:
        """Return the position of a weekday in its week, the first one 0."""
        return (weekday - self.week_start) % 7

    def _earlier(self, day: date) -> int:
        """Count the weekdays of the series that are earlier in the week than `day`."""
        return sum(self._place(weekday) < self._place(day.weekday()) for weekday in self.weekdays)


def buckets_of(day: date) -> tuple[str, ...]:
    """Return the buckets of the series that may have this day."""
    return (
        "daily",
        f"every-{WEEKDAYS[day.weekday()]}",
        f"monthly-{day.day:02}",
        f"yearly-{day.month:02}-{day.day:02}",
    )


def read_series(
    written: str | None, start: date, left_out: Iterable[str], hour: time | None = None, zone: tzinfo = UTC
) -> Series | None:
    """Read the series of an RRULE that begins on `start`. None if it cannot be read whole.

    left_out  dates, or moments on the days that are meant
    hour      at which it comes on its days, by the clocks of `zone`; None: it is one of whole days
    """
    parts = dict(_parts(written or ""))
    frequency = parts.get("FREQ", "")
    if frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or not parts.keys() <= _KNOWN:
        return None
    if "BYDAY" in parts and frequency != "WEEKLY":
        return None
    clocks = None if hour is None else zone
    try:
        return Series(
            frequency,
            start,
            interval=_number(parts.get("INTERVAL", "1"), MAX_INTERVAL),
            weekdays=_weekdays(parts.get("BYDAY"), start) if frequency == "WEEKLY" else frozenset(),
            week_start=_DAYS[parts.get("WKST", "MO")],
            until=_last_day(_read(parts["UNTIL"], clocks), hour) if "UNTIL" in parts else None,
            count=_number(parts["COUNT"], MAX_COUNT) if "COUNT" in parts else None,
            left_out=frozenset(_day(_read(text, clocks)) for text in left_out),
        )
    except (ValueError, KeyError):
        return None


def _parts(written: str) -> list[tuple[str, str]]:
    text = written.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=") for part in text.split(";") if part]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _number(text: str, most: int) -> int:
    number = int(text)
    if not 1 <= number <= most:
        raise ValueError(text)
    return number


def _weekdays(text: str | None, start: date) -> frozenset[int]:
    return frozenset(_DAYS[name] for name in text.split(",")) if text else frozenset({start.weekday()})


def _read(text: str, clocks: tzinfo | None) -> date | datetime:
    """Read a date or a moment by the clocks, written with or without hyphens. Raises ValueError."""
    if len(text) <= len("2026-03-14"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text.upper())
    return shown(moment, clocks) if clocks and moment.tzinfo else moment


def _day(point: date | datetime) -> date:
    return point.date() if isinstance(point, datetime) else point


def _last_day(end: date | datetime, hour: time | None) -> date:
    """Return the last day whose moment at this hour is not after `end`. Without an hour, return the day of `end`."""
    day = _day(end)
    late = hour is not None and isinstance(end, datetime) and end.time() < hour.replace(microsecond=0)
    return day - timedelta(days=1) if late and day > date.min else day


def _months(start: date, day: date) -> int:
    return (day.year - start.year) * 12 + day.month - start.month


def _has(year: int, month: int, day: int) -> bool:
    """Tell whether the calendar has this day. Months may go past twelve."""
    try:
        date(year + (month - 1) // 12, (month - 1) % 12 + 1, day)
    except ValueError:
        return False
    return True
