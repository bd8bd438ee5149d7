"""When a step is due: days, hours, weekdays and dates, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from whenthen.domain.scheduling.due_times import GRACE, Missed, due_at
from whenthen.domain.temporal.clocks import WEEKDAYS
from whenthen.domain.temporal.waits import Past, Until, Wait

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
    past=st.sampled_from([None, *Past]),
)


def due(wait: Wait, at: datetime, zone: str = "Europe/Istanbul", record: dict[str, str] | None = None) -> str:
    """The due moment, or the one that is over, on the zone's clock."""
    found = due_at(wait, entered=at, previous=at, record=record or {}, zone=ZoneInfo(zone))
    if found is None:
        return "no date"
    moment = found.moment if isinstance(found, Missed) else found
    shown = moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")
    return f"over: {shown}" if isinstance(found, Missed) else shown


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
        (Wait(until=Until("long_ago")), "over: 2020-01-01T00:00+03:00"),
        (Wait(until=Until("nothing")), "no date"),
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
    due = due_at(Wait(days=364), entered=second, previous=second, record={}, zone=zone)
    assert isinstance(due, datetime)
    found = due.astimezone(zone)
    assert (found.isoformat(), found.fold) == ("2026-11-01T01:30:00-04:00", 0)


@pytest.mark.parametrize(
    "value", ["9999-12-31", "9999-12-31T23:59:59-12:00", "0001-01-01", "0001-01-01T00:00:00+14:00"]
)
@pytest.mark.parametrize("past", Past)
def test_dates_at_the_ends_of_the_calendar_are_far_ahead_or_long_ago(value: str, past: Past) -> None:
    for zone in ZONES:
        for days in (-5, 0, 5):
            wait = Wait(until=Until("day", days), at=time(10), past=past)
            found = due_at(wait, entered=SATURDAY, previous=SATURDAY, record={"day": value}, zone=ZoneInfo(zone))
            if value.startswith("9999"):
                assert isinstance(found, datetime)
                assert found - SATURDAY > timedelta(days=1_000_000)
            elif past is Past.SKIP:
                assert isinstance(found, Missed)
            else:
                assert isinstance(found, datetime)
                assert found - SATURDAY < timedelta(days=2)


@pytest.mark.parametrize("value", ["no date", "", None, 20260320, ["2026-03-20"], "14.03.2026", "13-40"])
def test_what_is_no_date_is_none(value: object) -> None:
    wait = Wait(until=Until("day"))
    assert due_at(wait, entered=SATURDAY, previous=SATURDAY, record={"day": value}, zone=ZoneInfo("UTC")) is None


@given(wait=waits, entered=moments, later=st.timedeltas(timedelta(), timedelta(days=40)), zone=zones, day=st.dates())
def test_a_step_is_never_due_before_the_step_before_it(
    wait: Wait, entered: datetime, later: timedelta, zone: ZoneInfo, day: date
) -> None:
    previous = entered + later
    found = due_at(wait, entered=entered, previous=previous, record={"day": day.isoformat()}, zone=zone)
    if isinstance(found, Missed):
        assert found.moment < previous
        assert wait.policy is Past.SKIP
        return
    assert found is not None
    assert found >= previous
    assert found.tzinfo is UTC


# --- moments that are over --------------------------------------------------------------------------------------------

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
SATURDAY_EVENING = clock("2026-03-14 20:00")
FRIDAY_NIGHT = clock("2026-03-13 01:30")


