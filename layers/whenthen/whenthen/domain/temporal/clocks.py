"""Read clock times, and find the moment at which the clocks of a zone show one.

A wall-clock time that a spring change skips becomes the first moment after the gap; one that an autumn change repeats
means its first occurrence.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BAD_HOUR = ReasonCode("clock_time.malformed")

LAST = datetime.max.replace(tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
_MIDDLE = 5_000

HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


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


def plus_days(moment: datetime, days: int, zone: tzinfo) -> datetime:
    """Return the moment so many calendar days later at which the clocks of `zone` show the same, in UTC."""
    local = moment.astimezone(zone)
    if not days:
        return moment.astimezone(UTC)
    return wall(local.date() + timedelta(days=days), local.time(), zone)
