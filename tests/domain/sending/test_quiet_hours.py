"""Quiet hours by the clocks of a zone, across every change of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.temporal.test_business_time import around_a_change
from whenthen.domain.sending.quiet_hours import QuietHours, end_of_quiet

NIGHT = QuietHours(time(21), time(9))
NOON = QuietHours(time(12), time(13, 30))

hours = st.integers(0, 1_439).map(lambda minutes: time(minutes // 60, minutes % 60))
spans = st.tuples(hours, hours).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair))


def clock(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def shown(moment: datetime | None, zone: str) -> str | None:
    return moment and moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("quiet", "zone", "at", "expected"),
    [
        (NIGHT, "Europe/Istanbul", "2026-03-14 20:59", None),
        (NIGHT, "Europe/Istanbul", "2026-03-14 21:00", "2026-03-15T09:00+03:00"),
        (NIGHT, "Europe/Istanbul", "2026-03-14 23:30", "2026-03-15T09:00+03:00"),
        (NIGHT, "Europe/Istanbul", "2026-03-15 00:00", "2026-03-15T09:00+03:00"),
        (NIGHT, "Europe/Istanbul", "2026-03-15 08:59", "2026-03-15T09:00+03:00"),
        (NIGHT, "Europe/Istanbul", "2026-03-15 09:00", None),
        (NIGHT, "Europe/Istanbul", "2026-12-31 22:00", "2027-01-01T09:00+03:00"),
        (NIGHT, "Europe/Istanbul", "2028-02-28 22:00", "2028-02-29T09:00+03:00"),
        (NOON, "Asia/Jakarta", "2026-03-15 12:00", "2026-03-15T13:30+07:00"),
        (NOON, "Asia/Jakarta", "2026-03-15 13:30", None),
        # The night in which clocks go forward is shorter, the one in which they go back is longer.
        (NIGHT, "Europe/Budapest", "2026-03-28 23:00", "2026-03-29T09:00+02:00"),
        (NIGHT, "Europe/Budapest", "2026-10-24 23:00", "2026-10-25T09:00+01:00"),
        (NIGHT, "Africa/Cairo", "2026-10-29 23:30", "2026-10-30T09:00+02:00"),
        (NIGHT, "Pacific/Apia", "2011-12-29 22:00", "2011-12-31T09:00+14:00"),
        # An end that the clocks skip is the first moment after the gap.
        (QuietHours(time(21), time(2, 30)), "America/New_York", "2026-03-07 23:00", "2026-03-08T03:00-04:00"),
        (QuietHours(time(21), time(2, 15)), "Australia/Lord_Howe", "2026-10-03 23:00", "2026-10-04T02:30+11:00"),
        (QuietHours(time(22), time(0, 30)), "Africa/Cairo", "2026-04-23 23:00", "2026-04-24T01:00+03:00"),
        # An hour that is quiet is quiet both times that the clocks show it.
        (QuietHours(time(21), time(1, 30)), "Europe/Budapest", "2026-10-24 23:00", "2026-10-25T01:30+02:00"),
        (QuietHours(time(2, 15), time(2, 45)), "Asia/Jerusalem", "2026-03-27 01:59", None),
    ],
)
def test_quiet_hours(quiet: QuietHours, zone: str, at: str, expected: str | None) -> None:
    assert shown(quiet.ends_at(clock(at, zone), ZoneInfo(zone)), zone) == expected


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    quiet = QuietHours(time(21), time(1, 30))
    zone = ZoneInfo("America/New_York")
    assert shown(quiet.ends_at(clock("2026-11-01 01:10", zone.key), zone), zone.key) == "2026-11-01T01:30-04:00"
    assert quiet.ends_at(clock("2026-11-01 01:40", zone.key), zone) is None
    second = clock("2026-11-01 01:10", zone.key, fold=1)
    assert shown(quiet.ends_at(second, zone), zone.key) == "2026-11-01T01:30-05:00"


@settings(max_examples=300)
@given(quiet=spans, place=around_a_change())
def test_all_until_the_end_is_quiet_and_the_end_is_not(quiet: QuietHours, place: tuple[datetime, ZoneInfo]) -> None:
    moment, zone = place
    end = quiet.ends_at(moment, zone)
    assert (end is not None) is quiet.hold(moment.astimezone(zone).time())
    if end is not None:
        assert not quiet.hold(end.astimezone(zone).time())
        minutes = int((end - moment).total_seconds() // 60)
        assert 0 < minutes <= 24 * 60 + 24 * 60  # a zone may skip a day
        assert all(
            quiet.hold((moment + timedelta(minutes=ahead)).astimezone(zone).time()) for ahead in range(0, minutes, 5)
        )


@given(first=spans, second=spans, place=around_a_change())
def test_several_spans_are_over_when_none_is_quiet(
    first: QuietHours, second: QuietHours, place: tuple[datetime, ZoneInfo]
) -> None:
    moment, zone = place
    end = end_of_quiet((first, second), moment, zone)
    is_quiet = [span.hold(moment.astimezone(zone).time()) for span in (first, second)]
    assert (end is not None) is any(is_quiet)
    whole_day = all(
        first.hold(hour) or second.hold(hour) for hour in (time(h, m) for h in range(24) for m in range(60))
    )
    if end is not None and not whole_day:
        assert not any(span.hold(end.astimezone(zone).time()) for span in (first, second))


def test_spans_that_leave_no_moment_end_never() -> None:
    day = QuietHours(time(9), time(21))
    end = end_of_quiet((NIGHT, day), clock("2026-03-15 12:00", "UTC"), ZoneInfo("UTC"))
    assert end is not None
    assert end > clock("2026-03-15 12:00", "UTC")
