"""Calculate when a step is due, from its wait, the moment it counts from, the record and the time zone.

Days are calendar days of the zone (the wall clock stays, across daylight-saving changes too); hours and minutes are
elapsed time. `at` after nothing but days is that hour of that very day: two days after a Monday afternoon, at 10:00, is
Wednesday at 10:00. In every other case it is the next time that the clock shows it (`clocks`).

A moment may be over when the step is entered: the visit is tomorrow, and the step is due three days before. Then the
wait's policy decides. The hour and the days of the wait hold for whatever is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.records.coming_dates import read_coming_date
from whenthen.domain.temporal.clocks import FIRST, LAST, WEEKDAYS, plus_days, shown, wall
from whenthen.domain.temporal.waits import MAX_DAYS_AHEAD, Past, Until, Wait

if TYPE_CHECKING:
    from whenthen.domain.temporal.business_time import BusinessCalendar

GRACE = timedelta(minutes=10)
"""A moment that is over for no longer is still kept: clocks differ, and sweeps come every five minutes."""

_NOW = Until("")


class Missed(Struct, frozen=True):
    """Tell that the step's moment was over when the step was entered, and that the step is skipped for that."""

    moment: datetime


def due_at(
    wait: Wait,
    *,
    entered: datetime,
    previous: datetime,
    record: Mapping[str, Any],
    zone: tzinfo,
    business: BusinessCalendar | None = None,
) -> datetime | Missed | None:
    """Return the moment at which a step with this `wait` is due, in UTC; never before `previous`.

    Return None if the wait counts from a date that the record does not have.

    entered   when the run's event happened
    previous  when the step before was done (or `entered`, for the first)
    record    its fields
    business  needed by waits that count business time; it matters to no others
    """
    now, business = previous.astimezone(UTC), business if wait.by_business else None
    if wait.until is None:
        count = _Count(wait, now, zone, business)
        return count.kept(count.moment(entered if wait.since == "entry" else previous), None)
    dated = read_coming_date(wait.until.field, record, zone)
    if dated is None:
        return None
    count = _Count(wait, now, zone, business, whole_day=dated.clock is None and not wait.names_an_hour)
    start = dated.start or next(start for start in dated.anniversaries(now) if count.is_coming(start))
    return count.kept(count.moment(start), dated.starts(now))


def allowed_from(wait: Wait, moment: datetime, zone: tzinfo, business: BusinessCalendar | None = None) -> datetime:
    """Return the moment, or the next one that has the hour and is on a day of the wait.

    For a wait that ended later than it would have: the run was paused, or nobody looked for it.
    """
    return _Count(wait, moment.astimezone(UTC), zone, business if wait.by_business else None).next_allowed(wait.at)


