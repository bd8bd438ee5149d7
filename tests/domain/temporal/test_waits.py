"""When a step is due: days, hours, weekdays and dates, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Problem
from whenthen.domain.temporal.clocks import WEEKDAYS, wall
from whenthen.domain.temporal.time_zones import parse_zone
from whenthen.domain.temporal.waits import MAX_WAIT_DAYS, Until, Wait, due_at, moment_of, read_wait

ZONES = [
    "Europe/Istanbul",
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "Africa/Casablanca",  # changes around Ramadan, backwards
    "Pacific/Apia",  # skipped 30 December 2011
    "Asia/Kathmandu",
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone is given
hours = st.times().map(lambda hour: hour.replace(second=0, microsecond=0, fold=0))
weekdays = st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=7).map(tuple)
waits = st.builds(
    Wait,
    days=st.integers(0, 60),
    hours=st.integers(0, 100),
    minutes=st.integers(0, 100),
    since=st.sampled_from(["previous", "entry"]),
    at=st.none() | hours,
    weekdays=weekdays,
    until=st.none() | st.builds(Until, field=st.just("day"), days=st.integers(-60, 60)),
)


def due(wait: Wait, at: datetime, zone: str = "Europe/Istanbul", record: dict[str, str] | None = None) -> str:
    """The due moment on the zone's clock."""
    found = due_at(wait, entered=at, previous=at, record=record or {}, zone=ZoneInfo(zone))
    return found.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def clock(text: str, zone: str = "Europe/Istanbul") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


SATURDAY = clock("2026-03-14 15:30")


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (Wait(), "2026-03-14T15:30+03:00"),
        (Wait(minutes=45), "2026-03-14T16:15+03:00"),
        (Wait(days=2), "2026-03-16T15:30+03:00"),
        (Wait(days=2, at=time(10)), "2026-03-16T10:00+03:00"),
        (Wait(days=1, hours=1, at=time(10)), "2026-03-16T10:00+03:00"),
        (Wait(at=time(16)), "2026-03-14T16:00+03:00"),
        (Wait(at=time(15)), "2026-03-15T15:00+03:00"),
        (Wait(at=time(15, 30)), "2026-03-14T15:30+03:00"),
        (Wait(weekdays=("mon", "tue")), "2026-03-16T15:30+03:00"),
        (Wait(weekdays=("sat",), at=time(10)), "2026-03-21T10:00+03:00"),
        (Wait(days=3, at=time(10), weekdays=("mon", "fri")), "2026-03-20T10:00+03:00"),
        (Wait(until=Until("day", -2), at=time(9)), "2026-03-18T09:00+03:00"),
        (Wait(until=Until("day", 1)), "2026-03-21T00:00+03:00"),
        (Wait(until=Until("day", 0), hours=2), "2026-03-20T02:00+03:00"),
        (Wait(until=Until("meeting", -1), at=time(18)), "2026-03-19T18:00+03:00"),
        (Wait(until=Until("meeting"), minutes=30), "2026-03-20T15:30+03:00"),
        (Wait(until=Until("long_ago")), "2026-03-14T15:30+03:00"),
    ],
)
def test_due(wait: Wait, expected: str) -> None:
    record = {"day": "2026-03-20", "meeting": "2026-03-20T15:00:00", "long_ago": "2020-01-01"}
    assert due(wait, SATURDAY, record=record) == expected


