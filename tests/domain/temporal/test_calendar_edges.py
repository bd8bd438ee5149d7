"""The edges of the calendar, as docs/reference/rules.md pins them: each test is named there."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from whenthen.domain.scheduling.due_times import due_at
from whenthen.domain.temporal.waits import Until, Wait

ZONES = (
    "Europe/Istanbul", "Europe/Budapest", "Asia/Jakarta", "Asia/Jerusalem", "America/New_York", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Cairo",
)  # fmt: skip


def clock(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def due(wait: Wait, at: str, zone: str, **record: str) -> str:
    """When a step that waits since this clock time is due, by the same clocks."""
    start = clock(at, zone)
    found = due_at(wait, entered=start, previous=start, record=record, zone=ZoneInfo(zone))
    return found.astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="minutes")


@pytest.mark.parametrize(
    ("zone", "at", "hour", "expected"),
    [
        ("Europe/Budapest", "2026-03-28 12:00", time(2, 30), "2026-03-29 03:00+02:00"),
        ("Asia/Jerusalem", "2026-03-26 12:00", time(2, 30), "2026-03-27 03:00+03:00"),
        ("America/New_York", "2026-03-07 12:00", time(2, 30), "2026-03-08 03:00-04:00"),
        ("Australia/Lord_Howe", "2026-10-03 12:00", time(2, 15), "2026-10-04 02:30+11:00"),
        ("Africa/Cairo", "2026-04-23 12:00", time(0, 30), "2026-04-24 01:00+03:00"),
        ("Pacific/Apia", "2020-09-26 12:00", time(3, 30), "2020-09-27 04:00+14:00"),
        ("Europe/Istanbul", "2026-03-28 12:00", time(2, 30), "2026-03-29 02:30+03:00"),
        ("Asia/Jakarta", "2026-03-28 12:00", time(2, 30), "2026-03-29 02:30+07:00"),
    ],
)
def test_an_hour_that_the_clocks_skip_is_the_first_moment_after_the_gap(
    zone: str, at: str, hour: time, expected: str
) -> None:
    assert due(Wait(days=1, at=hour), at, zone) == expected


@pytest.mark.parametrize(
    ("zone", "at", "hour", "expected"),
    [
        ("Europe/Budapest", "2026-10-24 12:00", time(2, 30), "2026-10-25 02:30+02:00"),
        ("Asia/Jerusalem", "2026-10-24 12:00", time(1, 30), "2026-10-25 01:30+03:00"),
        ("America/New_York", "2026-10-31 12:00", time(1, 30), "2026-11-01 01:30-04:00"),
        ("Australia/Lord_Howe", "2026-04-04 12:00", time(1, 45), "2026-04-05 01:45+11:00"),
        ("Africa/Cairo", "2026-10-28 12:00", time(23, 30), "2026-10-29 23:30+03:00"),
        ("Pacific/Apia", "2021-04-03 12:00", time(3, 30), "2021-04-04 03:30+14:00"),
    ],
)
def test_an_hour_that_the_clocks_repeat_is_its_first_occurrence(zone: str, at: str, hour: time, expected: str) -> None:
    assert due(Wait(days=1, at=hour), at, zone) == expected


@pytest.mark.parametrize(
    ("zone", "at", "day", "hours"),
    [
        ("Europe/Budapest", "2026-03-28 12:00", "2026-03-29 12:00+02:00", "2026-03-29 13:00+02:00"),
        ("Europe/Budapest", "2026-10-24 12:00", "2026-10-25 12:00+01:00", "2026-10-25 11:00+01:00"),
        ("Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-04 12:00+11:00", "2026-10-04 12:30+11:00"),
        ("Australia/Lord_Howe", "2026-04-04 12:00", "2026-04-05 12:00+10:30", "2026-04-05 11:30+10:30"),
        ("America/New_York", "2026-03-07 12:00", "2026-03-08 12:00-04:00", "2026-03-08 13:00-04:00"),
        ("Africa/Cairo", "2026-10-29 12:00", "2026-10-30 12:00+02:00", "2026-10-30 11:00+02:00"),
        ("Asia/Jakarta", "2026-03-28 12:00", "2026-03-29 12:00+07:00", "2026-03-29 12:00+07:00"),
    ],
)
def test_days_keep_the_clock_time_and_hours_do_not(zone: str, at: str, day: str, hours: str) -> None:
    assert (due(Wait(days=1), at, zone), due(Wait(hours=24), at, zone)) == (day, hours)


def test_a_day_that_the_zone_skips_is_the_next_one() -> None:
    """Samoa had no 30 December 2011: it moved to the other side of the date line."""
    assert due(Wait(days=1), "2011-12-29 10:00", "Pacific/Apia") == "2011-12-31 00:00+14:00"
    assert due(Wait(days=1, at=time(10)), "2011-12-29 10:00", "Pacific/Apia") == "2011-12-31 10:00+14:00"
    assert due(Wait(weekdays=("fri",)), "2011-12-29 10:00", "Pacific/Apia") == "2012-01-06 10:00+14:00"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("at", "days", "expected"),
    [
        ("2026-01-31 10:00", 30, "2026-03-02 10:00"),
        ("2028-01-31 10:00", 30, "2028-03-01 10:00"),
        ("2026-04-30 10:00", 1, "2026-05-01 10:00"),
        ("2026-03-31 10:00", 31, "2026-05-01 10:00"),
    ],
)
def test_days_run_over_the_end_of_a_month(zone: str, at: str, days: int, expected: str) -> None:
    assert due(Wait(days=days), at, zone).startswith(expected)


@pytest.mark.parametrize("zone", ZONES)
def test_a_leap_day_is_counted(zone: str) -> None:
    assert due(Wait(days=1), "2028-02-28 10:00", zone).startswith("2028-02-29 10:00")
    assert due(Wait(days=1), "2026-02-28 10:00", zone).startswith("2026-03-01 10:00")
    assert due(Wait(days=360), "2028-02-29 10:00", zone).startswith("2029-02-23 10:00")
    until = Wait(until=Until("ends", days=-1), at=time(9))
    assert due(until, "2028-01-01 10:00", zone, ends="2028-03-01").startswith("2028-02-29 09:00")


@pytest.mark.parametrize("zone", ZONES)
def test_days_and_weekdays_run_over_the_turn_of_the_year(zone: str) -> None:
    assert due(Wait(days=2), "2026-12-30 10:00", zone).startswith("2027-01-01 10:00")
    assert due(Wait(hours=10), "2026-12-31 20:00", zone).startswith("2027-01-01 06:00")
    assert due(Wait(weekdays=("mon",), at=time(9)), "2026-12-31 10:00", zone).startswith("2027-01-04 09:00")
    assert due(Wait(until=Until("ends", hours=-1)), "2026-12-01 10:00", zone, ends="2027-01-01").startswith(
        "2026-12-31 23:00"
    )
