"""Find out whether the clocks of a zone show quiet hours, and when these end. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.clocks import read_hour, wall

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

# Quiet hours that begin and end at the same hour would be the whole day.
SAME_HOUR = ReasonCode("quiet_hours.same_hour")

_ROUNDS = 8
"""How often spans of quiet hours that touch each other are followed."""


class QuietHours(Struct, frozen=True):
    """Hold the hours of each day at which nothing goes out, from `start` on, up to `end`, over midnight too."""

    start: time
    end: time

    def hold(self, hour: time) -> bool:
        """Tell whether a clock that shows `hour` shows quiet hours."""
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end

    def ends_at(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """Return the first moment from `moment` on that is not quiet by the clocks of `zone`. None if that is `moment`.

        Of an hour that the clocks repeat, each passing is looked at by itself.
        """
        local = moment.astimezone(zone)
        if not self.hold(local.time()):
            return None
        days = [local.date() + timedelta(days=ahead) for ahead in range(3)]
        ends = [end for day in days for end in (wall(day, self.end, zone), _second(day, self.end, zone))]
        return min(end for end in ends if end > moment and not self.hold(end.astimezone(zone).time()))


def _second(day: date, hour: time, zone: tzinfo) -> datetime:
    """Return the second passing of an hour that the clocks repeat on this day; the only one of any other hour."""
    return datetime.combine(day, hour.replace(fold=1), tzinfo=zone).astimezone(UTC)


def end_of_quiet(spans: Iterable[QuietHours], moment: datetime, zone: tzinfo) -> datetime | None:
    """Return when no span is quiet any more. None if none is at `moment`.

    Spans that leave no moment of the day give a moment within a few days, which is quiet itself.
    """
    every, found = tuple(spans), moment
    for _ in range(_ROUNDS):
        ends = [end for each in every if (end := each.ends_at(found, zone))]
        if not ends:
            break
        found = max(ends)
    return found if found > moment else None


def read_quiet_hours(reader: Reader) -> QuietHours | None:
    """Read `{"from": "21:00", "to": "09:00"}`."""
    start, end = read_hour(reader, "from"), read_hour(reader, "to")
    for name in ("from", "to"):
        if reader.value(name) in (None, ""):
            reader.report(name, REQUIRED())
    reader.finish()
    if start is None or end is None:
        return None
    if start == end:
        reader.report("to", SAME_HOUR())
    return QuietHours(start, end)
