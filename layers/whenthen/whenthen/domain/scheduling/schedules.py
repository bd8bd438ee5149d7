"""Read schedules, a cron expression or one moment in a time zone, and find the moments at which they are due.

Five fields: minute, hour, day of the month, month, day of the week; `*`, lists, ranges, steps, and names of
months and days. Where both day fields are given, either is enough, as in every cron.

Daylight saving: a fixed hour that the clocks skip comes at the first moment after the gap, one that they
repeat comes once, the first time. A schedule of every hour goes by elapsed time: nothing comes for the
skipped hour, and the repeated one counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.types import SCHEDULE_REACHED
from whenthen.domain.scheduling.sweep_window import CLOCK, MAX_LATE, Lateness, Window
from whenthen.domain.temporal.waits import wall

MAX_PER_HOUR = 12
"""Bound a schedule to each five minutes: sweeps are not finer, and views are large."""

MAX_CRON_LATE = timedelta(days=1)
"""Skip what is later than this: the next moment is there already."""

NOT_FIVE_FIELDS = ReasonCode("cron.not_five_fields")
TOO_OFTEN = ReasonCode("cron.too_often", "count")
# `part` is one of the cron_part texts below, such as “hour”.
BAD_PART = ReasonCode("cron.malformed_part", "value", "part")
BAD_STEP = ReasonCode("cron.malformed_range", "value", "part")
OUT_OF_BOUNDS = ReasonCode("cron.out_of_bounds", "value", "part", "least", "most")
MINUTE = ReasonCode("cron_part.minute")
HOUR = ReasonCode("cron_part.hour")
DAY_OF_MONTH = ReasonCode("cron_part.day_of_month")
MONTH = ReasonCode("cron_part.month")
DAY_OF_WEEK = ReasonCode("cron_part.day_of_week")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:(?P<all>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d{1,2}))?")
_LONGEST_SEARCH = 366 * 9
"""Bound a search, in days: 29 February may be eight years away."""


class Cron(Struct, frozen=True):
    """Hold a cron expression: the values that each field allows. Days of the week count from Sunday, 0."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def comes_on(self, day: date) -> bool:
        """Tell whether there is any moment on this day."""
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either else by_date and by_weekday

    def moments_of(self, day: date, zone: tzinfo) -> list[datetime]:
        """Return the moments of the day, in UTC."""
        if not self.comes_on(day):
            return []
        clocks = [time(hour, minute) for hour in self.hours for minute in self.minutes]
        if len(self.hours) < _FIELDS["hour"].count:
            return sorted({wall(day, clock, zone) for clock in clocks})
        return sorted({moment for clock in clocks for moment in _shown(day, clock, zone)})


class Schedule(Struct, frozen=True):
    """Tell when a rule is due: by `cron`, or once `at` a moment."""

    zone: tzinfo
    cron: Cron | None = None
    at: datetime | None = None
    late: Lateness = Lateness()

    @property
    def own_zone(self) -> bool:
        """Return False: no record's own zone matters, as a schedule comes at one moment for all."""
        return False

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the moments later than `after` and not later than `until`, in order."""
        if self.cron is None:
            if self.at is not None and after < self.at <= until:
                yield self.at
            return
        day, last = after.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        while day <= last:
            yield from (moment for moment in self.cron.moments_of(day, self.zone) if after < moment <= until)
            day += timedelta(days=1)

    def due(self, window: Window) -> Iterator[datetime]:
        """Yield the moments of which a sweep over the window has to make events."""
        for moment in self.between(window.first - timedelta(microseconds=1), window.now):
            if window.takes(moment, self.late):
                yield moment

    def missed(self, window: Window) -> int:
        """Count the moments since the last sweep that are skipped, being too late."""
        moments = self.between(max(window.since, window.now - MAX_LATE), window.now)
        return sum(window.missed(moment, self.late) for moment in moments)

    def following(self, after: datetime) -> datetime | None:
        """Return the next moment after `after`. None if there is none, or none for years."""
        return next(self.between(after, after + timedelta(days=_LONGEST_SEARCH)), None)


def parse_cron(text: str) -> Cron:
    """Read a cron expression. Raises InvalidValue."""
    written = text.lower().split()
    if len(written) != len(_FIELDS):
        raise InvalidValue(NOT_FIVE_FIELDS())
    values = {name: field.read(part) for (name, field), part in zip(_FIELDS.items(), written, strict=True)}
    if len(values["minute"]) > MAX_PER_HOUR:
        raise InvalidValue(TOO_OFTEN(count=MAX_PER_HOUR))
    weekdays = frozenset(day % 7 for day in values["weekday"])
    return Cron(
        " ".join(written),
        tuple(sorted(values["minute"])),
        tuple(sorted(values["hour"])),
        values["day"],
        values["month"],
        weekdays,
        either=not (written[2].startswith("*") or written[4].startswith("*")),
    )


def schedule_event(rule: str, moment: datetime, ref: str | None = None) -> Event:
    """Make the event of a schedule's moment, for one record of its view: the same however often it is found."""
    return Event(
        id=ids.event_id(CLOCK, f"schedule#{rule}#{format_time(moment)}#{ref or ''}"),
        source=CLOCK,
        type=SCHEDULE_REACHED,
        time=moment,
        subject=ref,
        data={"rule": rule, "due": format_time(moment)},
        origin=f"source:{CLOCK}",
    )


def _shown(day: date, clock: time, zone: tzinfo) -> Iterator[datetime]:
    """Yield the moments at which the clocks show this: none in a gap, two where they are set back."""
    for fold in (0, 1):
        local = datetime.combine(day, clock.replace(fold=fold), tzinfo=zone)
        moment = local.astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            yield moment


class _Field(Struct, frozen=True):
    part: ReasonCode
    low: int
    high: int
    names: Mapping[str, int]

    @property
    def count(self) -> int:
        return self.high - self.low + 1

    def read(self, written: str) -> frozenset[int]:
        return frozenset(value for part in written.split(",") for value in self._part(part))

    def _part(self, part: str) -> range:
        found = _PART.fullmatch(part)
        if found is None:
            raise InvalidValue(BAD_PART(value=part, part=self.part()))
        step = int(found["step"] or 1)
        low = self.low if found["all"] else self._value(found["low"])
        high = self._value(found["high"]) if found["high"] else self.high if found["all"] or found["step"] else low
        if low > high or not step:
            raise InvalidValue(BAD_STEP(value=part, part=self.part()))
        return range(low, high + 1, step)

    def _value(self, text: str) -> int:
        value = self.names.get(text, int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else None)
        if value is None or not self.low <= value <= self.high:
            raise InvalidValue(OUT_OF_BOUNDS(value=text, part=self.part(), least=self.low, most=self.high))
        return value


_FIELDS: Mapping[str, _Field] = {
    "minute": _Field(MINUTE, 0, 59, {}),
    "hour": _Field(HOUR, 0, 23, {}),
    "day": _Field(DAY_OF_MONTH, 1, 31, {}),
    "month": _Field(MONTH, 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    "weekday": _Field(DAY_OF_WEEK, 0, 7, {name: number for number, name in enumerate(_DAYS)}),
}