@pytest.mark.parametrize(
    ("zone", "start", "wait", "expected"),
    [
        # the hour is skipped: the first moment after the gap
        ("America/New_York", "2026-03-07 02:30", Wait(days=1), "2026-03-08T03:00-04:00"),
        ("America/New_York", "2026-03-07 12:00", Wait(days=1, at=time(2, 30)), "2026-03-08T03:00-04:00"),
        ("Australia/Lord_Howe", "2026-10-03 02:10", Wait(days=1), "2026-10-04T02:30+11:00"),
        # the hour comes twice: its first occurrence
        ("America/New_York", "2026-10-31 12:00", Wait(days=1, at=time(1, 30)), "2026-11-01T01:30-04:00"),
        # a day is as long as the day is, an hour is an hour
        ("America/New_York", "2026-03-07 12:00", Wait(days=1), "2026-03-08T12:00-04:00"),
        ("America/New_York", "2026-03-07 12:00", Wait(hours=24), "2026-03-08T13:00-04:00"),
        ("America/New_York", "2026-10-31 12:00", Wait(hours=24), "2026-11-01T11:00-05:00"),
        # a whole day is skipped: neither its hour nor its weekday exists
        ("Pacific/Apia", "2011-12-29 09:00", Wait(days=1), "2011-12-31T00:00+14:00"),
        ("Pacific/Apia", "2011-12-29 09:00", Wait(days=1, weekdays=("fri",)), "2012-01-06T00:00+14:00"),
    ],
)
def test_due_when_the_clocks_change(zone: str, start: str, wait: Wait, expected: str) -> None:
    assert due(wait, clock(start, zone), zone) == expected


def test_a_day_after_the_second_time_an_hour_shows_is_no_second_time() -> None:
    """365 days after a repeated hour lies, in some years, another: it is its first occurrence, as always."""
    zone = ZoneInfo("America/New_York")
    second = datetime(2025, 11, 2, 1, 30, tzinfo=zone, fold=1)
    found = due_at(Wait(days=364), entered=second, previous=second, record={}, zone=zone).astimezone(zone)
    assert (found.isoformat(), found.fold) == ("2026-11-01T01:30:00-04:00", 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9999-12-31", "far"),
        ("9999-12-31T23:59:59-12:00", "far"),
        ("0001-01-01", "now"),
        ("0001-01-01T00:00:00+14:00", "now"),
        ("no date", "now"),
        ("", "now"),
    ],
)
def test_dates_at_the_ends_of_the_calendar_are_far_ahead_or_long_ago(value: str, expected: str) -> None:
    for zone in ZONES:
        for days in (-5, 0, 5):
            wait = Wait(until=Until("day", days), at=time(10))
            found = due_at(wait, entered=SATURDAY, previous=SATURDAY, record={"day": value}, zone=ZoneInfo(zone))
            ahead = found - SATURDAY
            assert ahead > timedelta(days=1_000_000) if expected == "far" else ahead < timedelta(days=7)


@given(wait=waits, entered=moments, later=st.timedeltas(timedelta(), timedelta(days=40)), zone=zones, day=st.dates())
def test_a_step_is_never_due_before_the_step_before_it(
    wait: Wait, entered: datetime, later: timedelta, zone: ZoneInfo, day: date
) -> None:
    previous = entered + later
    found = due_at(wait, entered=entered, previous=previous, record={"day": day.isoformat()}, zone=zone)
    assert found >= previous
    assert found.tzinfo is UTC


@given(days=st.integers(0, 400), start=moments, at=st.none() | hours, asked=weekdays, zone=zones)
def test_the_hour_and_the_weekday_are_those_asked_for(
    days: int, start: datetime, at: time | None, asked: tuple[str, ...], zone: ZoneInfo
) -> None:
    wait = Wait(days=days, at=at, weekdays=asked)
    found = due_at(wait, entered=start, previous=start, record={}, zone=zone).astimezone(zone)
    if asked:
        assert WEEKDAYS[found.weekday()] in asked
    if at is not None:
        shown = found.time()
        assert shown == at or follows_a_gap(found, zone), "the hour, or where it is skipped the first moment after"


