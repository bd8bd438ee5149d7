"""Count business days and business hours by working hours and holidays. No I/O.

Days are counted by the calendar: the third business day after a Friday evening is the third day after it on which
people work. The clock time stays, as with other days; where nobody works at that time, it becomes the next time of that
day at which somebody does, or the end of that working day. A day off counts as the end of the working day before it
(counted backwards: as the beginning of the one after it), so that who starts later is never due earlier. Hours are
counted while people work; outside of working hours no time passes. The end of a span belongs to it: an hour before
closing time is over at closing time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from whenthen.domain.temporal.clocks import FIRST, LAST, shown, wall
from whenthen.domain.temporal.public_holidays import Holidays
from whenthen.domain.temporal.working_hours import Week, moment_on, usual_week

MAX_DAYS_SEARCHED = 3_660
"""How far ahead working days are looked for."""


class BusinessCalendar(Struct, frozen=True):
    """Hold when people work: the hours of each weekday, and the days on which nobody does."""

    week: Week = usual_week()
    holidays: Holidays = Holidays()

    def spans(self, day: date, zone: tzinfo) -> tuple[tuple[datetime, datetime], ...]:
        """Return the spans of a day in UTC; none if nobody works then, or if the zone skips the day or the hours."""
        hours = self.week[day.weekday()]
        if not hours or day in self.holidays:
            return ()
        spans = ((moment_on(day, start, zone), moment_on(day, end, zone)) for start, end in hours)
        return tuple((start, end) for start, end in spans if start < end)

    def is_open(self, moment: datetime, zone: tzinfo) -> bool:
        """Tell whether people work at this moment, both ends of a span included."""
        day = moment.astimezone(zone).date()
        days = (day - timedelta(days=1), day)  # midnight ends the day before
        return any(start <= moment <= end for each in days for start, end in self.spans(each, zone))

    def plus_days(self, moment: datetime, days: int, zone: tzinfo) -> datetime:
        """Return the moment so many business days after `moment` (negative: before it), in UTC.

        Returns the end of the calendar if within ten years nobody works for so many days.
        """
        local = shown(moment, zone)
        try:
            day = self._counted(local.date(), days, zone)
            hour = local.time() if self.is_worked(local.date(), zone) else time.max if days > 0 else time.min
            return self.at_work(day, hour, zone)
        except OverflowError:
            return LAST if days > 0 else FIRST

    def plus_time(self, moment: datetime, length: timedelta, zone: tzinfo) -> datetime:
        """Return the moment when `length` (above zero) of working time has passed since `moment`, in UTC.

        Returns the end of the calendar if that takes more than ten years.
        """
        moment, left = moment.astimezone(UTC), length
        try:
            first = shown(moment, zone).date()
            for ahead in range(MAX_DAYS_SEARCHED):
                for start, end in self.spans(first + timedelta(days=ahead), zone):
                    begin = max(start, moment)
                    if begin < end:
                        if left <= end - begin:
                            return begin + left
                        left -= end - begin
        except OverflowError:
            pass
        return LAST

    def opens_at(self, moment: datetime, zone: tzinfo) -> datetime:
        """Return the moment, if people work then, else the beginning of their next hours, in UTC.

        Returns the end of the calendar if within ten years nobody works.
        """
        moment = moment.astimezone(UTC)
        if self.is_open(moment, zone):
            return moment
        try:
            first = shown(moment, zone).date()
            days = (first + timedelta(days=ahead) for ahead in range(MAX_DAYS_SEARCHED))
            return next((start for day in days for start, _ in self.spans(day, zone) if start >= moment), LAST)
        except OverflowError:
            return LAST

    def at_work(self, day: date, hour: time, zone: tzinfo) -> datetime:
        """Return the moment at this hour of a working day, or the next one of the day at work, or its end.

        On a day on which nobody works the hour stays as it is.
        """
        moment = wall(day, hour, zone)
        spans = self.spans(day, zone) or ((moment, moment),)
        return next((max(moment, start) for start, end in spans if moment <= end), spans[-1][1])

    def is_worked(self, day: date, zone: tzinfo) -> bool:
        """Tell whether people work on this day."""
        return bool(self.spans(day, zone))

    def _counted(self, day: date, days: int, zone: tzinfo) -> date:
        """Return the nth working day after (or before) `day`. Raises OverflowError if there is none in ten years."""
        step = timedelta(days=1 if days > 0 else -1)
        left = abs(days)
        for _ in range(MAX_DAYS_SEARCHED):
            day += step
            left -= self.is_worked(day, zone)
            if left == 0:
                return day
        raise OverflowError(days)
