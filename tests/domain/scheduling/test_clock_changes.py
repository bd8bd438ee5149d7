"""Both changes of the clocks in a year, zone by zone: waits and schedules come once, at the hour that clocks show.

The tests find each expected moment minute by minute, by what clocks of the zone show, and not by a rule about gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from whenthen.domain.scheduling.due_times import due_at
from whenthen.domain.scheduling.schedules import Schedule, parse_cron
from whenthen.domain.temporal.waits import Wait

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

CHANGES = {
    "Europe/Istanbul": {2015: 2, 2026: 0},
    "Europe/Budapest": {2026: 2},
    "Asia/Jakarta": {2026: 0},
    "Asia/Jerusalem": {2026: 2},
    "America/New_York": {2026: 2},
    "Australia/Lord_Howe": {2026: 2},
    "Pacific/Apia": {2011: 3, 2020: 2, 2026: 0},
    "Africa/Cairo": {2026: 2},
}
"""Zone → year → how often its clocks change. In Lord Howe they do so by half an hour, in Apia a day was left out."""

YEARS = [(zone, year) for zone, years in CHANGES.items() for year in years]


@cache
def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The first moments, in UTC, at which clocks of the zone show another time than a steady clock would."""
    begin = datetime(year, 1, 1, tzinfo=UTC)
    hours = [begin + timedelta(hours=number) for number in range(366 * 24)]
    found = []
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            offsets = before.astimezone(zone).utcoffset()
            found.append(next(at for at in minutes(before, after) if at.astimezone(zone).utcoffset() != offsets))
    return found


def minutes(begin: datetime, end: datetime) -> Iterator[datetime]:
    """Each minute after `begin`, to `end`."""
    return (begin + number * MINUTE for number in range(1, (end - begin) // MINUTE + 1))


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the time that clocks of the zone show."""
    return at.astimezone(zone).replace(tzinfo=None)


@cache
def first_shown(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The first minute at which clocks show this hour of the day, or anything later."""
    wanted = datetime.combine(day, hour)
    near = (wanted.replace(tzinfo=UTC) + number * DAY for number in (-2, 2))
    offsets = [shown(each, zone) - each.replace(tzinfo=None) for each in near]
    earliest = wanted.replace(tzinfo=UTC) - max(offsets) - 5 * MINUTE
    return next(at for at in minutes(earliest, earliest + 3 * DAY) if shown(at, zone) >= wanted)


def hours_around(change: datetime, zone: ZoneInfo) -> set[time]:
    """Hours of the clock that the change may skip or repeat, and some that it leaves alone."""
    near = (shown(change + timedelta(minutes=number), zone) for number in range(-60, 61, 30))
    return {each.time() for each in near} | {time(0), time(9), time(23, 59)}


@pytest.mark.parametrize(("name", "year"), YEARS)
def test_the_clocks_change_as_often_as_is_known(name: str, year: int) -> None:
    assert len(changes(ZoneInfo(name), year)) == CHANGES[name][year]


@pytest.mark.parametrize(("name", "year"), YEARS)
def test_a_wait_of_a_day_ends_at_its_hour_of_the_next_day(name: str, year: int) -> None:
    zone = ZoneInfo(name)
    days = [date(year, 1, 30), date(year, 2, 27), date(year, 12, 30)]  # ends of months and of the year
    cases = [(day, hour) for day in days for hour in (time(0), time(9), time(23, 59))]
    for change in changes(zone, year):
        day = shown(change, zone).date() - DAY
        cases += [(each, hour) for each in (day - DAY, day, day + DAY) for hour in hours_around(change, zone)]
    for day, hour in cases:
        start = first_shown(day, time(12), zone)
        if shown(start, zone).date() != day:  # the zone leaves this day out
            continue
        following = (
            day + DAY if shown(first_shown(day + DAY, time(0), zone), zone).date() == day + DAY else day + 2 * DAY
        )
        found = due_at(Wait(days=1, at=hour), entered=start, previous=start, record={}, zone=zone)
        assert found == first_shown(following, hour, zone), (day, hour)


@pytest.mark.parametrize(("name", "year"), [each for each in YEARS if each != ("Pacific/Apia", 2011)])
def test_a_schedule_comes_once_on_each_day_at_its_hour(name: str, year: int) -> None:
    zone = ZoneInfo(name)
    begin = first_shown(date(year, 1, 1), time(0), zone)
    end = first_shown(date(year + 1, 1, 1), time(0), zone)
    days = sorted({shown(begin + number * timedelta(hours=6), zone).date() for number in range(4 * 366 + 1)})
    days = [day for day in days if day.year == year]
    hours = {time(0, 30), time(9)} | {each for at in changes(zone, year) for each in hours_around(at, zone)}
    for hour in sorted(hours)[::2]:
        cron = parse_cron(f"{hour.minute} {hour.hour} * * *")
        found = list(Schedule(zone, cron).between(begin - MINUTE, end - MINUTE))
        assert len(found) == len(set(found))
        by_day = [shown(at, zone).date() for at in found]
        expected = [day for day in days if shown(first_shown(day, hour, zone), zone).date() == day]
        assert sorted(set(by_day)) == expected, hour
        near = [at for at in found for change in changes(zone, year) if abs(at - change) < 2 * DAY]
        assert [first_shown(shown(at, zone).date(), hour, zone) for at in near] == near


@pytest.mark.parametrize(("name", "year"), YEARS)
def test_a_schedule_of_every_hour_comes_each_hour_that_passes(name: str, year: int) -> None:
    """No moment for an hour that is skipped, and two for one that is repeated: by elapsed time, each once."""
    zone = ZoneInfo(name)
    for change in changes(zone, year):
        begin, end = change - 2 * DAY, change + 2 * DAY
        found = list(Schedule(zone, parse_cron("0 * * * *")).between(begin, end))
        expected = [at for at in minutes(begin, end) if shown(at, zone).minute == 0 and at <= end]
        assert sorted(set(found)) == expected
