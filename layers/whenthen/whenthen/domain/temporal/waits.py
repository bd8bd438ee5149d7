"""Define how long a step waits: from where it counts, until which hour and days, and what is done if that is over.

`domain.scheduling.due_times` calculates when a step is due.
"""

from __future__ import annotations

from datetime import time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.clocks import WEEKDAYS, read_hour

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

MAX_WAIT_DAYS = 360
"""Bound the length of one wait. A run may have any number of them."""
MAX_DAYS_AHEAD = 3_660
"""Bound the date that a wait counts to, such as the end of a contract: more is taken for a mistake in the record."""
MAX_WAIT_SECONDS = 86_400
MAX_BUSINESS_DAYS = 260
MAX_BUSINESS_HOURS = 2_000

UNKNOWN_DAY = ReasonCode("days.unknown", "options")
WAIT_TOO_LONG = ReasonCode("wait.too_long", "count")


class Past(StrEnum):
    """Decide about a step whose moment is over when the step is entered.

    SKIP  the step is skipped
    RUN   it is due now, or when the hour and the days of its wait allow it
    NEXT  it is due when its moment comes round again
    """

    SKIP = "skip"
    RUN = "run"
    NEXT = "next"


class Until(Struct, frozen=True):
    """Name a date field of the record, and the time after it (negative: before it)."""

    field: str
    days: int = 0
    hours: int = 0
    minutes: int = 0
    business_days: int = 0


class Wait(Struct, frozen=True):
    """Describe how long a step waits, counted from the previous step, the run's entry, or a date of the record.

    Units are added in this order: those of `until`, days, hours to seconds, business days, business hours.
    past  as written; None: see `policy`
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
    past: Past | None = None

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
    def policy(self) -> Past:
        """Return what is done about a moment that is over: one of a date of the record is skipped, others run."""
        return self.past or (Past.RUN if self.until is None else Past.SKIP)

    @property
    def on_a_day(self) -> bool:
        """Tell whether the wait names a day and an hour of it, rather than a length of time."""
        by_days = self.days or self.business_days or self.until is not None
        return self.at is not None and bool(by_days) and not self._by_the_clock

    @property
    def names_an_hour(self) -> bool:
        """Tell whether the wait says at which time of the day it ends, where it counts from a date without one."""
        return self.at is not None or self._by_the_clock

    @property
    def _by_the_clock(self) -> bool:
        until = self.until
        own = self.hours or self.minutes or self.seconds or self.business_hours
        return bool(own or (until is not None and (until.hours or until.minutes)))

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
        past=Past(past) if (past := reader.choice("past", list(Past), "")) else None,
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