@pytest.mark.parametrize(
    ("wait", "skip", "run", "next_"),
    [
        # booked one day before, and reminded three days before
        (
            Wait(until=Until("tomorrow", -3)),
            "over: 2026-03-12T00:00+03:00",
            "2026-03-14T20:00+03:00",
            "2026-03-15T00:00+03:00",
        ),
        (
            Wait(until=Until("tomorrow", -3), at=time(9)),
            "over: 2026-03-12T09:00+03:00",
            "2026-03-15T09:00+03:00",
            "2026-03-15T09:00+03:00",
        ),
        (
            Wait(until=Until("tomorrow", -3), at=time(10), weekdays=WORKDAYS),
            "over: 2026-03-12T10:00+03:00",
            "2026-03-16T10:00+03:00",
            "2026-03-16T10:00+03:00",
        ),
        (
            Wait(until=Until("tomorrow", -3), weekdays=WORKDAYS),
            "over: 2026-03-12T00:00+03:00",
            "2026-03-16T00:00+03:00",
            "2026-03-16T00:00+03:00",
        ),
        # two hours before a visit in one hour
        (
            Wait(until=Until("visit", -1), hours=22),
            "over: 2026-03-14T19:00+03:00",
            "2026-03-14T20:00+03:00",
            "2026-03-15T19:00+03:00",
        ),
        # this morning
        (
            Wait(until=Until("today"), at=time(10)),
            "over: 2026-03-14T10:00+03:00",
            "2026-03-15T10:00+03:00",
            "2026-03-15T10:00+03:00",
        ),
        # the whole day is meant, and it lasts until midnight
        (Wait(until=Until("today")), "2026-03-14T20:00+03:00", "2026-03-14T20:00+03:00", "2026-03-14T20:00+03:00"),
        # a Saturday, but for a step of working days
        (
            Wait(until=Until("today"), weekdays=("sat",)),
            "2026-03-14T20:00+03:00",
            "2026-03-14T20:00+03:00",
            "2026-03-14T20:00+03:00",
        ),
        # dates that come round
        (
            Wait(until=Until("birth_date", -3), at=time(9)),
            "over: 1990-03-13T09:00+02:00",
            "2026-03-15T09:00+03:00",
            "2027-03-13T09:00+03:00",
        ),
        (
            Wait(until=Until("birth_date", -1), at=time(9)),
            "over: 1990-03-15T09:00+02:00",
            "2026-03-15T09:00+03:00",
            "2026-03-15T09:00+03:00",
        ),
        (
            Wait(until=Until("wedding_anniversary", 10), at=time(9), weekdays=WORKDAYS),
            "over: 2012-03-12T09:00+02:00",
            "2026-03-16T09:00+03:00",
            "2027-03-11T09:00+03:00",
        ),
        # the leap day: 28 February of a common year
        (
            Wait(until=Until("leap_birthday"), at=time(9)),
            "over: 1988-02-29T09:00+02:00",
            "2026-03-15T09:00+03:00",
            "2027-02-28T09:00+03:00",
        ),
        # month and day alone: the coming one
        (Wait(until=Until("yearless", -1), at=time(9)), *["2026-03-19T09:00+03:00"] * 3),
        (
            Wait(until=Until("yearless", -10), at=time(9)),
            "over: 2026-03-10T09:00+03:00",
            "2026-03-15T09:00+03:00",
            "2027-03-10T09:00+03:00",
        ),
        # a series: each Monday at three, without the next one
        (
            Wait(until=Until("starts_at", -1), at=time(18)),
            "over: 2026-03-01T18:00+03:00",
            "2026-03-15T18:00+03:00",
            "2026-03-22T18:00+03:00",
        ),
        (
            Wait(until=Until("starts_at"), hours=1),
            "over: 2026-03-02T16:00+03:00",
            "2026-03-14T20:00+03:00",
            "2026-03-23T16:00+03:00",
        ),
        # longer ago than the entry: three days after it, but the step before took a week
        (
            Wait(days=3, since="entry", at=time(10), weekdays=WORKDAYS),
            "over: 2026-03-10T10:00+03:00",
            "2026-03-16T10:00+03:00",
            "2026-03-16T10:00+03:00",
        ),
        (
            Wait(hours=5, since="entry"),
            "over: 2026-03-07T20:00+03:00",
            "2026-03-14T20:00+03:00",
            "2026-03-14T20:00+03:00",
        ),
    ],
)  # fmt: skip
def test_a_moment_that_is_over(wait: Wait, skip: str, run: str, next_: str) -> None:
    record = {
        "today": "2026-03-14",
        "tomorrow": "2026-03-15",
        "visit": "2026-03-14T21:00:00+03:00",
        "birth_date": "1990-03-16",
        "leap_birthday": "1988-02-29",
        "yearless": "--03-20",
        "wedding_anniversary": "2012-03-01",
        "starts_at": "2026-03-02T15:00:00+03:00",
        "recurrence": "FREQ=WEEKLY",
        "recurrence_exceptions": ["2026-03-16"],
    }
    entered = clock("2026-03-07 15:00")
    zone = ZoneInfo("Europe/Istanbul")

    def found(past: Past) -> str:
        due = due_at(replace(wait, past=past), entered=entered, previous=SATURDAY_EVENING, record=record, zone=zone)
        assert due is not None
        moment = due.moment if isinstance(due, Missed) else due
        return f"{'over: ' * isinstance(due, Missed)}{moment.astimezone(zone).isoformat(timespec='minutes')}"

    assert (found(Past.SKIP), found(Past.RUN), found(Past.NEXT)) == (skip, run, next_)


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (Wait(), Past.RUN),
        (Wait(days=3, since="entry"), Past.RUN),
        (Wait(until=Until("day", -3)), Past.SKIP),
        (Wait(until=Until("day"), past=Past.RUN), Past.RUN),
        (Wait(days=3, since="entry", past=Past.SKIP), Past.SKIP),
    ],
)
def test_moments_of_the_records_dates_are_skipped_and_others_run(wait: Wait, expected: Past) -> None:
    assert wait.policy is expected


