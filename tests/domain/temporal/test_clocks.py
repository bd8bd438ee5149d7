"""Wall-clock times of zones, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.temporal.clocks import moment_of, wall
from whenthen.domain.temporal.time_zones import parse_zone

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
hours = st.times().map(lambda hour: hour.replace(second=0, microsecond=0, fold=0))


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
