"""When a step is due that waits for business days and hours, or for a time before a date of the record."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from whenthen.domain.scheduling.due_times import Missed, allowed_from, due_at
from whenthen.domain.temporal.business_time import BusinessCalendar
from whenthen.domain.temporal.clocks import LAST
from whenthen.domain.temporal.public_holidays import Holidays
from whenthen.domain.temporal.waits import Past, Until, Wait
from whenthen.domain.temporal.working_hours import usual_week

OFFICE = BusinessCalendar()
"""Monday to Friday from nine to six."""
CLOSED = BusinessCalendar(usual_week(), Holidays(also=frozenset({date(2026, 3, 16)})))
"""The same, but for Monday, 16 March."""


def clock(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shown(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (Wait(business_days=2), "Tue 2026-03-17 18:00"),
        (Wait(business_days=2, at=time(10)), "Tue 2026-03-17 10:00"),
        (Wait(business_days=2, at=time(20)), "Tue 2026-03-17 20:00"),  # an hour that is named goes before working hours
        (Wait(business_hours=4), "Mon 2026-03-16 13:00"),
        (Wait(business_hours=4, at=time(10)), "Tue 2026-03-17 10:00"),
        (Wait(business_hours=4, at=time(17, 30)), "Mon 2026-03-16 17:30"),
        (Wait(days=2, business_days=1), "Tue 2026-03-17 15:30"),
        (Wait(hours=3, business_hours=1), "Mon 2026-03-16 10:00"),
        (Wait(business_days=1, business_hours=5), "Tue 2026-03-17 14:00"),
        (Wait(business_days=1, weekdays=("thu",)), "Thu 2026-03-19 18:00"),
        (Wait(until=Until("renewal", business_days=-3)), "Tue 2026-03-24 09:00"),
        (Wait(until=Until("renewal", business_days=-3), at=time(10)), "Tue 2026-03-24 10:00"),
        (Wait(until=Until("meeting", hours=-2)), "Fri 2026-03-27 12:00"),
        (Wait(until=Until("meeting", hours=1, minutes=30)), "Fri 2026-03-27 15:30"),
        (Wait(until=Until("meeting", days=-1, minutes=-15)), "Thu 2026-03-26 13:45"),
        (Wait(until=Until("meeting", hours=-5), at=time(8)), "Sat 2026-03-28 08:00"),
    ],
)
def test_waits_by_calendar(wait: Wait, expected: str) -> None:
    start, zone = clock("2026-03-14 15:30", "Europe/Istanbul"), ZoneInfo("Europe/Istanbul")
    record = {"renewal": "2026-03-27", "meeting": "2026-03-27T14:00:00"}
    found = due_at(wait, entered=start, previous=start, record=record, zone=zone, business=OFFICE)
    assert isinstance(found, datetime)
    assert shown(found, "Europe/Istanbul") == expected


def test_a_named_hour_after_business_hours_is_never_on_a_day_off() -> None:
    start, zone = clock("2026-03-13 17:00", "Europe/Istanbul"), ZoneInfo("Europe/Istanbul")
    found = due_at(
        Wait(business_hours=1, at=time(9)), entered=start, previous=start, record={}, zone=zone, business=OFFICE
    )
    assert isinstance(found, datetime)
    assert shown(found, "Europe/Istanbul") == "Mon 2026-03-16 09:00"


def test_a_day_of_the_week_on_which_nobody_works_never_comes() -> None:
    start, zone = clock("2026-03-14 15:30", "Europe/Istanbul"), ZoneInfo("Europe/Istanbul")
    wait = Wait(business_days=1, weekdays=("sun",))
    assert due_at(wait, entered=start, previous=start, record={}, zone=zone, business=OFFICE) == LAST


SATURDAY = "Sat 2026-03-14 20:00"


@pytest.mark.parametrize(
    ("wait", "skip", "run", "next_"),
    [
        # two business days after entry, but the step before took a week
        (Wait(business_days=2, since="entry"), "over: Tue 2026-03-10 18:00", "Tue 2026-03-17 09:00", None),
        (
            Wait(business_days=2, since="entry", at=time(10)),
            "over: Tue 2026-03-10 10:00",
            "Tue 2026-03-17 10:00",
            "Tue 2026-03-17 10:00",
        ),
        (Wait(business_hours=1, since="entry", weekdays=("wed",)), "over: Wed 2026-03-11 10:00", None, None),
        # three business days before a visit on Monday
        (Wait(until=Until("visit", business_days=-3)), "over: Wed 2026-03-11 09:00", "Tue 2026-03-17 09:00", None),
        # two hours before a meeting in one hour
        (
            Wait(until=Until("meeting", hours=-2)),
            "over: Sat 2026-03-14 19:00",
            SATURDAY,
            "Sun 2026-03-15 19:00",
        ),
        (Wait(until=Until("meeting", minutes=-30)), "Sat 2026-03-14 20:30", "Sat 2026-03-14 20:30", None),
        (Wait(until=Until("meeting", minutes=-55)), "Sat 2026-03-14 20:05", "Sat 2026-03-14 20:05", None),
        (Wait(until=Until("meeting", minutes=-65)), SATURDAY, SATURDAY, SATURDAY),  # just missed
        (Wait(until=Until("birth_date", hours=-2)), "over: Thu 1990-03-15 22:00", SATURDAY, "Sun 2026-03-15 22:00"),
        (
            Wait(until=Until("birth_date", business_days=-1), at=time(9)),
            "over: Thu 1990-03-15 09:00",
            "Tue 2026-03-17 09:00",
            "Mon 2027-03-15 09:00",
        ),
    ],
)
def test_moments_that_are_over(wait: Wait, skip: str, run: str | None, next_: str | None) -> None:
    """Nobody works on Sunday, and not on Monday, 16 March. The run entered on Saturday a week before."""
    record = {"visit": "2026-03-17", "meeting": "2026-03-14T21:00:00+03:00", "birth_date": "1990-03-16"}
    zone = ZoneInfo("Europe/Istanbul")
    for past, expected in zip(Past, (skip, run, next_), strict=True):
        found = due_at(
            replace(wait, past=past),
            entered=clock("2026-03-07 15:00", "Europe/Istanbul"),
            previous=clock("2026-03-14 20:00", "Europe/Istanbul"),
            record=record,
            zone=zone,
            business=CLOSED,
        )
        assert found is not None
        moment = found.moment if isinstance(found, Missed) else found
        said = f"{'over: ' * isinstance(found, Missed)}{shown(moment, 'Europe/Istanbul')}"
        assert expected is None or said == expected, past


@pytest.mark.parametrize(
    ("wait", "at", "expected"),
    [
        (Wait(days=1), "2026-03-14 20:00", SATURDAY),
        (Wait(at=time(20)), "2026-03-14 20:00", SATURDAY),
        (Wait(at=time(20)), "2026-03-14 20:09", "Sat 2026-03-14 20:09"),
        (Wait(at=time(20)), "2026-03-14 20:11", "Sun 2026-03-15 20:00"),
        (Wait(at=time(10)), "2026-03-14 20:00", "Sun 2026-03-15 10:00"),
        (Wait(at=time(10), weekdays=("mon", "tue")), "2026-03-14 20:00", "Mon 2026-03-16 10:00"),
        (Wait(weekdays=("mon", "tue")), "2026-03-14 20:00", "Mon 2026-03-16 20:00"),
        (Wait(weekdays=("sat",)), "2026-03-14 20:00", SATURDAY),
        (Wait(business_days=1, at=time(10)), "2026-03-14 20:00", "Tue 2026-03-17 10:00"),
        (Wait(business_days=1), "2026-03-14 20:00", "Tue 2026-03-17 09:00"),
        (Wait(business_hours=1), "2026-03-17 10:30", "Tue 2026-03-17 10:30"),
    ],
)
def test_the_hour_and_the_days_hold_for_a_wait_that_ended_late(wait: Wait, at: str, expected: str) -> None:
    """As when a run was paused over the end of its wait."""
    found = allowed_from(wait, clock(at, "Europe/Istanbul"), ZoneInfo("Europe/Istanbul"), CLOSED)
    assert shown(found, "Europe/Istanbul") == expected


@pytest.mark.parametrize(
    ("zone", "at", "hour"),
    [("America/New_York", "2026-03-08 03:00", time(2, 30)), ("Europe/Istanbul", "2026-03-14 10:00", time(10))],
    ids=["the clocks skip the hour", "the very hour"],
)
def test_a_wait_that_ended_in_time_is_over(zone: str, at: str, hour: time) -> None:
    moment = clock(at, zone)
    assert allowed_from(Wait(at=hour), moment, ZoneInfo(zone)) == moment


@pytest.mark.parametrize(
    ("calendar", "at", "expected"),
    [
        (OFFICE, "2026-03-13 10:00", "Fri 2026-03-13 10:00"),
        (OFFICE, "2026-03-13 08:59", "Fri 2026-03-13 09:00"),
        (OFFICE, "2026-03-13 18:01", "Mon 2026-03-16 09:00"),
        (OFFICE, "2026-03-14 12:00", "Mon 2026-03-16 09:00"),
        (CLOSED, "2026-03-14 12:00", "Tue 2026-03-17 09:00"),
    ],
)
def test_when_people_work_next(calendar: BusinessCalendar, at: str, expected: str) -> None:
    found = calendar.opens_at(clock(at, "Europe/Istanbul"), ZoneInfo("Europe/Istanbul"))
    assert shown(found, "Europe/Istanbul") == expected


def test_where_nobody_ever_works_nobody_opens() -> None:
    never = BusinessCalendar(((),) * 7)
    assert never.opens_at(clock("2026-03-14 12:00", "Europe/Istanbul"), ZoneInfo("Europe/Istanbul")) == LAST
