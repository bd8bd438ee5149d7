"""Recurring series: the part of iCalendar's RRULE (RFC 5545) that calendars write for meetings.

`FREQ=DAILY|WEEKLY|MONTHLY|YEARLY` with INTERVAL, COUNT or UNTIL, and BYDAY for weekly ones. What else a rule
says (the last Friday of a month, each third hour) is not read: a series that would be read half is not read
at all, and only its first date counts. A monthly series on the 31st leaves shorter months out, as the RFC says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

from whenthen.domain.timing import WEEKDAYS

MAX_INTERVAL = 1_000
MAX_COUNT = 10_000
_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"})
_DAYS = {name[:2].upper(): number for number, name in enumerate(WEEKDAYS)}


class Series(Struct, frozen=True):
    """A series by days.

    weekdays  of a weekly one, Monday 0; never empty there
    until     its last possible day
    count     how many days it has, those in `left_out` among them
    left_out  days that were taken out of it
    """

    frequency: str
    start: date
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    until: date | None = None
    count: int | None = None
    left_out: frozenset[date] = frozenset()

    def takes(self, day: date) -> bool:
        """Whether the series has this day."""
        if day < self.start or day in self.left_out or (self.until is not None and day > self.until):
            return False
        return self._in_step(day) and (self.count is None or self._before(day) < self.count)

    @property
    def buckets(self) -> tuple[str, ...]:
        """Where the index keeps the series: each of its days looks into one of them."""
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
                return day.weekday() in self.weekdays and _weeks(self.start, day) % self.interval == 0
            case "MONTHLY":
                return day.day == self.start.day and _months(self.start, day) % self.interval == 0
            case _:
                same = (day.month, day.day) == (self.start.month, self.start.day)
                return same and (day.year - self.start.year) % self.interval == 0

    def _before(self, day: date) -> int:
        """How many days of the series are earlier than `day`, which is in step."""
        match self.frequency:
            case "DAILY":
                return (day - self.start).days // self.interval
            case "WEEKLY":
                weeks = _weeks(self.start, day) // self.interval
                never = sum(number < self.start.weekday() for number in self.weekdays)
                return weeks * len(self.weekdays) + sum(number < day.weekday() for number in self.weekdays) - never
            case "MONTHLY":
                passed = range(0, _months(self.start, day), self.interval)
                return sum(_has(self.start.year, self.start.month + months, self.start.day) for months in passed)
            case _:
                passed = range(self.start.year, day.year, self.interval)
                return sum(_has(year, self.start.month, self.start.day) for year in passed)


def buckets_of(day: date) -> tuple[str, ...]:
    """The buckets in which the series stand that may have this day."""
    return (
        "daily",
        f"every-{WEEKDAYS[day.weekday()]}",
        f"monthly-{day.day:02}",
        f"yearly-{day.month:02}-{day.day:02}",
    )


def read_series(written: str | None, start: date, left_out: Iterable[str]) -> Series | None:
    """The series of an RRULE that begins on `start`; None for one that cannot be read whole."""
    parts = dict(_parts(written or ""))
    frequency = parts.get("FREQ", "")
    if frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or not parts.keys() <= _KNOWN:
        return None
    if ("BYDAY" in parts and frequency != "WEEKLY") or parts.get("WKST", "MO") != "MO":
        return None
    try:
        return Series(
            frequency,
            start,
            interval=_number(parts.get("INTERVAL", "1"), MAX_INTERVAL),
            weekdays=_weekdays(parts.get("BYDAY"), start) if frequency == "WEEKLY" else frozenset(),
            until=_day(parts["UNTIL"]) if "UNTIL" in parts else None,
            count=_number(parts["COUNT"], MAX_COUNT) if "COUNT" in parts else None,
            left_out=frozenset(_day(day) for day in left_out),
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


def _day(text: str) -> date:
    """The day of a date or moment, written with or without hyphens."""
    return date.fromisoformat(text[:10] if "-" in text else text[:8])


def _weeks(start: date, day: date) -> int:
    """Weeks from that of `start` to that of `day`; weeks begin on Monday."""
    monday = start - timedelta(days=start.weekday())
    return (day - monday).days // 7


def _months(start: date, day: date) -> int:
    return (day.year - start.year) * 12 + day.month - start.month


def _has(year: int, month: int, day: int) -> bool:
    """Whether the calendar has this day; months may go past twelve."""
    try:
        date(year + (month - 1) // 12, (month - 1) % 12 + 1, day)
    except ValueError:
        return False
    return True
