"""Calculate when a step is due, from its wait, the moment it counts from, the record and the time zone.

Days are calendar days of the zone (the wall clock stays, across daylight-saving changes too); hours and minutes are
elapsed time. `at` after nothing but days is that hour of that very day: two days after a Monday afternoon, at 10:00, is
Wednesday at 10:00. In every other case it is the next time that the clock shows it. A wall-clock time that a spring
change skips becomes the first moment after the gap; one that an autumn change repeats means its first occurrence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_WAIT_DAYS = 360
"""Bound the length of one wait. A run may have any number of them."""
MAX_DAYS_AHEAD = 3_660
"""Bound the date that a wait counts to, such as the end of a contract: more is taken for a mistake in the record."""
MAX_WAIT_SECONDS = 86_400

BAD_HOUR = ReasonCode("clock_time.malformed")
UNKNOWN_DAY = ReasonCode("days.unknown", "options")
WAIT_TOO_LONG = ReasonCode("wait.too_long", "count")

LAST = datetime.max.replace(tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
_MIDDLE = 5_000

HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Until(Struct, frozen=True):
    """Name a date field of the record, and the days after it (negative: before it)."""

    field: str
    days: int = 0


class Wait(Struct, frozen=True):
    """Describe how long a step waits, counted from the previous step or from the run's entry."""

    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: int = 0
    since: str = "previous"
    at: time | None = None
    weekdays: tuple[str, ...] = ()
    until: Until | None = None

    @property
    def immediate(self) -> bool:
        """Tell whether there is nothing to wait for."""
        return not (self.length or self.at or self.weekdays or self.until)

    @property
    def length(self) -> timedelta:
        """Return the sum of days, hours, minutes and seconds."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes, seconds=self.seconds)

    @property
    def on_a_day(self) -> bool:
        """Tell whether the wait names a day and an hour of it, rather than a length of time."""
        by_days = self.days or self.until is not None
        return self.at is not None and bool(by_days) and not (self.hours or self.minutes or self.seconds)


def read_hour(reader: Reader, name: str) -> time | None:
    """Read a wall-clock time written as HH:MM."""
    text = reader.text(name)
    if not text:
        return None
    found = HOUR.fullmatch(text)
    if found is None:
        reader.report(name, BAD_HOUR())
        return None
    return time(int(found[1]), int(found[2]))


def read_weekdays(reader: Reader, name: str) -> tuple[str, ...]:
    """Read days of the week, mon … sun. None given means every day."""
    days = reader.texts(name, most=7)
    if any(day not in WEEKDAYS for day in days):
        reader.report(name, UNKNOWN_DAY(options=WEEKDAYS))
        return ()
    return days


def read_wait(reader: Reader) -> Wait:
    """Read the `wait` of a step."""
    until = reader.child("until")
    wait = Wait(
        days=reader.integer("days", most=MAX_WAIT_DAYS),
        hours=reader.integer("hours", most=24 * MAX_WAIT_DAYS),
        minutes=reader.integer("minutes", most=60 * 24 * MAX_WAIT_DAYS),
        seconds=reader.integer("seconds", most=MAX_WAIT_SECONDS),
        since=reader.choice("since", ("previous", "entry"), "previous"),
        at=read_hour(reader, "at"),
        weekdays=read_weekdays(reader, "weekdays"),
        until=None if until is None else read_until(until),
    )
    if wait.length > timedelta(days=MAX_WAIT_DAYS):
        reader.report("", WAIT_TOO_LONG(count=MAX_WAIT_DAYS))
    reader.finish()
    return wait


def read_until(reader: Reader) -> Until:
    """Read `until`: a date field of the record and an offset in days."""
    written = reader.text("field", required=True)
    until = Until(
        field=written.removeprefix("record."),
        days=reader.integer("days", least=-MAX_WAIT_DAYS, most=MAX_WAIT_DAYS),
    )
    if written and not until.field:
        reader.report("field", EMPTY())
    reader.finish()
    return until


def due_at(wait: Wait, *, entered: datetime, previous: datetime, record: Mapping[str, Any], zone: tzinfo) -> datetime:
    """Return the moment at which a step with this `wait` is due, in UTC; never before `previous`.

    entered   when the run's event happened
    previous  when the step before was done (or `entered`, for the first)
    """
    start = entered if wait.since == "entry" else previous
    if wait.until is not None:
        start = moment_of(record.get(wait.until.field), zone) or start
    try:
        due = _counted_from(start, wait, zone)
    except OverflowError:
        # Dates such as 9999-12-31 and 0001-01-01 stand for never and for long ago; the calendar ends right there.
        due = LAST if start > previous else FIRST
    return max(due, previous.astimezone(UTC))


def _counted_from(start: datetime, wait: Wait, zone: tzinfo) -> datetime:
    moment = _plus_days(start, wait.until.days if wait.until else 0, zone)
    moment = _plus_days(moment, wait.days, zone)
    if wait.on_a_day:
        moment = wall(moment.astimezone(zone).date(), time(), zone)
    moment += timedelta(hours=wait.hours, minutes=wait.minutes, seconds=wait.seconds)
    return _at_hour(moment, wait, zone)


def moment_of(value: Any, zone: tzinfo) -> datetime | None:
    """Return a record's date or time as a moment. A bare date is midnight in `zone`. None for other values."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return in_utc(moment, zone)


def in_utc(moment: datetime, zone: tzinfo) -> datetime:
    """Return the moment in UTC. A naive one is by the clocks of `zone`; one beyond the calendar is its end."""
    try:
        return (wall(moment.date(), moment.time(), zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError:
        return end_of_calendar(moment)


def shown(moment: datetime, zone: tzinfo) -> datetime:
    """Return the moment by the clocks of `zone`; the moment unchanged where that is beyond the calendar."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def end_of_calendar(near: date) -> datetime:
    """Return the calendar's last moment, or its first: 9999-12-31 stands for never, 0001-01-01 for long ago."""
    return LAST if near.year > _MIDDLE else FIRST


def wall(day: date, hour: time, zone: tzinfo) -> datetime:
    """Return the moment at which the clocks of `zone` show `hour` on `day`, in UTC."""
    local = datetime.combine(day, hour.replace(fold=0), tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: tzinfo) -> datetime:
    """Return the first moment after the gap that swallows `local`: where the offset changes, to the minute."""
    # fold=0 reads the skipped hour with the offset before the change, fold=1 with the one after it.
    late, early = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _plus_days(moment: datetime, days: int, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    if not days:
        return moment.astimezone(UTC)
    return wall(local.date() + timedelta(days=days), local.time(), zone)


def _at_hour(moment: datetime, wait: Wait, zone: tzinfo) -> datetime:
    """Return the first moment from `moment` on that has the wanted hour and weekday."""
    local = moment.astimezone(zone)
    candidate = moment if wait.at is None else wall(local.date(), wait.at, zone)
    allowed = wait.weekdays or WEEKDAYS
    day = local.date()
    # The weekday is that of the moment found: a zone may skip a whole day, as Samoa did in 2011.
    while candidate < moment or WEEKDAYS[candidate.astimezone(zone).weekday()] not in allowed:
        day += timedelta(days=1)
        candidate = wall(day, wait.at or local.time(), zone)
    return candidate
