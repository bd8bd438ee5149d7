"""Calculate when a step is due, from its wait, the moment it counts from, the record and the time zone.

Days are calendar days of the zone (the wall clock stays, across daylight-saving changes too); hours and minutes are
elapsed time. `at` after nothing but days is that hour of that very day: two days after a Monday afternoon, at 10:00, is
Wednesday at 10:00. In every other case it is the next time that the clock shows it.

A moment may be over when the step is entered: the visit is tomorrow, and the step is due three days before. Then the
wait's policy decides. The hour and the days of the wait hold for whatever is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from msgspec import Struct

from whenthen.domain.records.date_index import recurrence_of
from whenthen.domain.temporal.anniversaries import anniversary, comes_yearly, read_yearless
from whenthen.domain.temporal.clocks import FIRST, LAST, moment_of, next_at, plus_days, shown, wall, weekday_of
from whenthen.domain.temporal.recurrence import read_series
from whenthen.domain.temporal.waits import MAX_DAYS_AHEAD, MAX_WAIT_DAYS, Past, Wait

GRACE = timedelta(minutes=10)
"""A moment that is over for no longer is still kept: clocks differ, and sweeps come every five minutes."""

_AROUND = range(-3, 4)
"""Years around the present one that may hold the anniversary from which a wait counts: it is at most two years away."""

_FURTHEST = timedelta(days=2 * MAX_WAIT_DAYS + 2)
"""A wait may end so long after the date from which it counts: its offset, and its length behind that."""

_LONGEST_DATE = len("2026-03-14")


class Missed(Struct, frozen=True):
    """Tell that the step's moment was over when the step was entered, and that the step is skipped for that."""

    moment: datetime


def due_at(
    wait: Wait, *, entered: datetime, previous: datetime, record: Mapping[str, Any], zone: tzinfo
) -> datetime | Missed | None:
    """Return the moment at which a step with this `wait` is due, in UTC; never before `previous`.

    Return None if the wait counts from a date that the record does not have.

    entered   when the run's event happened
    previous  when the step before was done (or `entered`, for the first)
    record    its fields
    """
    now = previous.astimezone(UTC)
    if wait.until is None:
        count = _Count(wait, now, zone)
        return count.kept(count.moment(entered if wait.since == "entry" else previous), None)
    dated = _read(wait.until.field, record, zone)
    if dated is None:
        return None
    count = _Count(wait, now, zone, whole_day=dated.clock is None and not wait.names_an_hour)
    start = dated.start or next(start for start in dated.anniversaries(now) if count.is_coming(start))
    return count.kept(count.moment(start), dated.starts(now))


class _Count(Struct, frozen=True):
    """Count a wait at the moment `now` of entering its step.

    whole_day   whether the step may be done at any time of the day on which it is due
    """

    wait: Wait
    now: datetime
    zone: tzinfo
    whole_day: bool = False

    def moment(self, start: datetime) -> datetime:
        """Return the end of the wait, counted from `start`."""
        wait, zone = self.wait, self.zone
        try:
            moment = plus_days(start, wait.until.days if wait.until else 0, zone)
            moment = plus_days(moment, wait.days, zone)
            if wait.on_a_day:
                moment = wall(moment.astimezone(zone).date(), time(), zone)
            moment += timedelta(hours=wait.hours, minutes=wait.minutes, seconds=wait.seconds)
            return next_at(moment, wait.at, wait.weekdays, zone)
        except OverflowError:
            # Dates such as 9999-12-31 and 0001-01-01 stand for never and for long ago; the calendar ends right there.
            return LAST if start > self.now else FIRST

    def is_over(self, moment: datetime) -> bool:
        """Tell whether it is too late, now, for a step that was due at `moment`."""
        if moment >= self.now:
            return False
        if not self._is_on_its_days:
            return True
        if self.whole_day:
            return shown(self.now, self.zone).date() > shown(moment, self.zone).date()
        return self.now - moment > GRACE

    def is_coming(self, start: datetime) -> bool:
        """Tell whether a date that comes round, or the moment that counts from it, is still ahead."""
        today = shown(self.now, self.zone).date()
        return shown(start, self.zone).date() >= today or not self.is_over(self.moment(start))

    @property
    def _is_on_its_days(self) -> bool:
        return not self.wait.weekdays or weekday_of(self.now, self.zone) in self.wait.weekdays

    @property
    def _is_allowed_now(self) -> bool:
        """Tell whether the wait names no hour, and the day is one of its days."""
        return self.wait.at is None and self._is_on_its_days

    def kept(self, moment: datetime, again: Iterator[datetime] | None) -> datetime | Missed:
        """Return the moment if it is not over, else what the policy makes of it.

        again   the later starts from which the wait may count; None if its date comes only once
        """
        if not self.is_over(moment):
            return max(moment, self.now)
        match self.wait.policy:
            case Past.SKIP:
                return Missed(moment)
            case Past.RUN if self._is_allowed_now:
                return self.now
        if self.wait.policy is Past.RUN or again is None:
            hour = self.wait.at or shown(moment, self.zone).time()
            return next_at(self.now, hour, self.wait.weekdays, self.zone)
        later = (found for start in again if not self.is_over(found := self.moment(start)))
        following = next(later, None)
        return Missed(moment) if following is None else max(following, self.now)


class _Dated(Struct, frozen=True):
    """Hold a date of a record, from which a wait counts.

    day     its day, in the rule's time zone; of one without a year, in some year
    clock   its time of day there; None for a bare date
    start   its moment; None for one without a year, which has many
    """

    field: str
    day: date
    clock: time | None
    start: datetime | None
    record: Mapping[str, Any]
    zone: tzinfo

    def starts(self, now: datetime) -> Iterator[datetime] | None:
        """Yield the moments around and after `now` at which the date comes round, in order; None if it does not."""
        if self.start is None or comes_yearly(self.field):
            return self.anniversaries(now)
        rule, left_out = recurrence_of(self.record, self.field)
        series = read_series(rule, self.day, left_out, self.clock, self.zone)
        if series is None:
            return None
        first = max(self.day, now.date() - _FURTHEST)
        days = (first + timedelta(days=ahead) for ahead in range(MAX_DAYS_AHEAD + _FURTHEST.days))
        return (self._at(day) for day in days if series.takes(day))

    def anniversaries(self, now: datetime) -> Iterator[datetime]:
        """Yield the moments of its yearly days, in the years around `now`."""
        for ahead in _AROUND:
            yield self._at(anniversary(self.day.month, self.day.day, now.year + ahead))

    def _at(self, day: date) -> datetime:
        return wall(day, self.clock or time(), self.zone)


def _read(field: str, record: Mapping[str, Any], zone: tzinfo) -> _Dated | None:
    """Read the record's date; None if it has none in this field."""
    value = record.get(field)
    if not isinstance(value, str):
        return None
    yearless = read_yearless(value)
    if yearless is not None:
        return _Dated(field, yearless, None, None, record, zone)
    start = moment_of(value, zone)
    if start is None:
        return None
    # Times are stored in milliseconds: a moment must be the same when it is calculated again.
    start = start.replace(microsecond=start.microsecond // 1_000 * 1_000)
    local = shown(start, zone)
    clock = None if len(value) <= _LONGEST_DATE else local.time()
    return _Dated(field, local.date(), clock, start, record, zone)
