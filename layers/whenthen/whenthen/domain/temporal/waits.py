"""Calculate when a step is due, from its wait, the moment it counts from, the record and the time zone.

Days are calendar days of the zone (the wall clock stays, across daylight-saving changes too); hours and minutes are
elapsed time. `at` after nothing but days is that hour of that very day: two days after a Monday afternoon, at 10:00, is
Wednesday at 10:00. In every other case it is the next time that the clock shows it (`clocks`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.clocks import FIRST, LAST, WEEKDAYS, in_utc, read_hour, wall

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader
    from whenthen.domain.temporal.business_time import BusinessCalendar

MAX_WAIT_DAYS = 360
"""Bound the length of one wait. A run may have any number of them."""
MAX_DAYS_AHEAD = 3_660
"""Bound the date that a wait counts to, such as the end of a contract: more is taken for a mistake in the record."""
MAX_WAIT_SECONDS = 86_400
MAX_BUSINESS_DAYS = 260
MAX_BUSINESS_HOURS = 2_000

UNKNOWN_DAY = ReasonCode("days.unknown", "options")
WAIT_TOO_LONG = ReasonCode("wait.too_long", "count")


class Until(Struct, frozen=True):
    """Name a date field of the record, and the time after it (negative: before it)."""

    field: str
    days: int = 0
    hours: int = 0
    minutes: int = 0
    business_days: int = 0


_NOW = Until("")


class Wait(Struct, frozen=True):
    """Describe how long a step waits, counted from the previous step or from the run's entry.

    Units are added in this order: those of `until`, days, hours to seconds, business days, business hours.
    """

    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: int = 0
    since: str = "previous"
    at: time | None = None
    weekdays: tuple[str, ...] = ()
    until: Until | None = None
    business_days: int = 0
    business_hours: int = 0

    @property
    def immediate(self) -> bool:
        """Tell whether there is nothing to wait for."""
        return not (self.length or self.at or self.weekdays or self.until)

    @property
    def length(self) -> timedelta:
        """Return the sum of all units: the least time that passes."""
        days, hours = self.days + self.business_days, self.hours + self.business_hours
        return timedelta(days=days, hours=hours, minutes=self.minutes, seconds=self.seconds)

    @property
    def on_a_day(self) -> bool:
        """Tell whether the wait names a day and an hour of it, rather than a length of time."""
        until = self.until
        by_days = self.days or self.business_days or until is not None
        by_time = self.hours or self.minutes or self.seconds or self.business_hours
        return self.at is not None and bool(by_days) and not (by_time or (until and (until.hours or until.minutes)))

    @property
    def by_business(self) -> bool:
        """Tell whether the wait counts by working hours and holidays."""
        return bool(self.business_days or self.business_hours or (self.until and self.until.business_days))


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
        business_days=reader.integer("business_days", most=MAX_BUSINESS_DAYS),
        business_hours=reader.integer("business_hours", most=MAX_BUSINESS_HOURS),
    )
    if wait.length > timedelta(days=MAX_WAIT_DAYS):
        reader.report("", WAIT_TOO_LONG(count=MAX_WAIT_DAYS))
    reader.finish()
    return wait


def read_until(reader: Reader) -> Until:
    """Read `until`: a date field of the record and an offset, each unit of which may be negative."""
    written = reader.text("field", required=True)

    def signed(unit: str, most: int) -> int:
        return reader.integer(unit, least=-most, most=most)

    until = Until(
        field=written.removeprefix("record."),
        days=signed("days", MAX_WAIT_DAYS),
        hours=signed("hours", 24 * MAX_WAIT_DAYS),
        minutes=signed("minutes", 60 * 24 * MAX_WAIT_DAYS),
        business_days=signed("business_days", MAX_BUSINESS_DAYS),
    )
    if written and not until.field:
        reader.report("field", EMPTY())
    reader.finish()
    return until


def due_at(
    wait: Wait,
    *,
    entered: datetime,
    previous: datetime,
    record: Mapping[str, Any],
    zone: tzinfo,
    business: BusinessCalendar | None = None,
) -> datetime:
    """Return the moment at which a step with this `wait` is due, in UTC; never before `previous`.

    entered   when the run's event happened
    previous  when the step before was done (or `entered`, for the first)
    business  needed by waits that count business time
    """
    start = entered if wait.since == "entry" else previous
    if wait.until is not None:
        start = moment_of(record.get(wait.until.field), zone) or start
    try:
        due = _counted_from(start, wait, zone, business)
    except OverflowError:
        # Dates such as 9999-12-31 and 0001-01-01 stand for never and for long ago; the calendar ends right there.
        due = LAST if start >= previous else FIRST
    return max(due, previous.astimezone(UTC))


def _counted_from(start: datetime, wait: Wait, zone: tzinfo, business: BusinessCalendar | None) -> datetime:
    until = wait.until or _NOW
    moment = _plus_days(start, until.days, zone) + timedelta(hours=until.hours, minutes=until.minutes)
    if business is not None and until.business_days:
        moment = business.plus_days(moment, until.business_days, zone)
    moment = _plus_days(moment, wait.days, zone)
    moment += timedelta(hours=wait.hours, minutes=wait.minutes, seconds=wait.seconds)
    if business is not None and wait.business_days:
        moment = business.plus_days(moment, wait.business_days, zone)
    if business is not None and wait.business_hours:
        moment = business.plus_time(moment, timedelta(hours=wait.business_hours), zone)
    if wait.on_a_day:
        moment = wall(moment.astimezone(zone).date(), time(), zone)
    return _at_hour(moment, wait, zone, business)


def moment_of(value: Any, zone: tzinfo) -> datetime | None:
    """Return a record's date or time as a moment. A bare date is midnight in `zone`. None for other values."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return in_utc(moment, zone)


def _plus_days(moment: datetime, days: int, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    if not days:
        return moment.astimezone(UTC)
    return wall(local.date() + timedelta(days=days), local.time(), zone)


def _at_hour(moment: datetime, wait: Wait, zone: tzinfo, business: BusinessCalendar | None = None) -> datetime:
    """Return the first moment from `moment` on that has the wanted hour, on a wanted day.

    A wait that counts business time ends on a working day, unless there is none for ten years.
    """
    worked = business if wait.by_business and (wait.at or wait.weekdays) else None
    day = moment.astimezone(zone).date()
    first, hour = day, moment.astimezone(zone).time()
    candidate = moment if wait.at is None else wall(day, wait.at, zone)
    # The weekday is that of the moment found: a zone may skip a whole day, as Samoa did in 2011.
    while candidate < moment or not _is_wanted(candidate.astimezone(zone).date(), wait.weekdays, worked, zone):
        day += timedelta(days=1)
        if (day - first).days > MAX_DAYS_AHEAD:
            return LAST
        at_work = worked.at_work if worked is not None and wait.at is None else wall
        candidate = at_work(day, wait.at or hour, zone)
    return candidate


def _is_wanted(day: date, weekdays: Collection[str], worked: BusinessCalendar | None, zone: tzinfo) -> bool:
    is_wanted_weekday = not weekdays or WEEKDAYS[day.weekday()] in weekdays
    return is_wanted_weekday and (worked is None or worked.is_worked(day, zone))
