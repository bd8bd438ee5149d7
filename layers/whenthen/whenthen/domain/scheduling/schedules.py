"""Read schedules, a cron expression or one moment in a time zone, and find the moments at which they are due.

cronsim reads an expression and steps by the clock: minute, hour, day of the month, month, day of the week. It gets no
time zone. Where clocks change, the moments follow the same rule as waits and dates do:

* A fixed hour that the clocks skip comes at the first moment after the gap, one that they repeat comes once, the first
  time. Hours are fixed unless all 24 are allowed.
* A schedule of every hour goes by elapsed time: nothing comes for the skipped hour, and the repeated one counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import groupby

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.types import SCHEDULE_REACHED
from whenthen.domain.scheduling.sweep_window import CLOCK, MAX_LATE, Lateness, Window
from whenthen.domain.temporal.clocks import LAST, wall

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
NEVER = ReasonCode("schedule.never")

_HOURS = 24
_ANY_TIME = datetime(2024, 1, 1)  # noqa: DTZ001 - by no clock in particular
_UP_TO_SUNDAY = re.compile(r"(?i)(?<![^,])(mon|tue|wed|thu|fri|sat|[1-6])-(?:sun|0)(/[0-9]+)?(?![^,])")
"""Match a range that ends with Sunday, which is the last day of the week there, and its first everywhere else."""

_SHAPE = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/\d+)?")


class Cron(Struct, frozen=True):
    """Hold a cron expression, and whether it allows every hour of the day."""

    text: str
    every_hour: bool

    def moments(self, first: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield the moments from the day of `first` in the zone on, in UTC and in order. One may come twice."""
        midnight = datetime.combine(first.astimezone(zone).date(), time())
        placed = _shown if self.every_hour else _once
        for _, clocks in groupby(_clocks(self.text, midnight), datetime.date):
            yield from sorted(moment for clock in clocks for moment in placed(clock, zone))


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
        for moment in self._from(after):
            if moment > until:
                return
            if moment > after:
                yield moment
                after = moment

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
        """Return the next moment after `after`. None if there is none, or none for 50 years."""
        return next(self.between(after, LAST), None)

    def _from(self, first: datetime) -> Iterator[datetime]:
        if self.cron is not None:
            return self.cron.moments(first, self.zone)
        return iter(() if self.at is None else (self.at,))


def parse_cron(text: str) -> Cron:
    """Read a cron expression. Raises InvalidValue, also for one that does not come within 50 years."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - few rules have a schedule

    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise InvalidValue(NOT_FIVE_FIELDS())
    text = " ".join((*fields[:-1], _UP_TO_SUNDAY.sub(r"\1-7\2", fields[-1])))
    for field, written in zip(_FIELDS, text.split(), strict=True):
        for term in written.split(","):
            if not field.takes(term):
                raise InvalidValue(field.fault(term))
    try:
        clocks = CronSim(text, _ANY_TIME)
    except CronSimError as error:  # only the fields together are wrong: 30 February
        raise InvalidValue(NEVER()) from error
    if len(clocks.minutes) > MAX_PER_HOUR:
        raise InvalidValue(TOO_OFTEN(count=MAX_PER_HOUR))
    if next(clocks, None) is None:
        raise InvalidValue(NEVER())
    return Cron(text, every_hour=len(clocks.hours) == _HOURS)


def schedule_event(rule: str, moment: datetime, ref: str | None = None, wave: int = 0) -> Event:
    """Make the event of a schedule's moment, for one record of its view: the same however often it is found.

    wave   how often the record was held on its way in before: each time, its event is another one
    """
    return Event(
        id=_id_of(rule, moment, ref, wave),
        source=CLOCK,
        type=SCHEDULE_REACHED,
        time=moment,
        subject=ref,
        data={"rule": rule, "due": format_time(moment), **({"wave": wave} if wave else {})},
        origin=f"source:{CLOCK}",
    )


def id_for_other(event: Event, ref: str) -> str | None:
    """Return the id of the same moment's first event for a record; None if the event is none of this module."""
    return None if enrolment_of(event) is None else _id_of(str(event.data.get("rule")), event.time, ref)


def enrolment_of(event: Event) -> str | None:
    """Return the id of the enrolment that the event's moment began; None if the event is none of this module."""
    rule, wave = str(event.data.get("rule")), event.data.get("wave")
    own = _id_of(rule, event.time, event.subject, wave if isinstance(wave, int) else 0)
    return _id_of(rule, event.time, None) if event.id == own else None


def _id_of(rule: str, moment: datetime, ref: str | None, wave: int = 0) -> str:
    again = f"#{wave}" if wave else ""
    return ids.event_id(CLOCK, f"schedule{again}#{rule}#{format_time(moment)}#{ref or ''}")


def _clocks(text: str, midnight: datetime) -> Iterator[datetime]:
    """Yield what clocks show when the expression is due, from midnight on, without a time zone."""
    from cronsim import CronSim  # noqa: PLC0415 - few rules have a schedule

    return CronSim(text, midnight - timedelta(seconds=1))


def _once(clock: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the one moment of a fixed hour: after the gap that swallows it, or the first where it is repeated."""
    yield wall(clock.date(), clock.time(), zone)


def _shown(clock: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the moments at which the clocks show this: none in a gap, two where they are set back."""
    for fold in (0, 1):
        moment = clock.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == clock:
            yield moment


class _Field(Struct, frozen=True):
    part: ReasonCode
    low: int
    high: int
    expression: str

    def takes(self, term: str) -> bool:
        """Tell whether the term is one of this field: cronsim takes it, and for what is written."""
        # It would take the letter ı for i, and go on from 9-9/2 to the end of the day.
        return term.isascii() and self._reads(term) and not self._steps_over_one_value(term)

    def fault(self, term: str) -> Reason:
        """Say what is wrong with a term that cronsim refuses."""
        found = _SHAPE.fullmatch(term)
        if found is None:
            return BAD_PART(value=term, part=self.part())
        for value in filter(None, found.groups()):
            if not self.takes(value):
                return OUT_OF_BOUNDS(value=value, part=self.part(), least=self.low, most=self.high)
        return BAD_STEP(value=term, part=self.part())

    def _steps_over_one_value(self, term: str) -> bool:
        range_, _, step = term.partition("/")
        low, _, high = range_.partition("-")
        return bool(step and high) and self._reads(f"{high}-{low}")  # ends that can change places are one value

    def _reads(self, term: str) -> bool:
        from cronsim import CronSim, CronSimError  # noqa: PLC0415 - few rules have a schedule

        try:
            CronSim(self.expression.format(term), _ANY_TIME)
        except (CronSimError, ValueError):  # the latter for a number of thousands of digits
            return False
        return True


_FIELDS = (
    _Field(MINUTE, 0, 59, "{} * * * *"),
    _Field(HOUR, 0, 23, "* {} * * *"),
    _Field(DAY_OF_MONTH, 1, 31, "* * {} * *"),
    _Field(MONTH, 1, 12, "* * * {} *"),
    _Field(DAY_OF_WEEK, 0, 7, "* * * * {}"),
)