def follows_a_gap(moment: datetime, zone: ZoneInfo) -> bool:
    just_before = (moment.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
    return just_before.utcoffset() != moment.utcoffset()


@given(day=st.dates(date(2005, 1, 1), date(2030, 1, 1)), hour=hours, zone=zones)
def test_the_wall_clock_shows_the_hour_or_it_is_skipped(day: date, hour: time, zone: ZoneInfo) -> None:
    moment = wall(day, hour, zone)
    shown = moment.astimezone(zone)
    if shown.replace(tzinfo=None) != datetime.combine(day, hour):
        assert follows_a_gap(shown, zone)
        assert shown.replace(tzinfo=None) > datetime.combine(day, hour)
    assert shown.fold == 0
    assert wall(shown.date(), shown.time(), zone) == moment, "what is shown then leads to the same moment"


@given(first=hours, second=hours, day=st.dates(date(2005, 1, 1), date(2030, 1, 1)), zone=zones)
def test_later_on_the_clock_is_not_earlier(first: time, second: time, day: date, zone: ZoneInfo) -> None:
    """But in the repeated hour, where the first occurrence of a later minute may come before a second."""
    earlier, later = sorted((first, second))
    assert wall(day, earlier, zone) <= wall(day, later, zone)


@given(wait=waits, start=moments, zone=zones)
def test_a_wait_from_its_own_end_that_only_names_an_hour_and_days_is_over(
    wait: Wait, start: datetime, zone: ZoneInfo
) -> None:
    """Idempotent: looking for the hour and weekday again finds the same moment, unless the clocks skipped it."""
    only = Wait(at=wait.at, weekdays=wait.weekdays)
    once = due_at(only, entered=start, previous=start, record={}, zone=zone)
    again = due_at(only, entered=once, previous=once, record={}, zone=zone)
    assert again == once or follows_a_gap(once.astimezone(zone), zone)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-14", "2026-03-13T21:00:00+00:00"),
        ("2026-03-14T10:00", "2026-03-14T07:00:00+00:00"),
        ("2026-03-14T10:00:00+01:00", "2026-03-14T09:00:00+00:00"),
        ("2026-03-14T10:00:00Z", "2026-03-14T10:00:00+00:00"),
        ("2026-03-14 10:00:00z", "2026-03-14T10:00:00+00:00"),
    ],
)
def test_a_records_date_is_a_moment_in_the_rules_zone(value: str, expected: str) -> None:
    moment = moment_of(value, ZoneInfo("Europe/Istanbul"))
    assert moment is not None
    assert moment.isoformat() == expected


@pytest.mark.parametrize("value", ["14.03.2026", "soon", "", None, 20260314, ["2026-03-14"], {}])
def test_anything_else_is_no_moment(value: object) -> None:
    assert moment_of(value, ZoneInfo("UTC")) is None


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "UTC\0", "a" * 5_000])
def test_an_unknown_zone_is_none(name: str) -> None:
    assert parse_zone(name) is None


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"days": -1}, ["days"]),
        ({"days": True}, ["days"]),
        ({"days": MAX_WAIT_DAYS + 1}, ["days"]),
        ({"days": 1.5, "hours": "2"}, ["days", "hours"]),
        ({"days": MAX_WAIT_DAYS, "hours": 1}, [""]),
        ({"at": "24:00"}, ["at"]),
        ({"at": "9:00"}, ["at"]),
        ({"at": 9}, ["at"]),
        ({"weekdays": ["monday"]}, ["weekdays"]),
        ({"weekdays": [1]}, ["weekdays"]),
        ({"since": "yesterday"}, ["since"]),
        ({"until": {"days": 3}}, ["until.field"]),
        ({"until": {"field": "record."}}, ["until.field"]),
        ({"until": {"field": "birth_date", "days": 1_000, "hour": 3}}, ["until.days", "until.hour"]),
        ({"until": "birth_date"}, ["until", "until.field"]),
        ({"day": 3}, ["day"]),
    ],
)
def test_every_problem_of_a_wait_is_reported_by_its_field(document: dict[str, object], fields: list[str]) -> None:
    problems: list[Problem] = []
    read_wait(Reader(document, "wait", problems))
    assert [problem.field for problem in problems] == [f"wait.{field}".rstrip(".") for field in fields]


def test_a_wait_as_an_admin_writes_it() -> None:
    problems: list[Problem] = []
    document = {"days": 3, "at": "09:30", "weekdays": "mon", "until": {"field": "record.trial_ends", "days": -3}}
    wait = read_wait(Reader(document, "wait", problems))
    assert problems == []
    assert wait == Wait(days=3, at=time(9, 30), weekdays=("mon",), until=Until("trial_ends", -3))
    assert not wait.immediate
    assert Wait(since="entry").immediate
