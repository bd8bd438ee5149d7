"""Recurring series, compared with dateutil's reading of the same rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.temporal.recurrence import Series, buckets_of, read_series

START = date(2026, 1, 29)
NEW_YORK, ISTANBUL = ZoneInfo("America/New_York"), ZoneInfo("Europe/Istanbul")
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, date]:
    start = draw(st.dates(date(2023, 1, 1), date(2026, 12, 31)))
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]
    if frequency == "WEEKLY" and draw(st.booleans()):
        others = draw(st.sets(st.sampled_from(DAYS)))
        parts.append("BYDAY=" + ",".join(sorted(others | {DAYS[start.weekday()]})))
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 40))}")
    if end == "UNTIL":
        parts.append(f"UNTIL={start + timedelta(days=draw(st.integers(0, 900))):%Y%m%d}")
    return ";".join(parts), start


@settings(max_examples=100)
@given(rules())
def test_the_days_are_those_of_the_standard(given_rule: tuple[str, date]) -> None:
    text, start = given_rule
    series = read_series(text, start, ())
    assert series is not None
    last = start + timedelta(days=1_000)
    midnight = datetime.min.time()
    oracle = rrulestr(text, dtstart=datetime.combine(start, midnight))
    expected = {moment.date() for moment in oracle.xafter(datetime.combine(start, midnight), count=1_001, inc=True)}
    expected = {day for day in expected if day <= last}
    days = [start + timedelta(days=n) for n in range(-40, 1_001)]
    assert {day for day in days if series.takes(day)} == expected
    assert all(set(series.buckets) & set(buckets_of(day)) for day in expected), "the index leads to each day"


@settings(max_examples=100)
@given(
    start=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    hour=st.sampled_from([time(0), time(4), time(9, 30), time(21), time(23, 59, 59)]),
    zone=st.sampled_from([NEW_YORK, ISTANBUL, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"), UTC]),
    rule=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=DAILY;INTERVAL=3"]),
    seconds=st.one_of(st.integers(0, 40 * 86_400), st.integers(0, 40).map(lambda days: days * 86_400)),
)
def test_the_last_day_is_that_of_the_standard(start: date, hour: time, zone: ZoneInfo, rule: str, seconds: int) -> None:
    begins = datetime.combine(start, hour, zone)
    until = begins.astimezone(UTC) + timedelta(seconds=seconds)
    text = f"{rule};UNTIL={until:%Y%m%dT%H%M%SZ}"
    expected = [moment.date() for moment in rrulestr(text, dtstart=begins)]
    assert days(read_series(text, start, (), hour, zone), 60) == expected


def days(series: Series | None, most: int = 14) -> list[date]:
    """Return those of the first days that the series has."""
    assert series is not None
    return [day for n in range(most) if series.takes(day := series.start + timedelta(days=n))]


UNTIL: list[tuple[str, time | None, ZoneInfo, int]] = [
    # the end; the hour and the zone of a daily series from the 25th of March on; its last day
    ("20260401T035959Z", time(9), NEW_YORK, 31),
    ("20260331T130000Z", time(9), NEW_YORK, 31),
    ("20260331T125959Z", time(9), NEW_YORK, 30),
    ("20260331T010000Z", time(21), NEW_YORK, 30),
    ("20260330T210000Z", time(0), ISTANBUL, 31),
    ("20260330T205959Z", time(23), ISTANBUL, 30),
    ("2026-03-30T23:30:00+03:00", time(23), ISTANBUL, 30),
    ("20260331T090000", time(9), NEW_YORK, 31),
    ("20260331T085959", time(9), NEW_YORK, 30),
    ("20260331", time(9), NEW_YORK, 31),
    ("2026-03-31", time(9), NEW_YORK, 31),
    ("20260331T130000Z", time(9, 0, 0, 500_000), NEW_YORK, 31),
    ("20260331T000000Z", None, NEW_YORK, 31),
    ("20260331T235959Z", None, ISTANBUL, 31),
    ("20260331", None, NEW_YORK, 31),
]


@pytest.mark.parametrize(("until", "hour", "zone", "last"), UNTIL)
def test_the_last_day(until: str, hour: time | None, zone: ZoneInfo, last: int) -> None:
    series = read_series(f"FREQ=DAILY;UNTIL={until}", date(2026, 3, 25), (), hour, zone)
    assert days(series)[-1] == date(2026, 3, last)


@pytest.mark.parametrize("zone", [NEW_YORK, ISTANBUL])
@pytest.mark.parametrize(
    ("until", "ends"), [("99991231T235959Z", False), ("99991231", False), ("00010101T000000Z", True)]
)
def test_an_end_that_means_never(until: str, ends: bool, zone: ZoneInfo) -> None:
    series = read_series(f"FREQ=DAILY;UNTIL={until}", START, (), time(9), zone)
    assert bool(days(series)) is not ends


LEFT_OUT: list[tuple[str, time | None, ZoneInfo, int]] = [
    ("2026-03-28T01:00:00Z", time(21), NEW_YORK, 27),
    ("20260328T010000Z", time(21), NEW_YORK, 27),
    ("2026-03-27T21:00:00-04:00", time(21), NEW_YORK, 27),
    ("2026-03-27T21:00:00-04:00", time(4), ISTANBUL, 28),
    ("2026-03-27T21:00:00", time(21), NEW_YORK, 27),
    ("2026-03-27", time(21), NEW_YORK, 27),
    ("20260327", time(21), ISTANBUL, 27),
    ("2026-03-27t21:30:00z", time(0, 30), ISTANBUL, 28),
    ("2026-03-27T00:00:00Z", None, NEW_YORK, 27),
]


@pytest.mark.parametrize(("text", "hour", "zone", "day"), LEFT_OUT)
def test_a_day_that_is_left_out(text: str, hour: time | None, zone: ZoneInfo, day: int) -> None:
    start = date(2026, 3, 25)
    taken = days(read_series("FREQ=DAILY;COUNT=7", start, (text,), hour, zone))
    assert {start + timedelta(days=n) for n in range(7)} - {*taken} == {date(2026, 3, day)}


@pytest.mark.parametrize(
    ("first", "expected"), [("MO", [5, 10, 19, 24]), ("SU", [5, 17, 19, 31]), ("FR", [5, 17, 19, 31])]
)
def test_every_second_week_begins_on_the_named_day(first: str, expected: list[int]) -> None:
    """The example of RFC 5545, 3.8.5.3, from Tuesday 5 August 1997 on."""
    text = f"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={first}"
    assert [day.day for day in days(read_series(text, date(1997, 8, 5), ()), 40)] == expected


@pytest.mark.parametrize(
    "text",
    ["", "every monday", "FREQ=HOURLY", "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=1MO",
     "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;COUNT=many", "FREQ=DAILY;UNTIL=then", "FREQ=WEEKLY;WKST=XX",
     "FREQ=DAILY;UNTIL=20260331T", "FREQ=DAILY;UNTIL=20260331T25",
     "FREQ=DAILY;COUNT=0", "FREQ=WEEKLY;BYDAY=2TH"],
)  # fmt: skip
def test_a_rule_with_unknown_parts_is_not_read(text: str) -> None:
    assert read_series(text, START, ()) is None


def test_other_writings() -> None:
    series = read_series("RRULE:freq=weekly;byday=mo;until=2026-02-15T10:00:00Z;", date(2026, 2, 2), ("2026-02-09",))
    assert series is not None
    days = [date(2026, 2, 1) + timedelta(days=n) for n in range(30)]
    assert [day.day for day in days if series.takes(day)] == [2]


def test_a_malformed_exception_makes_the_series_unreadable() -> None:
    assert read_series("FREQ=DAILY", START, ("later",)) is None


def test_nothing_repeats() -> None:
    assert read_series(None, datetime(2026, 1, 1, tzinfo=UTC).date(), ()) is None
