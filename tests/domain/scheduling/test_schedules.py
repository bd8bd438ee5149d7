"""Schedules: the moments of cron expressions, also at daylight-saving changes, each once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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
    return [f"{moment:%H:%M}" for moment in parse_cron(text).moments_of(day, zone)]


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("30 9 * * *", SPRING, ["07:30"]),
        ("30 9 * * *", date(2026, 3, 28), ["08:30"]),
        ("30 2 * * *", SPRING, ["01:00"]),  # 02:30 is skipped: the first moment after the gap
        ("0,30 2 * * *", SPRING, ["01:00"]),  # both are: once
        ("30 2 * * *", AUTUMN, ["00:30"]),  # 02:30 comes twice: the first
        ("0 * * * *", SPRING, [f"{hour:02}:00" for hour in (23, *range(22))]),
        ("0 * * * *", AUTUMN, [f"{hour:02}:00" for hour in (22, 23, *range(23))]),
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
    ],
)
def test_moments_of_a_day(text: str, day: date, expected: list[str]) -> None:
    assert moments(text, day) == expected


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "0 9 * * * *", "60 9 * * *", "0 24 * * *", "0 9 0 * *", "0 9 32 * *", "0 9 * 13 *", "0 9 * * 8",
     "0 9 * * someday", "0 9 * * fri-mon", "0 9 5-1 * *", "0 9 */0 * *", "a b c d e", "0 -9 * * *", "0 9,, * * *",
     "0 9 1--5 * *", "@daily", "* 9 * * *", "*/4 9 * * *", "0 ٩ * * *", "0 9 L * *", "0 9 ? * *", "1e1 9 * * *"],
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
        ("0 9 * * fri-mon", BAD_STEP(value="fri-mon", part=DAY_OF_WEEK())),
        ("0 9,, * * *", BAD_PART(value="", part=HOUR())),
    ],
)
def test_the_reason_names_the_part_that_is_wrong(text: str, reason: Reason) -> None:
    with pytest.raises(InvalidValue) as error:
        parse_cron(text)
    assert error.value.reason == reason


def test_the_next_one() -> None:
    after = datetime(2026, 3, 14, 8, tzinfo=UTC)
    assert Schedule(BUDAPEST, parse_cron("0 9 * * *")).following(after) == datetime(2026, 3, 15, 8, tzinfo=UTC)
    assert Schedule(UTC_ZONE, parse_cron("0 0 29 2 *")).following(after) == datetime(2028, 2, 29, tzinfo=UTC)
    assert Schedule(UTC_ZONE, parse_cron("0 0 31 2 *")).following(after) is None
    assert Schedule(UTC_ZONE, at=after).following(after) is None
    assert Schedule(UTC_ZONE, at=after).following(after - timedelta(seconds=1)) == after


UTC_ZONE = ZoneInfo("UTC")
fields = st.tuples(
    st.sampled_from(["0", "15,45", "*/5", "7-9", "30"]),
    st.sampled_from(["*", "9", "2", "0-3", "*/6", "1,2,3"]),
    st.sampled_from(["*", "1", "28-31", "*/2"]),
    st.sampled_from(["*", "3", "mar-oct", "2"]),
    st.sampled_from(["*", "mon-fri", "0", "sun,wed"]),
).map(" ".join)


@settings(max_examples=60)
@given(fields, st.integers(0, 60 * 24 * 365 * 2), st.lists(st.integers(1, 60 * 30), min_size=1, max_size=30),
       st.sets(st.integers(0, 29)), st.sampled_from([BUDAPEST, ISTANBUL, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
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


@settings(max_examples=40)
@given(fields, st.integers(0, 364))
def test_without_daylight_saving_every_minute_that_fits_and_no_other(text: str, day: int) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    cron = parse_cron(text)
    came = set(Schedule(UTC_ZONE, cron).between(first - timedelta(minutes=1), first + timedelta(hours=23, minutes=59)))
    every = [first + timedelta(minutes=minute) for minute in range(1_440)]
    fits = {m for m in every if m.minute in cron.minutes and m.hour in cron.hours and cron.comes_on(m.date())}
    assert came == fits


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