class _Count(Struct, frozen=True):
    """Count a wait at the moment `now` of entering its step.

    business    None for a wait that does not count business time
    whole_day   whether the step may be done at any time of the day on which it is due
    """

    wait: Wait
    now: datetime
    zone: tzinfo
    business: BusinessCalendar | None = None
    whole_day: bool = False

    def moment(self, start: datetime) -> datetime:
        """Return the end of the wait, counted from `start`."""
        try:
            return self._counted(start)
        except OverflowError:
            # Dates such as 9999-12-31 and 0001-01-01 stand for never and for long ago; the calendar ends right there.
            return LAST if start >= self.now else FIRST

    def _counted(self, start: datetime) -> datetime:
        wait, zone, business = self.wait, self.zone, self.business
        until = wait.until or _NOW
        moment = plus_days(start, until.days, zone) + timedelta(hours=until.hours, minutes=until.minutes)
        if business is not None and until.business_days:
            moment = business.plus_days(moment, until.business_days, zone)
        moment = plus_days(moment, wait.days, zone)
        moment += timedelta(hours=wait.hours, minutes=wait.minutes, seconds=wait.seconds)
        if business is not None and wait.business_days:
            moment = business.plus_days(moment, wait.business_days, zone)
        if business is not None and wait.business_hours:
            moment = business.plus_time(moment, timedelta(hours=wait.business_hours), zone)
        if wait.on_a_day:
            moment = wall(moment.astimezone(zone).date(), time(), zone)
        return self._next(moment, wait.at)

    def _next(self, moment: datetime, hour: time | None) -> datetime:
        """Return the first moment from `moment` on that has the wanted hour, on a wanted day.

        A wait that counts business time ends on a working day, unless there is none for ten years.
        """
        zone, business = self.zone, self.business if self.wait.at or self.wait.weekdays else None
        first = day = moment.astimezone(zone).date()
        clock = hour or moment.astimezone(zone).time()
        candidate = moment if hour is None else wall(day, hour, zone)
        # The weekday is that of the moment found: a zone may skip a whole day, as Samoa did in 2011.
        while candidate < moment or not self._is_wanted(candidate.astimezone(zone).date(), business):
            day += timedelta(days=1)
            if (day - first).days > MAX_DAYS_AHEAD:
                return LAST
            at_work = business.at_work if business is not None and hour is None else wall
            candidate = at_work(day, clock, zone)
        return candidate

    def _is_wanted(self, day: date, business: BusinessCalendar | None) -> bool:
        is_wanted_weekday = not self.wait.weekdays or WEEKDAYS[day.weekday()] in self.wait.weekdays
        return is_wanted_weekday and (business is None or business.is_worked(day, self.zone))

    def is_over(self, moment: datetime) -> bool:
        """Tell whether it is too late, now, for a step that was due at `moment`."""
        if moment >= self.now:
            return False
        if not self._is_wanted(shown(self.now, self.zone).date(), None):
            return True
        if self.whole_day:
            return shown(self.now, self.zone).date() > shown(moment, self.zone).date()
        return self.now - moment > GRACE

    def is_coming(self, start: datetime) -> bool:
        """Tell whether a date that comes round, or the moment that counts from it, is still ahead."""
        today = shown(self.now, self.zone).date()
        return shown(start, self.zone).date() >= today or not self.is_over(self.moment(start))

    def kept(self, moment: datetime, again: Iterator[datetime] | None) -> datetime | Missed:
        """Return the moment if it is not over, else what the policy makes of it.

        again   the later starts from which the wait may count; None if its date comes only once
        """
        if not self.is_over(moment):
            return max(moment, self.now)
        clock = shown(moment, self.zone).time()
        if self.wait.policy is Past.SKIP:
            return Missed(moment)
        if self.wait.policy is Past.RUN:
            return self.next_allowed(clock)
        if again is None:
            return self._next(self.now, self.wait.at or clock)
        later = (found for start in again if not self.is_over(found := self.moment(start)))
        following = next(later, None)
        return Missed(moment) if following is None else max(following, self.now)

    def next_allowed(self, clock: time | None) -> datetime:
        """Return now, if the wait names no other hour and day, else the next time that they come.

        clock   the hour of a day that is not today, where the wait names none
        """
        today = shown(self.now, self.zone).date()
        if self.wait.at is not None:
            at = wall(today, self.wait.at, self.zone)
            kept = at <= self.now <= at + GRACE and self._is_wanted(today, self.business)
            return self.now if kept else self._next(self.now, self.wait.at)
        if self.business is not None:
            return self._at_work(self.business)
        return self.now if self._is_wanted(today, None) else self._next(self.now, clock)

    def _at_work(self, business: BusinessCalendar) -> datetime:
        """Return the next moment at which people work, on a day of the wait."""
        moment = business.opens_at(self.now, self.zone)
        while moment != LAST and not self._is_wanted(shown(moment, self.zone).date(), None):
            following = shown(moment, self.zone).date() + timedelta(days=1)
            moment = business.opens_at(wall(following, time(), self.zone), self.zone)
            if moment > self.now + timedelta(days=MAX_DAYS_AHEAD):
                return LAST
        return moment
