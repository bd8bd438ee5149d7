"""Schedules: the moments of cron expressions, also at daylight-saving changes, each once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reasons import Reason
from whenthen.domain.event_catalog import catalog
from whenthen.domain.event_catalog.event_types import problems_of
from whenthen.domain.scheduling.schedules import (
    BAD_PART,
    BAD_STEP,
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    NEVER,
    NOT_FIVE_FIELDS,
    OUT_OF_BOUNDS,
    TOO_OFTEN,
    Schedule,
    parse_cron,
    schedule_event,
)
from whenthen.domain.scheduling.sweep_window import Lateness, Window

BUDAPEST, ISTANBUL, NEW_YORK = ZoneInfo("Europe/Budapest"), ZoneInfo("Europe/Istanbul"), ZoneInfo("America/New_York")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # in Budapest 02:00 → 03:00, and 03:00 → 02:00


def moments(text: str, day: date, zone: ZoneInfo = BUDAPEST) -> list[str]:
    """The moments of a day of the zone, as UTC clocks show them."""
    begin, end = (datetime.combine(day + timedelta(days=days), time(), tzinfo=zone) for days in (0, 1))
    just_before = timedelta(microseconds=1)
    return [f"{it:%H:%M}" for it in Schedule(zone, parse_cron(text)).between(begin - just_before, end - just_before)]


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("30 9 * * *", SPRING, ["07:30"]),
        ("30 9 * * *", date(2026, 3, 28), ["08:30"]),
        ("30 2 * * *", SPRING, ["01:00"]),  # 02:30 is skipped: the first moment after the gap
        ("0,30 2 * * *", SPRING, ["01:00"]),  # both are: once
        ("30 2 * * *", AUTUMN, ["00:30"]),  # 02:30 comes twice: the first
        ("*/30 2 * * *", SPRING, ["01:00"]),  # so too where a field begins with *
        ("*/30 2 * * *", AUTUMN, ["00:00", "00:30"]),
        ("0 */2 * * *", SPRING, ["23:00", "01:00", *(f"{hour:02}:00" for hour in range(2, 22, 2))]),
        ("0 2,3 * * *", SPRING, ["01:00"]),
        ("0 2,3 * * *", AUTUMN, ["00:00", "02:00"]),
        ("0 */2 * * *", AUTUMN, ["22:00", "00:00", *(f"{hour:02}:00" for hour in range(3, 23, 2))]),
        ("30 * * * *", SPRING, [f"{hour:02}:30" for hour in (23, *range(22))]),
        ("30 * * * *", AUTUMN, [f"{hour:02}:30" for hour in (22, 23, *range(23))]),
        ("0 * * * *", SPRING, [f"{hour:02}:00" for hour in (23, *range(22))]),
        ("0 * * * *", AUTUMN, [f"{hour:02}:00" for hour in (22, 23, *range(23))]),
        ("0 0-23 * * *", AUTUMN, [f"{hour:02}:00" for hour in (22, 23, *range(23))]),
        ("0 */24 * * *", AUTUMN, ["22:00"]),
        ("0 9 * * sat,sun", SPRING, ["07:00"]),
        ("0 9 * * mon-fri", SPRING, []),
        ("0 9 * * 7", SPRING, ["07:00"]),
        ("0 9 * * 0", SPRING, ["07:00"]),
        ("0 9 * * 5-7", SPRING, ["07:00"]),
        ("0 9 29 * *", SPRING, ["07:00"]),
        ("0 9 1 * sun", SPRING, ["07:00"]),  # either day field is enough
        ("0 9 1 * mon", SPRING, []),
        ("0 9 */2 * mon", SPRING, []),  # a field with * does not count as given
        ("0 9 */2 * sun", SPRING, ["07:00"]),
        ("0 9 29 apr *", SPRING, []),
        ("0 9 29 FEB-apr *", SPRING, ["07:00"]),
        ("0 8-10/2 * 3 *", SPRING, ["06:00", "08:00"]),
        ("*/20 0 * * *", date(2026, 1, 5), ["23:00", "23:20", "23:40"]),
        ("50/5 0 * * *", date(2026, 1, 5), ["23:50", "23:55"]),
        ("5 4 29 2 *", date(2028, 2, 29), ["03:05"]),
        ("0 9 L * *", date(2026, 2, 28), ["08:00"]),  # the last day of the month
        ("0 9 L * *", date(2028, 2, 28), []),
        ("0 9 LW * *", date(2026, 2, 27), ["08:00"]),  # its last day from Monday to Friday
        ("0 9 LW * *", date(2026, 2, 28), []),
        ("0 9 * * mon#1", date(2026, 2, 2), ["08:00"]),  # its first Monday
        ("0 9 * * mon#1", date(2026, 2, 9), []),
        ("0 9 * * 5L", date(2026, 2, 27), ["08:00"]),  # its last Friday
        ("0 9 * * 5L", date(2026, 2, 20), []),
        ("0 009 * * *", date(2026, 1, 5), ["08:00"]),
        ("0 9 */100 * *", date(2026, 1, 1), ["08:00"]),
    ],
)
def test_moments_of_a_day(text: str, day: date, expected: list[str]) -> None:
    assert moments(text, day) == expected


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "0 9 * * * *", "60 9 * * *", "0 24 * * *", "0 9 0 * *", "0 9 32 * *", "0 9 * 13 *", "0 9 * * 8",
     "0 9 * * someday", "0 9 * * fri-mon", "0 9 5-1 * *", "0 9 */0 * *", "a b c d e", "0 -9 * * *", "0 9,, * * *",
     "0 9 1--5 * *", "@daily", "* 9 * * *", "*/4 9 * * *", "0 ٩ * * *", "0 L * * *", "0 9 ? * *", "1e1 9 * * *",
     "0 9 * * frı", "0 9 * * mon#6", "0 9 * * L", "0 9 * * monL", "0 9 L-3 * *", "0 9 15W * *", "0 0 9 * * *",
     "0 9-9/2 * * *", "0 9 * * mon-1/2", f"0 {'9' * 5_000} * * *"],
)  # fmt: skip
def test_a_malformed_expression_is_rejected(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        parse_cron(text)
    assert error.value.reason.code.startswith("cron.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("* * * *", NOT_FIVE_FIELDS()),
        ("*/4 9 * * *", TOO_OFTEN(count=12)),
        ("0 9 32 * *", OUT_OF_BOUNDS(value="32", part=DAY_OF_MONTH(), least=1, most=31)),
        ("0 9 * * someday", OUT_OF_BOUNDS(value="someday", part=DAY_OF_WEEK(), least=0, most=7)),
        ("0 9,20-24/2 * * *", OUT_OF_BOUNDS(value="24", part=HOUR(), least=0, most=23)),
        ("0 9 * * fri-mon", BAD_STEP(value="fri-mon", part=DAY_OF_WEEK())),
        ("0 9 */0 * *", BAD_STEP(value="*/0", part=DAY_OF_MONTH())),
        ("0 9 * * sun,mon#6", BAD_PART(value="mon#6", part=DAY_OF_WEEK())),
        ("0 9,, * * *", BAD_PART(value="", part=HOUR())),
    ],
)
def test_the_reason_names_the_part_that_is_wrong(text: str, reason: Reason) -> None:
    with pytest.raises(InvalidValue) as error:
        parse_cron(text)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("text", "days"),
    [("sat-sun", {6, 0}), ("SAT-Sun", {6, 0}), ("6-0", {6, 0}), ("fri-sun", {5, 6, 0}), ("1-sun/2", {1, 3, 5, 0}),
     ("wed,sat-sun", {3, 6, 0}), ("mon-sun", set(range(7))), ("sat-7", {6, 0}), ("sun-mon", {0, 1})],
)  # fmt: skip
def test_a_range_may_end_with_sunday(text: str, days: set[int]) -> None:
    week = [date(2026, 3, 15) + timedelta(days=number) for number in range(7)]
    found = {number for number, day in enumerate(week) if moments(f"0 9 * * {text}", day)}
    assert found == days


@pytest.mark.parametrize("text", ["0 0 31 2 *", "0 0 30,31 feb */2", "0 0 31 4,jun,9,11 *", "0 0 */20 * 1L"])
def test_an_expression_that_never_comes_is_rejected(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        parse_cron(text)
    assert error.value.reason == NEVER()


def test_the_next_one() -> None:
    after = datetime(2026, 3, 14, 8, tzinfo=UTC)
    assert Schedule(BUDAPEST, parse_cron("0 9 * * *")).following(after) == datetime(2026, 3, 15, 8, tzinfo=UTC)
    assert Schedule(UTC_ZONE, parse_cron("0 0 29 2 *")).following(after) == datetime(2028, 2, 29, tzinfo=UTC)
    assert Schedule(UTC_ZONE, parse_cron("0 0 * 2 mon#5")).following(after) == datetime(2044, 2, 29, tzinfo=UTC)
    assert Schedule(UTC_ZONE, at=after).following(after) is None
    assert Schedule(UTC_ZONE, at=after).following(after - timedelta(seconds=1)) == after


UTC_ZONE = ZoneInfo("UTC")
LORD_HOWE, CAIRO, NUUK = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo"), ZoneInfo("America/Nuuk")
MINUTES = {"0": {0}, "40": {40}, "15,45": {15, 45}, "*/5": set(range(0, 60, 5)), "7-9": {7, 8, 9}, "30": {30}}
HOURS = {"*": set(range(24)), "0-23": set(range(24)), "9": {9}, "2": {2}, "0-3": {0, 1, 2, 3}, "*/6": {0, 6, 12, 18},
         "1,2,3": {1, 2, 3}, "23": {23}, "*/24": {0}}  # fmt: skip
DAYS = {"*": set(range(1, 32)), "1": {1}, "25-31": set(range(25, 32)), "*/2": set(range(1, 32, 2))}
MONTHS = {"*": set(range(1, 13)), "3": {3}, "mar-oct": set(range(3, 11)), "4,10": {4, 10}}
WEEKDAYS = {"*": set(range(7)), "mon-fri": {1, 2, 3, 4, 5}, "0": {0}, "sun,wed": {0, 3}, "6-7": {6, 0}}
fields = st.tuples(*(st.sampled_from(list(field)) for field in (MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS))).map(" ".join)


@settings(max_examples=60)
@given(fields, st.integers(0, 60 * 24 * 365 * 2), st.lists(st.integers(1, 60 * 30), min_size=1, max_size=30),
       st.sets(st.integers(0, 29)), st.sampled_from([BUDAPEST, ISTANBUL, NEW_YORK, LORD_HOWE]),
       st.sampled_from([1, 24]))  # fmt: skip
def test_each_moment_once_however_sweeps_come(
    text: str, begin: int, minutes: list[int], crashes: set[int], zone: ZoneInfo, hours: int
) -> None:
    schedule = Schedule(zone, parse_cron(text), late=Lateness(timedelta(hours=hours)))
    live = since = now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
    fired, sweeps = [], []
    for number, gap in enumerate(minutes):
        now += timedelta(minutes=gap)
        fired += [schedule_event("rule_a", moment) for moment in schedule.due(Window(since, now, live))]
        sweeps.append(now)
        since = since if number in crashes else now
    in_time = [
        moment
        for moment in schedule.between(live, now)
        if min(sweep for sweep in sweeps if sweep >= moment) - moment <= timedelta(hours=hours)
    ]
    assert {event.id for event in fired} == {schedule_event("rule_a", moment).id for moment in in_time}
    assert len({event.id for event in fired}) == len(in_time)


def comes_on(text: str, day: date) -> bool:
    """Whether any moment of the expression, made of the tables above, is on that day."""
    _, _, days, months, weekdays = text.split()
    by_date, by_weekday = day.day in DAYS[days], day.isoweekday() % 7 in WEEKDAYS[weekdays]
    either = not (days.startswith("*") or weekdays.startswith("*"))
    return day.month in MONTHS[months] and (by_date or by_weekday if either else by_date and by_weekday)


def minute_by_minute(text: str, zone: ZoneInfo, begin: datetime, end: datetime) -> list[datetime]:
    """When the expression is due after `begin` and until `end`, found by looking at the clocks every minute.

    A fixed hour is due when clocks first show it or more; a schedule of every hour whenever they show its minute.
    """
    margin = timedelta(days=2)
    minutes = [begin - margin + timedelta(minutes=n) for n in range((end - begin + 2 * margin) // timedelta(minutes=1))]
    shown = [(moment, moment.astimezone(zone).replace(tzinfo=None)) for moment in minutes]
    minute, hour, *_ = text.split()
    if len(HOURS[hour]) == 24:
        due = {moment for moment, clock in shown if clock.minute in MINUTES[minute] and comes_on(text, clock.date())}
    else:
        days = sorted({clock.date() for _, clock in shown[1_440:-1_440]})
        clocks = [datetime.combine(day, time(*at)) for day in days for at in product(HOURS[hour], MINUTES[minute])]
        due = {next(m for m, clock in shown if clock >= wanted) for wanted in clocks if comes_on(text, wanted.date())}
    return sorted(moment for moment in due if begin < moment <= end)


CHANGES = [
    (BUDAPEST, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    (BUDAPEST, datetime(2026, 10, 25, 1, tzinfo=UTC)),
    (LORD_HOWE, datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),  # by half an hour
    (LORD_HOWE, datetime(2026, 4, 4, 15, tzinfo=UTC)),
    (CAIRO, datetime(2026, 4, 23, 22, tzinfo=UTC)),  # there is no midnight
    (CAIRO, datetime(2026, 10, 29, 21, tzinfo=UTC)),  # 23:00 to 24:00 comes twice
    (NUUK, datetime(2026, 3, 29, 1, tzinfo=UTC)),  # there is no hour before midnight
    (NUUK, datetime(2026, 10, 25, 1, tzinfo=UTC)),
    (ISTANBUL, datetime(2026, 5, 1, tzinfo=UTC)),  # no change at all
]


def test_the_clocks_do_change_at_these_moments() -> None:
    steps = [
        (change - timedelta(minutes=1)).astimezone(zone).utcoffset() != change.astimezone(zone).utcoffset()
        for zone, change in CHANGES
    ]
    assert steps == [True] * 8 + [False]


@settings(max_examples=80, deadline=None)
@given(fields, st.sampled_from(CHANGES), st.integers(-28 * 60, 3 * 60), st.integers(1, 40))
def test_each_moment_is_where_the_clocks_show_it(
    text: str, change: tuple[ZoneInfo, datetime], minutes: int, hours: int
) -> None:
    zone, at = change
    begin = at + timedelta(minutes=minutes)
    end = begin + timedelta(hours=hours)
    found = list(Schedule(zone, parse_cron(text)).between(begin, end))
    assert found == minute_by_minute(text, zone, begin, end)


@pytest.mark.parametrize("text", ["30 2 * * *", "45 */24 * * *", "*/60 0 * * *", "15 23 * * *"])
@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_a_daily_schedule_is_neither_lost_nor_doubled(text: str, zone: ZoneInfo, change: datetime) -> None:
    day = change.astimezone(zone).date()
    first, last = (datetime.combine(day + timedelta(days=days), time(12), tzinfo=zone) for days in (-3, 3))
    assert len(list(Schedule(zone, parse_cron(text)).between(first, last))) == 6


def test_one_moment() -> None:
    at = datetime(2026, 5, 1, 6, tzinfo=UTC)
    schedule = Schedule(ISTANBUL, at=at)
    assert list(schedule.due(Window(at - timedelta(minutes=5), at))) == [at]
    assert list(schedule.due(Window(at + timedelta(minutes=10), at + timedelta(minutes=15)))) == []
    assert list(schedule.due(Window(at - timedelta(days=2), at + timedelta(hours=30)))) == [], "too late by default"


def test_events_of_moments() -> None:
    moment = datetime(2026, 5, 1, 6, tzinfo=UTC)
    event, of_record = schedule_event("rule_a", moment), schedule_event("rule_a", moment, "lead:1")
    assert (event.type, event.time, event.subject) == ("schedule.reached", moment, None)
    assert of_record.subject == "lead:1"
    assert len({event.id, of_record.id, schedule_event("rule_b", moment).id}) == 3
    row = catalog.find(event.type)
    assert row is not None
    assert not problems_of(row.data, event.data, "data")