@pytest.mark.parametrize("past", Past)
def test_a_moment_that_was_just_missed_is_kept(past: Past) -> None:
    """Sweeps come every five minutes, and a message takes its time: nine o'clock may be two past."""
    wait, record = Wait(until=Until("day"), at=time(15, 30), past=past), {"day": "2026-03-14"}
    zone = ZoneInfo("Europe/Istanbul")
    for late in (timedelta(seconds=1), GRACE):
        now = SATURDAY + late
        assert due_at(wait, entered=now, previous=now, record=record, zone=zone) == now
    now = SATURDAY + GRACE + timedelta(seconds=1)
    assert due_at(wait, entered=now, previous=now, record=record, zone=zone) != now


def test_a_series_that_is_over_has_no_next_moment() -> None:
    wait = Wait(until=Until("starts_at", -1), past=Past.NEXT)
    record = {"starts_at": "2026-03-02", "recurrence": "FREQ=WEEKLY;COUNT=2"}
    assert due(wait, SATURDAY, record=record) == "over: 2026-03-01T00:00+03:00"


@given(wait=waits, entered=moments, later=st.timedeltas(timedelta(), timedelta(days=40)), zone=zones, day=st.dates())
def test_the_weekday_holds_for_whatever_is_sent(
    wait: Wait, entered: datetime, later: timedelta, zone: ZoneInfo, day: date
) -> None:
    found = due_at(wait, entered=entered, previous=entered + later, record={"day": day.isoformat()}, zone=zone)
    if wait.weekdays and isinstance(found, datetime):
        assert WEEKDAYS[found.astimezone(zone).weekday()] in wait.weekdays


@given(
    wait=waits,
    entered=moments,
    later=st.timedeltas(timedelta(), timedelta(days=40)),
    zone=zones,
    day=st.dates(date(2004, 1, 1), date(2031, 1, 1)),
)
@settings(max_examples=500)
def test_asked_again_while_it_waits_the_moment_is_the_same(
    wait: Wait, entered: datetime, later: timedelta, zone: ZoneInfo, day: date
) -> None:
    """So a change of the record that does not touch its date moves no wait, whenever it comes."""
    previous, record = entered + later, {"day": day.isoformat()}
    found = due_at(wait, entered=entered, previous=previous, record=record, zone=zone)
    if wait.until is None or not isinstance(found, datetime):
        return
    for part in (0.001, 0.3, 1.0):
        asked = previous + (found - previous) * part
        again = due_at(wait, entered=entered, previous=asked, record=record, zone=zone)
        sooner = wait.past is Past.RUN and wait.at is None and again == asked
        assert again == found or sooner or follows_a_gap(found, zone), "sooner: as soon as the day allows it"


@given(days=st.integers(0, 400), start=moments, at=st.none() | hours, asked=weekdays, zone=zones)
def test_the_hour_and_the_weekday_are_those_asked_for(
    days: int, start: datetime, at: time | None, asked: tuple[str, ...], zone: ZoneInfo
) -> None:
    wait = Wait(days=days, at=at, weekdays=asked)
    due = due_at(wait, entered=start, previous=start, record={}, zone=zone)
    assert isinstance(due, datetime)
    found = due.astimezone(zone)
    if asked:
        assert WEEKDAYS[found.weekday()] in asked
    if at is not None:
        shown = found.time()
        assert shown == at or follows_a_gap(found, zone), "the hour, or where it is skipped the first moment after"


def follows_a_gap(moment: datetime, zone: ZoneInfo) -> bool:
    just_before = (moment.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
    return just_before.utcoffset() != moment.utcoffset()


@given(wait=waits, start=moments, zone=zones)
def test_a_wait_from_its_own_end_that_only_names_an_hour_and_days_is_over(
    wait: Wait, start: datetime, zone: ZoneInfo
) -> None:
    """Idempotent: looking for the hour and weekday again finds the same moment, unless the clocks skipped it."""
    only = Wait(at=wait.at, weekdays=wait.weekdays)
    once = due_at(only, entered=start, previous=start, record={}, zone=zone)
    assert isinstance(once, datetime)
    again = due_at(only, entered=once, previous=once, record={}, zone=zone)
    assert again == once or follows_a_gap(once.astimezone(zone), zone)
