"""Read the working hours of the installation: for each day of the week the hours at which it works."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, TypeAlias

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.clocks import HOUR, WEEKDAYS, wall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whenthen.domain.common.document_reader import Reader

MAX_SPANS = 8
"""Bound the spans of one day."""

Hours: TypeAlias = tuple[int, int]
"""A span of a day in minutes from its midnight, from the first on, up to the second (at most 1,440)."""

Week: TypeAlias = tuple[tuple[Hours, ...], ...]
"""The spans of each day, Monday first; none for a day off."""

# Hours are written as a pair such as ["09:00", "18:00"], or as a list of such pairs.
BAD_SPANS = ReasonCode("working_hours.malformed")
# A span ends before it begins, or two spans of one day overlap.
MIXED_SPANS = ReasonCode("working_hours.out_of_order")
NO_SPANS = ReasonCode("working_hours.none")

DAY_MINUTES = 1_440
_USUAL = ((9 * 60, 18 * 60),)
_END_OF_DAY = re.compile(r"24:00")


def usual_week(weekend: Iterable[int] = (5, 6)) -> Week:
    """Return 09:00 to 18:00 on each day that is no weekend (Monday 0)."""
    free = frozenset(weekend)
    return tuple(() if day in free else _USUAL for day in range(len(WEEKDAYS)))


def read_working_hours(reader: Reader) -> Week:
    """Read `{"mon": ["09:00", "18:00"], "tue": [["09:00", "12:00"], ["13:00", "18:00"]]}`; a day left out is off."""
    before = len(reader.problems)
    week = tuple(_read_day(reader, day) for day in WEEKDAYS)
    reader.finish()
    if not any(week) and len(reader.problems) == before:
        reader.report("", NO_SPANS())
    return week


def _read_day(reader: Reader, day: str) -> tuple[Hours, ...]:
    written = reader.value(day)
    pairs = [] if written is None else [written] if _is_pair(written) else written
    if not isinstance(pairs, list) or len(pairs) > MAX_SPANS or not all(map(_is_pair, pairs)):
        reader.report(day, BAD_SPANS())
        return ()
    spans = sorted((_minutes(start), _minutes(end)) for start, end in pairs)
    bounds = [minute for span in spans for minute in span]
    if any(later <= earlier for earlier, later in zip(bounds[::2], bounds[1::2], strict=True)) or bounds != sorted(
        bounds
    ):
        reader.report(day, MIXED_SPANS())
        return ()
    return tuple(spans)


def _is_pair(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(hour, str) for hour in value):
        return False
    return bool(HOUR.fullmatch(value[0]) and (HOUR.fullmatch(value[1]) or _END_OF_DAY.fullmatch(value[1])))


def _minutes(hour: str) -> int:
    return int(hour[:2]) * 60 + int(hour[3:])


def moment_on(day: date, minutes: int, zone: tzinfo) -> datetime:
    """Return the moment so many minutes after midnight by the clocks of `zone` on `day`, in UTC."""
    if minutes >= DAY_MINUTES:
        return wall(day + timedelta(days=1), time(), zone)
    return wall(day, time(minutes // 60, minutes % 60), zone)
