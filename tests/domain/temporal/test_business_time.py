"""Business days and business hours: by working hours and holidays, in every zone and across its clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.temporal.business_time import BusinessCalendar
from whenthen.domain.temporal.clocks import LAST, wall
from whenthen.domain.temporal.public_holidays import Holidays
from whenthen.domain.temporal.working_hours import DAY_MINUTES, Week, usual_week

ZONES = [
    "Europe/Istanbul",  # no change of the clocks
    "Europe/Budapest",
    "Asia/Jakarta",
    "Asia/Jerusalem",  # Friday and Saturday are the weekend
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Apia",  # skipped 30 December 2011, a Friday
    "Africa/Cairo",  # changes at midnight
]

minutes_of_day = st.integers(0, DAY_MINUTES)


def paired(bounds: list[int]) -> tuple[tuple[int, int], ...]:
    """Make spans of their bounds; an odd one is left out."""
    return tuple(zip(sorted(bounds)[::2], sorted(bounds)[1::2], strict=False))


spans_of_day = st.lists(minutes_of_day, unique=True, max_size=6).map(paired)
weeks = st.lists(spans_of_day, min_size=7, max_size=7).map(tuple).filter(any)
zones = st.sampled_from(ZONES).map(ZoneInfo)
days_of = st.dates(date(2011, 12, 1), date(2028, 12, 31))
moments = st.datetimes(datetime(2011, 12, 20), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - zone is given


@st.composite
def calendars(draw: st.DrawFn, week: st.SearchStrategy[Week] = weeks) -> BusinessCalendar:
    return BusinessCalendar(draw(week), Holidays(also=frozenset(draw(st.sets(days_of, max_size=30)))))


@st.composite
def around_a_change(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    """A moment within three days of a change of the zone's clocks, or any moment where they never change."""
    zone = draw(zones)
    start = datetime(draw(st.sampled_from([2011, 2020, 2024, 2026])), 1, 1, tzinfo=UTC)
    offsets = [(start + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(366)]
    changes = [day for day in range(1, 366) if offsets[day] != offsets[day - 1]] or list(range(1, 366))
    ahead = timedelta(days=draw(st.sampled_from(changes)) - 3, minutes=draw(st.integers(0, 6 * DAY_MINUTES)))
    return start + ahead, zone


def clock(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shown(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


OFFICE = BusinessCalendar()
LUNCH = BusinessCalendar((((540, 720), (780, 1080)),) * 5 + ((), ()))
HOLIDAYS = BusinessCalendar(usual_week(), Holidays(also=frozenset({date(2026, 10, 29), date(2026, 12, 31)})))
ROUND_THE_CLOCK = BusinessCalendar((((0, DAY_MINUTES),),) * 7)


@pytest.mark.parametrize(
    ("calendar", "start", "days", "expected"),
    [
        (OFFICE, "2026-03-13 15:30", 1, "Mon 2026-03-16 15:30"),
        (OFFICE, "2026-03-14 15:30", 1, "Mon 2026-03-16 18:00"),
        (OFFICE, "2026-03-15 05:00", 1, "Mon 2026-03-16 18:00"),
        (OFFICE, "2026-03-13 20:00", 1, "Mon 2026-03-16 18:00"),
        (OFFICE, "2026-03-13 05:00", 1, "Mon 2026-03-16 09:00"),
        (OFFICE, "2026-03-16 10:00", 5, "Mon 2026-03-23 10:00"),
        (OFFICE, "2026-03-16 10:00", -1, "Fri 2026-03-13 10:00"),
        (OFFICE, "2026-03-15 10:00", -2, "Thu 2026-03-12 09:00"),
        (LUNCH, "2026-03-16 12:30", 1, "Tue 2026-03-17 13:00"),
        (HOLIDAYS, "2026-10-28 11:00", 1, "Fri 2026-10-30 11:00"),
        (HOLIDAYS, "2026-12-30 11:00", 1, "Fri 2027-01-01 11:00"),
        (ROUND_THE_CLOCK, "2026-03-13 23:59", 2, "Sun 2026-03-15 23:59"),
    ],
)
def test_business_days_skip_weekends_and_holidays(
    calendar: BusinessCalendar, start: str, days: int, expected: str
) -> None:
    found = calendar.plus_days(clock(start, "Europe/Istanbul"), days, ZoneInfo("Europe/Istanbul"))
    assert shown(found, "Europe/Istanbul") == expected


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "expected"),
    [
        (OFFICE, "2026-03-13 15:30", 2, "Fri 2026-03-13 17:30"),
        (OFFICE, "2026-03-13 17:00", 1, "Fri 2026-03-13 18:00"),
        (OFFICE, "2026-03-13 17:00", 2, "Mon 2026-03-16 10:00"),
        (OFFICE, "2026-03-14 15:30", 3, "Mon 2026-03-16 12:00"),
        (OFFICE, "2026-03-16 10:00", 9, "Tue 2026-03-17 10:00"),
        (LUNCH, "2026-03-16 11:30", 1, "Mon 2026-03-16 13:30"),
        (LUNCH, "2026-03-16 11:00", 1, "Mon 2026-03-16 12:00"),
        (HOLIDAYS, "2026-10-28 17:30", 1, "Fri 2026-10-30 09:30"),
    ],
)
def test_business_hours_pass_only_while_people_work(
    calendar: BusinessCalendar, start: str, hours: int, expected: str
) -> None:
    found = calendar.plus_time(clock(start, "Europe/Istanbul"), timedelta(hours=hours), ZoneInfo("Europe/Istanbul"))
    assert shown(found, "Europe/Istanbul") == expected


@pytest.mark.parametrize(
    ("zone", "start", "hours", "expected"),
    [
        # Nights of the changes, for people who work around the clock: hours that the clocks skip do not pass.
        ("Europe/Budapest", "2026-03-29 01:30", 1, "Sun 2026-03-29 03:30"),
        ("Europe/Budapest", "2026-10-25 01:30", 2, "Sun 2026-10-25 02:30"),
        ("Asia/Jerusalem", "2026-03-27 01:30", 1, "Fri 2026-03-27 03:30"),
        ("Asia/Jerusalem", "2026-10-25 00:30", 2, "Sun 2026-10-25 01:30"),
        ("America/New_York", "2026-03-08 01:30", 1, "Sun 2026-03-08 03:30"),
        ("America/New_York", "2026-11-01 00:30", 2, "Sun 2026-11-01 01:30"),
        ("Australia/Lord_Howe", "2026-10-04 01:30", 1, "Sun 2026-10-04 03:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:00", 1, "Sun 2026-04-05 01:30"),
        ("Africa/Cairo", "2026-04-23 23:30", 1, "Fri 2026-04-24 01:30"),
        ("Africa/Cairo", "2026-10-29 22:30", 2, "Thu 2026-10-29 23:30"),
        ("Pacific/Apia", "2011-12-29 23:30", 1, "Sat 2011-12-31 00:30"),
        ("Pacific/Apia", "2020-09-27 02:30", 1, "Sun 2020-09-27 04:30"),
        ("Pacific/Apia", "2021-04-04 02:30", 2, "Sun 2021-04-04 03:30"),
        ("Europe/Istanbul", "2026-03-29 02:30", 1, "Sun 2026-03-29 03:30"),
        ("Asia/Jakarta", "2026-10-25 02:30", 1, "Sun 2026-10-25 03:30"),
    ],
)
def test_business_hours_are_elapsed_time_where_clocks_change(zone: str, start: str, hours: int, expected: str) -> None:
    found = ROUND_THE_CLOCK.plus_time(clock(start, zone), timedelta(hours=hours), ZoneInfo(zone))
    assert shown(found, zone) == expected


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Europe/Budapest", "2026-03-27 10:00", "Mon 2026-03-30 10:00"),
        ("Europe/Budapest", "2026-10-23 10:00", "Mon 2026-10-26 10:00"),
        ("America/New_York", "2026-03-06 10:00", "Mon 2026-03-09 10:00"),
        ("Australia/Lord_Howe", "2026-10-02 10:00", "Mon 2026-10-05 10:00"),
        ("Africa/Cairo", "2026-04-23 10:00", "Fri 2026-04-24 10:00"),
        ("Pacific/Apia", "2011-12-29 10:00", "Mon 2012-01-02 10:00"),  # there was no Friday
    ],
)
def test_a_business_day_keeps_the_clock_time_where_clocks_change(zone: str, start: str, expected: str) -> None:
    assert shown(OFFICE.plus_days(clock(start, zone), 1, ZoneInfo(zone)), zone) == expected


