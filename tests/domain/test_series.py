"""Recurring series, compared with dateutil's reading of the same rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.series import buckets_of, read_series

START = date(2026, 1, 29)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, date]:
    start = draw(st.dates(date(2023, 1, 1), date(2026, 12, 31)))
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]
    if frequency == "WEEKLY" and draw(st.booleans()):
        others = draw(st.sets(st.sampled_from(DAYS)))
        parts.append("BYDAY=" + ",".join(sorted(others | {DAYS[start.weekday()]})))
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


@pytest.mark.parametrize(
    "text",
    ["", "every monday", "FREQ=HOURLY", "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=1MO",
     "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;COUNT=many", "FREQ=DAILY;UNTIL=then", "FREQ=WEEKLY;WKST=SU",
     "FREQ=DAILY;COUNT=0", "FREQ=WEEKLY;BYDAY=2TH"],
)  # fmt: skip
def test_what_cannot_be_read_whole_is_not_read(text: str) -> None:
    assert read_series(text, START, ()) is None


def test_other_writings() -> None:
    series = read_series("RRULE:freq=weekly;byday=mo;until=2026-02-15T10:00:00Z;", date(2026, 2, 2), ("2026-02-09",))
    assert series is not None
    days = [date(2026, 2, 1) + timedelta(days=n) for n in range(30)]
    assert [day.day for day in days if series.takes(day)] == [2]


def test_a_left_out_day_that_is_none() -> None:
    assert read_series("FREQ=DAILY", START, ("later",)) is None


def test_nothing_repeats() -> None:
    assert read_series(None, datetime(2026, 1, 1, tzinfo=UTC).date(), ()) is None