@given(calendar=calendars(), place=around_a_change(), days=st.integers(1, 20), hours=st.integers(1, 60))
def test_never_on_a_holiday_or_outside_of_hours(
    calendar: BusinessCalendar, place: tuple[datetime, ZoneInfo], days: int, hours: int
) -> None:
    moment, zone = place
    for found in (calendar.plus_days(moment, days, zone), calendar.plus_time(moment, timedelta(hours=hours), zone)):
        assert found == LAST or calendar.is_open(found, zone)
        assert found == LAST or found > moment


@given(calendar=calendars(), zone=zones, moment=moments, days=st.integers(1, 20))
def test_business_days_land_on_the_nth_working_day(
    calendar: BusinessCalendar, zone: ZoneInfo, moment: datetime, days: int
) -> None:
    found = calendar.plus_days(moment, days, zone)
    first, day, worked = moment.astimezone(zone).date(), moment.astimezone(zone).date(), 0
    while worked < days:
        day += timedelta(days=1)
        worked += calendar.is_worked(day, zone)
        assert (day - first).days < 3_700
    hour = moment.astimezone(zone).time() if calendar.is_worked(first, zone) else time.max
    assert found == calendar.at_work(day, hour, zone)
    # A span that ends at midnight ends with the first moment of the next day.
    assert found.astimezone(zone).date() == day or found == wall(day + timedelta(days=1), time(), zone)


@given(calendar=calendars(), place=around_a_change(), some=st.integers(1, 40), more=st.integers(1, 40))
def test_business_hours_add_up(
    calendar: BusinessCalendar, place: tuple[datetime, ZoneInfo], some: int, more: int
) -> None:
    moment, zone = place
    first = calendar.plus_time(moment, timedelta(hours=some), zone)
    then = first if first == LAST else calendar.plus_time(first, timedelta(hours=more), zone)
    assert then == calendar.plus_time(moment, timedelta(hours=some + more), zone)


daytime = st.lists(st.integers(500, 1_300), unique=True, min_size=2, max_size=6).map(paired)
same_hours = st.tuples(daytime, st.sets(st.integers(0, 6), max_size=5)).map(
    lambda drawn: tuple(() if day in drawn[1] else drawn[0] for day in range(7))
)


@given(
    calendar=calendars(same_hours),
    place=around_a_change(),
    some=st.integers(1, 20),
    more=st.integers(1, 20),
)
def test_business_days_add_up_where_the_days_have_the_same_hours(
    calendar: BusinessCalendar, place: tuple[datetime, ZoneInfo], some: int, more: int
) -> None:
    moment, zone = place
    first = calendar.plus_days(moment, some, zone)
    assert calendar.plus_days(first, more, zone) == calendar.plus_days(moment, some + more, zone)


@given(
    calendar=calendars(),
    place=around_a_change(),
    later=st.integers(0, 10_000),
    days=st.integers(1, 20),
    hours=st.integers(1, 60),
)
def test_who_starts_later_is_never_earlier(
    calendar: BusinessCalendar, place: tuple[datetime, ZoneInfo], later: int, days: int, hours: int
) -> None:
    first, zone = place
    second = first + timedelta(minutes=later)
    length = timedelta(hours=hours)
    assert calendar.plus_time(first, length, zone) <= calendar.plus_time(second, length, zone)
    if first.astimezone(zone).replace(tzinfo=None) <= second.astimezone(zone).replace(tzinfo=None):
        # Of an hour that the clocks show twice, the second passing shows an earlier time than the end of the first.
        assert calendar.plus_days(first, days, zone) <= calendar.plus_days(second, days, zone)


def test_nobody_ever_works_again() -> None:
    never = BusinessCalendar((((0, 1),), (), (), (), (), (), ()), Holidays(also=frozenset(_mondays())))
    start = clock("2026-03-14 15:30", "UTC")
    assert never.plus_days(start, 1, ZoneInfo("UTC")) == LAST
    assert never.plus_time(start, timedelta(hours=1), ZoneInfo("UTC")) == LAST


def _mondays() -> list[date]:
    return [date(2026, 3, 16) + timedelta(weeks=week) for week in range(530)]
