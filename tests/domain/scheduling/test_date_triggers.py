"""Date triggers: the days of a sweep, the records due, and each occasion once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.event_catalog import catalog
from whenthen.domain.event_catalog.event_types import problems_of
from whenthen.domain.records.date_index import DateEntry, date_entries, days_on_earth, is_dated, read_date, replaced
from whenthen.domain.records.record import Record
from whenthen.domain.scheduling.date_triggers import (
    DateField,
    Occurrence,
    date_event,
    due_events,
    lookups,
)
from whenthen.domain.scheduling.sweep_window import Lateness, Window
from whenthen.domain.temporal.anniversaries import Leap, anniversary
from whenthen.domain.temporal.clocks import wall
from whenthen.domain.temporal.recurrence import read_series

NEW_YORK = ZoneInfo("America/New_York")
ISTANBUL, JAKARTA, BUDAPEST = ZoneInfo("Europe/Istanbul"), ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Budapest")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 14, 6, 2, tzinfo=UTC)  # 09:02 in Istanbul


def index(records: Iterable[Record], noted: datetime = LONG_AGO) -> list[DateEntry]:
    return [entry for record in records for entry in date_entries(record, noted)]


def contact(external_id: str, **fields: Any) -> Record:
    return Record("contact", external_id, fields, 1)


def found(spec: DateField, entries: list[DateEntry], window: Window) -> list[DateEntry]:
    """Return what the index has for the sweep's lookups; each entry once."""
    places = lookups(spec, window)
    return [e for e in entries if any(e.partition == p.partition and e.sort.startswith(p.prefix) for p in places)]


def swept(spec: DateField, entries: list[DateEntry], window: Window) -> list[str]:
    events = due_events("rule_a", spec, found(spec, entries, window), window)
    return sorted(f"{event.subject} {event.data['date']} {event.time:%Y-%m-%dT%H:%M}" for event in events)


def sweep(minutes: int = 5, now: datetime = NOW, live: datetime | None = None) -> Window:
    return Window(now - timedelta(minutes=minutes), now, live)


def birthday(**changes: Any) -> DateField:
    given: dict[str, Any] = {"kind": "contact", "field": "birth_date", "yearly": True, "zone": ISTANBUL, **changes}
    return DateField(**given)


def renewal(**changes: Any) -> DateField:
    given: dict[str, Any] = {"kind": "contact", "field": "renewal_date", "yearly": False, "zone": ISTANBUL, **changes}
    return DateField(**given)


PEOPLE = index(
    [
        contact("a", birth_date="1990-03-14"),
        contact("b", birth_date="1990-03-15"),
        contact("c", birth_date="--03-14"),
        contact("d", birth_date="2026-03-14"),
        contact("e", birth_date="soon"),
        contact("f", name="no date"),
    ]
)


def test_birthdays_of_today() -> None:
    assert swept(birthday(), PEOPLE, sweep()) == [
        "contact:a 2026-03-14 2026-03-14T06:00",
        "contact:c 2026-03-14 2026-03-14T06:00",
    ], "who is born today has no birthday yet"


def test_a_sweep_reads_only_the_people_of_its_days() -> None:
    everyone = index(contact(str(n), birth_date=f"1990-{n % 12 + 1:02}-{n % 28 + 1:02}") for n in range(3_000))
    assert len(found(birthday(), everyone, sweep())) < 3_000 / 365 * 6


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (birthday(days=-1), ["contact:b 2026-03-15 2026-03-14T06:00"]),
        (birthday(days=1), []),
        (birthday(at=time(9, 1)), ["contact:a 2026-03-14 2026-03-14T06:01", "contact:c 2026-03-14 2026-03-14T06:01"]),
        (birthday(at=time(9, 3)), []),
        (birthday(zone=JAKARTA), []),
        (birthday(zone=JAKARTA, at=time(13, 0)), ["contact:a 2026-03-14 2026-03-14T06:00",
                                                  "contact:c 2026-03-14 2026-03-14T06:00"]),
    ],
)  # fmt: skip
def test_offset_hour_and_zone(spec: DateField, expected: list[str]) -> None:
    assert swept(spec, PEOPLE, sweep()) == expected


def test_an_offset_over_new_year_belongs_to_the_birthdays_year() -> None:
    spec, now = birthday(days=-3), datetime(2026, 12, 30, 6, 0, tzinfo=UTC)
    entries = index([contact("a", birth_date="1990-01-02")])
    window = sweep(now=now)
    (event,) = due_events("rule_a", spec, found(spec, entries, window), window)
    assert (event.data["date"], event.data["years"]) == ("2027-01-02", 37)


@pytest.mark.parametrize(
    ("year", "leap", "day"),
    [(2028, Leap.FEB28, "02-29"), (2027, Leap.FEB28, "02-28"), (2027, Leap.MAR1, "03-01"), (2100, Leap.MAR1, "03-01"),
     (2028, Leap.MAR1, "02-29"), (2032, Leap.FEB28, "02-29")],
)  # fmt: skip
def test_29_february(year: int, leap: Leap, day: str) -> None:
    assert anniversary(2, 29, year, leap) == date.fromisoformat(f"{year}-{day}")
    entries = index([contact("leap", birth_date="1996-02-29")])
    came = [
        str(when.date())
        for when in (datetime(year, 2, 26, 6, 1, tzinfo=UTC) + timedelta(days=n) for n in range(6))
        if swept(birthday(leap=leap), entries, sweep(now=when))
    ]
    assert came == [f"{year}-{day}"]


def test_the_records_own_zone_goes_first() -> None:
    spec = birthday(own_zone=True, zone=ISTANBUL)
    entries = index(
        [
            contact("jakarta", birth_date="1990-03-14", time_zone="Asia/Jakarta"),
            contact("nowhere", birth_date="1990-03-14", time_zone="Mars/Olympus"),
            contact("kiritimati", birth_date="1990-03-15", time_zone="Pacific/Kiritimati"),
            contact("pago", birth_date="1990-03-13", time_zone="Pacific/Pago_Pago"),
        ]
    )
    came = {
        line: now.hour
        for now in reversed([NOW.replace(day=13, hour=0, minute=0) + timedelta(hours=n) for n in range(48)])
        for line in swept(spec, entries, sweep(60, now))
    }
    assert came == {
        "contact:pago 2026-03-13 2026-03-13T20:00": 20,
        "contact:jakarta 2026-03-14 2026-03-14T02:00": 2,
        "contact:nowhere 2026-03-14 2026-03-14T06:00": 6,
        "contact:kiritimati 2026-03-15 2026-03-14T19:00": 19,
    }


class TestOnce:
    def test_only_in_its_year(self) -> None:
        entries = index([contact("now", renewal_date="2026-03-14"), contact("past", renewal_date="2025-03-14"),
                         contact("yearless", renewal_date="--03-14")])  # fmt: skip
        assert swept(renewal(), entries, sweep()) == ["contact:now 2026-03-14 2026-03-14T06:00"]

    def test_a_week_before(self) -> None:
        entries = index([contact("a", renewal_date="2026-03-21")])
        assert swept(renewal(days=-7), entries, sweep()) == ["contact:a 2026-03-21 2026-03-14T06:00"]

    def test_a_moment_is_of_the_day_that_the_zone_shows(self) -> None:
        spec = DateField("meeting", "starts_at", yearly=False, zone=ISTANBUL, days=-1, at=time(9))
        entries = index([Record("meeting", "1", {"starts_at": "2026-03-14T22:30:00Z"}, 1),
                         Record("meeting", "2", {"starts_at": "2026-03-15T00:30:00"}, 1),
                         Record("meeting", "3", {"starts_at": "2026-03-14T20:30:00Z"}, 1)])  # fmt: skip
        assert swept(spec, entries, sweep()) == [
            "meeting:1 2026-03-15 2026-03-14T06:00",
            "meeting:2 2026-03-15 2026-03-14T06:00",
        ]

    def test_without_an_hour_a_moment_has_its_own(self) -> None:
        spec = DateField("meeting", "starts_at", yearly=False, zone=ISTANBUL, days=-1)
        entries = index([Record("meeting", "1", {"starts_at": "2026-03-15T06:00:00Z"}, 1)])
        assert swept(spec, entries, sweep()) == ["meeting:1 2026-03-15 2026-03-14T06:00"]


class TestSeries:
    SPEC = DateField("meeting", "starts_at", yearly=False, zone=ISTANBUL, days=-1, at=time(9))

    def test_a_reminder_before_each_meeting(self) -> None:
        fields = {
            "starts_at": "2026-03-01T22:30:00Z",  # Monday 2 March in Istanbul
            "recurrence": "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=6",
            "recurrence_exceptions": ["2026-03-09"],
        }
        entries = index([Record("meeting", "1", fields, 1)])
        days = [NOW.replace(month=3, day=1) + timedelta(days=n) for n in range(40)]
        came = [line for now in days for line in swept(self.SPEC, entries, sweep(now=now))]
        assert [line.split()[1] for line in came] == [
            "2026-03-02", "2026-03-05", "2026-03-12", "2026-03-16", "2026-03-19"
        ]  # fmt: skip

    @pytest.mark.parametrize("zones", [{"zone": NEW_YORK}, {"zone": ISTANBUL, "own_zone": True}])
    def test_its_end_and_exceptions_are_moments_in_its_zone(self, zones: dict[str, Any]) -> None:
        fields = {
            "starts_at": "2026-03-25T21:00:00-04:00",
            "time_zone": "America/New_York",
            "recurrence": "FREQ=DAILY;WKST=SU;UNTIL=20260401T035959Z",
            "recurrence_exceptions": ["2026-03-28T01:00:00Z", "2026-03-29"],
        }
        entries = index([Record("meeting", "1", fields, 1)])
        spec = DateField("meeting", "starts_at", yearly=False, **zones)
        hours = [datetime(2026, 3, 25, tzinfo=UTC) + timedelta(hours=n) for n in range(24 * 14)]
        came = {line.split()[2] for now in hours for line in swept(spec, entries, sweep(60, now))}
        days = ["2026-03-26", "2026-03-27", "2026-03-29", "2026-03-31", "2026-04-01"]  # by the clocks of UTC
        assert sorted(came) == [f"{day}T01:00" for day in days]

    @pytest.mark.parametrize(
        "exceptions",
        [
            ["2026-03-09", "soon"],
            ["2026-03-09", "16. März 2026"],
            ["2026-03-09", 20260316],
            ["2026-03-09", None],
            ["2026-03-09", "2026-03-16T09:00:00" + "0" * 40],
            ["2026-02-30"],
            "soon",
            20260309,
            {"day": "2026-03-09"},
            [f"2026-03-09T00:{minute // 60:02}:{minute % 60:02}" for minute in range(401)],
        ],
    )
    def test_where_an_exception_cannot_be_read_no_day_that_was_taken_out_comes(self, exceptions: Any) -> None:
        fields = {
            "starts_at": "2026-03-02T09:00:00Z",
            "recurrence": "FREQ=WEEKLY",
            "recurrence_exceptions": exceptions,
        }
        entries = index([Record("meeting", "1", fields, 1)])
        days = [NOW.replace(month=3, day=1) + timedelta(days=n) for n in range(30)]
        came = [line.split()[1] for now in days for line in swept(self.SPEC, entries, sweep(now=now))]
        assert came == ["2026-03-02"], "only the first date"

    @pytest.mark.parametrize("exceptions", ["2026-03-09", ["2026-03-09"], ["20260309"], ["2026-03-09T09:00:00Z"]])
    def test_a_single_exception_may_stand_alone(self, exceptions: Any) -> None:
        fields = {"starts_at": "2026-03-02", "recurrence": "FREQ=WEEKLY;COUNT=3", "recurrence_exceptions": exceptions}
        entries = index([Record("meeting", "1", fields, 1)])
        days = [NOW.replace(month=3, day=1) + timedelta(days=n) for n in range(30)]
        came = [line.split()[1] for now in days for line in swept(self.SPEC, entries, sweep(now=now))]
        assert came == ["2026-03-02", "2026-03-16"]

    @pytest.mark.parametrize("exceptions", [None, "", []])
    def test_without_exceptions_each_day_comes(self, exceptions: Any) -> None:
        fields = {"starts_at": "2026-03-02", "recurrence": "FREQ=WEEKLY;COUNT=2", "recurrence_exceptions": exceptions}
        entries = index([Record("meeting", "1", fields, 1)])
        days = [NOW.replace(month=3, day=1) + timedelta(days=n) for n in range(30)]
        came = [line.split()[1] for now in days for line in swept(self.SPEC, entries, sweep(now=now))]
        assert came == ["2026-03-02", "2026-03-09"]

    def test_other_fields_do_not_repeat(self) -> None:
        record = Record("meeting", "1", {"booked_on": "2026-03-14", "recurrence": "FREQ=DAILY"}, 1)
        assert [entry.sort for entry in date_entries(record, NOW)] == ["date#2026#meeting:1"]


class TestLate:
    def test_days_that_were_missed_run_within_the_rules_lateness(self) -> None:
        window = Window(NOW - timedelta(days=3), NOW)
        entries = index([contact(str(day), birth_date=f"1990-03-{day}") for day in (10, 11, 12, 13, 14)])
        assert [line[:10] for line in swept(birthday(), entries, window)] == ["contact:14"]
        lenient = birthday(late=Lateness(timedelta(hours=50)))
        assert [line[:10] for line in swept(lenient, entries, window)] == ["contact:12", "contact:13", "contact:14"]

    def test_skipped_occasions_are_counted(self) -> None:
        window, late = Window(NOW - timedelta(days=3), NOW), Lateness(timedelta(hours=24))
        assert window.missed(NOW - timedelta(days=2), late)
        assert not window.missed(NOW - timedelta(hours=2), late)
        assert not window.missed(NOW - timedelta(days=4), late), "that was told by the sweep before"
        assert not Window(window.since, NOW, NOW - timedelta(hours=1)).missed(NOW - timedelta(days=2), late)

    def test_occasions_before_the_rule_was_switched_on_do_not_count(self) -> None:
        assert swept(birthday(), PEOPLE, sweep(live=NOW - timedelta(minutes=1))) == []
        assert swept(birthday(), PEOPLE, sweep(live=NOW - timedelta(minutes=3)))

    def test_a_record_that_comes_in_at_noon_of_its_birthday(self) -> None:
        noon = NOW.replace(hour=12)
        entries = index([contact("a", birth_date="1990-03-14")], noted=noon - timedelta(minutes=1))
        assert swept(birthday(), entries, sweep(now=noon)) == ["contact:a 2026-03-14 2026-03-14T06:00"]
        assert swept(birthday(), entries, sweep(now=noon + timedelta(hours=1))) == []

    def test_a_record_that_comes_in_the_day_after(self) -> None:
        day_after = NOW + timedelta(days=1, hours=1)
        entries = index([contact("a", birth_date="1990-03-14")], noted=day_after)
        assert swept(birthday(late=Lateness(timedelta(days=31))), entries, sweep(now=day_after)) == []


dates = st.dates(date(1920, 1, 1), date(2024, 12, 31))
zones = st.sampled_from(["Europe/Istanbul", "Europe/Budapest", "America/Sao_Paulo", "Pacific/Kiritimati",
                         "Pacific/Pago_Pago", "Australia/Lord_Howe", "UTC"])  # fmt: skip
gaps = st.lists(st.integers(1, 60 * 40), min_size=1, max_size=60)


def naive(spec: DateField, born: date, zone: ZoneInfo) -> list[tuple[int, datetime]]:
    """Every year's moment, the long way."""
    years = [year for year in range(2024, 2031) if year > born.year]
    days = [(year, anniversary(born.month, born.day, year, spec.leap)) for year in years]
    return [(year, wall(day + timedelta(days=spec.days), spec.at or time(9), zone)) for year, day in days]


@settings(max_examples=150)
@given(
    born=st.one_of(dates, st.just(date(1996, 2, 29)), st.just(date(1996, 12, 31))),
    begin=st.integers(0, 1_500_000).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    minutes=gaps,
    crashes=st.sets(st.integers(0, 59)),
    days=st.sampled_from([0, 0, -3, 7, -40]),
    at=st.times(),
    own=st.one_of(st.none(), zones),
    zone=zones,
    leap=st.sampled_from(Leap),
    hours=st.sampled_from([1, 24, 24 * 31]),
    anchor=st.booleans(),
)
def test_each_year_once_however_sweeps_come(
    born: date, begin: datetime, minutes: list[int], crashes: set[int], days: int, at: time, own: str | None, zone: str,
    leap: Leap, hours: int, anchor: bool,
) -> None:  # fmt: skip
    spec = birthday(days=days, at=at.replace(second=0, microsecond=0), own_zone=True, zone=ZoneInfo(zone), leap=leap,
                    late=Lateness(timedelta(hours=hours)))  # fmt: skip
    moments = naive(spec, born, ZoneInfo(own or zone))
    if anchor:  # most random times are nowhere near: begin shortly before one of the moments
        begin = moments[len(moments) // 2][1] - timedelta(minutes=minutes[0] // 2)
    entries = index([contact("a", birth_date=born.isoformat(), **({"time_zone": own} if own else {}))])
    since, now, fired, sweeps = begin, begin, [], []
    for number, gap in enumerate(minutes):
        now += timedelta(minutes=gap)
        window = Window(since, now, live=begin)
        fired += due_events("rule_a", spec, found(spec, entries, window), window)
        sweeps.append(now)
        if number not in crashes:  # a sweep that dies after its events leaves the window as it was
            since = now
    expected = {
        year
        for year, moment in moments
        if begin < moment <= now and min(s for s in sweeps if s >= moment) - moment <= spec.late.most
    }
    by_id = {event.id: event for event in fired}
    assert len(by_id) == len(expected)
    assert {event.data["date"][:4] for event in by_id.values()} == {str(year) for year in expected}
    assert all(by_id[event.id] == event for event in fired), "a repetition says the same"


@settings(max_examples=150)
@given(
    noted=st.integers(-600, 3_000),
    minutes=st.lists(st.integers(1, 30), min_size=60, max_size=120),
    delay=st.integers(0, 9),
)
def test_a_record_noted_at_any_time_is_seen(noted: int, minutes: list[int], delay: int) -> None:
    """Written at any moment, visible up to nine minutes later: one event if that was within a day of its hour."""
    spec, moment = birthday(late=Lateness(timedelta(days=31))), datetime(2026, 3, 14, 6, tzinfo=UTC)
    written = moment + timedelta(minutes=noted)
    entries = index([contact("a", birth_date="1990-03-14")], noted=written)
    since = now = moment - timedelta(hours=11)
    fired, first = set(), None
    for gap in minutes:
        now += timedelta(minutes=gap)
        if now >= written + timedelta(minutes=delay):
            first = first or max(now, moment)
            window = Window(since, now)
            fired |= {event.id for event in due_events("rule_a", spec, found(spec, entries, window), window)}
        since = now
    seen = first is not None and now >= moment and first - moment <= timedelta(days=1)
    assert len(fired) == seen


def test_events_of_occurrences() -> None:
    occurrence = Occurrence("contact:a", date(2026, 3, 14), datetime(2026, 3, 14, 6, tzinfo=UTC), 36)
    event = date_event("rule_a", birthday(), occurrence)
    assert (event.type, event.subject, event.time) == ("birthday.reached", "contact:a", occurrence.due)
    assert event.data == {"rule": "rule_a", "field": "birth_date", "date": "2026-03-14",
                          "due": "2026-03-14T06:00:00.000Z", "years": 36}  # fmt: skip
    row = catalog.find(event.type)
    assert row is not None
    assert not problems_of(row.data, event.data, "data")
    assert date_event("rule_b", birthday(), occurrence).id != event.id
    assert date_event("rule_a", birthday(days=-1), occurrence).type == "date.reached"
    assert date_event("rule_a", renewal(), occurrence).type == "date.reached"


@pytest.mark.parametrize("name", ["birth_date", "date", "renewal_date", "due", "due_date", "starts_at", "valid_until",
                                  "name_day", "birthday", "expires_on", "start", "deadline"])  # fmt: skip
def test_names_of_date_fields(name: str) -> None:
    assert is_dated(name)


@pytest.mark.parametrize("name", ["name", "format", "candidate", "monday", "phone", "update", "status"])
def test_names_of_other_fields(name: str) -> None:
    assert not is_dated(name)


@pytest.mark.parametrize(
    "value", [None, 7, "", "09:30", "2026-02-30", "02-30", "0001-01-01", "9999-12-31T23:59:59-12:00", "next week", []]
)
def test_values_that_are_no_dates(value: Any) -> None:
    assert read_date(value) is None
    assert date_entries(Record("contact", "1", {"due": value}, 1), NOW) == ()


class TestReplacing:
    def test_only_entries_that_differ_are_written(self) -> None:
        old = date_entries(contact("a", birth_date="1990-03-14", due="2026-05-01"), LONG_AGO)
        new = date_entries(contact("a", birth_date="1990-03-14", due="2026-06-01"), NOW)
        gone, written = replaced(old, new)
        assert [entry.partition for entry in gone] == ["date#contact.due#05-01"]
        assert [(entry.partition, entry.noted) for entry in written] == [("date#contact.due#06-01", NOW)]

    def test_under_the_same_key_it_is_only_written(self) -> None:
        old = date_entries(contact("a", due="2026-05-01T10:00:00Z"), LONG_AGO)
        new = date_entries(contact("a", due="2026-05-01T11:00:00Z"), NOW)
        gone, written = replaced(old, new)
        assert not gone
        assert len(written) == 1

    def test_keys_of_a_record_differ(self) -> None:
        fields = {"starts_at": "2026-03-14T10:00:00Z", "date": "2026-03-14", "recurrence": "FREQ=WEEKLY;BYDAY=MO,TU"}
        entries = date_entries(Record("meeting", "1", fields, 1), NOW)
        assert len({(entry.partition, entry.sort) for entry in entries}) == len(entries) == 6


def occasions(fields: dict[str, Any], spec: DateField, days: Iterable[date]) -> list[str]:
    """The days on which the trigger comes, when a sweep asks the index for each of these days of UTC."""
    entries = index([Record("meeting", "1", fields, 1, updated_at=LONG_AGO)])
    seen: dict[str, None] = {}
    for day in days:
        since = datetime.combine(day, time(), tzinfo=UTC)
        window = Window(since, since + timedelta(days=1), None)
        for event in due_events("rule", spec, found(spec, entries, window), window):
            seen[event.data["date"]] = None
    return list(seen)


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range(count)]


ZONES = ["Europe/Istanbul", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC", "Asia/Kathmandu"]
STARTS = ["2026-02-01T00:30:00+03:00", "2026-01-31T22:30:00-05:00", "2026-03-01T12:00:00Z", "2026-02-28T23:59:00Z",
          "2026-12-31T23:30:00Z", "2026-01-01T00:00:00Z", "2024-02-29T20:00:00Z", "2024-03-01T05:00:00Z",
          "2023-03-01T05:00:00Z", "2023-02-28T22:00:00Z", "2026-05-31T18:00:00Z", "2026-03-30T03:00:00"]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("rule", ["FREQ=MONTHLY", "FREQ=WEEKLY", "FREQ=MONTHLY;INTERVAL=2;COUNT=5", "FREQ=YEARLY"])
def test_a_series_comes_on_each_of_its_days_by_the_clocks_of_any_zone(zone: str, start: str, rule: str) -> None:
    spec = DateField("meeting", "starts_at", yearly=False, zone=ZoneInfo(zone))
    moment = datetime.fromisoformat(start)
    local = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment
    series = read_series(rule, local.date(), (), local.time(), ZoneInfo(zone))
    assert series is not None
    days = days_from(local.date(), 380)
    expected = [day.isoformat() for day in days if series.takes(day)]
    came = occasions({"starts_at": start, "recurrence": rule}, spec, days_from(local.date() - timedelta(days=2), 384))
    assert [day for day in came if day <= days[-1].isoformat()] == expected


def test_the_example_of_a_monthly_meeting_in_istanbul_comes_eleven_times() -> None:
    spec = DateField("meeting", "starts_at", yearly=False, zone=ISTANBUL)
    fields = {"starts_at": "2026-02-01T00:30:00+03:00", "recurrence": "FREQ=MONTHLY"}
    days = occasions(fields, spec, days_from(date(2026, 1, 20), 330))
    assert days == [f"2026-{month:02}-01" for month in range(2, 13)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("leap", list(Leap))
@pytest.mark.parametrize("start", STARTS)
def test_a_yearly_date_comes_once_a_year_by_the_clocks_of_any_zone(zone: str, leap: Leap, start: str) -> None:
    spec = DateField("meeting", "starts_at", yearly=True, zone=ZoneInfo(zone), leap=leap)
    moment = datetime.fromisoformat(start)
    local = (moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment).date()
    expected = [anniversary(local.month, local.day, local.year + years, leap).isoformat() for years in (1, 2, 3, 4, 5)]
    near = [day for each in expected for day in days_from(date.fromisoformat(each) - timedelta(days=4), 9)]
    assert occasions({"starts_at": start}, spec, near) == expected


def test_a_moment_has_two_or_three_days_on_earth() -> None:
    assert days_on_earth(datetime(2026, 1, 1, 0, 0, tzinfo=UTC)) == (date(2025, 12, 31), date(2026, 1, 1))
    assert len(days_on_earth(datetime(2026, 1, 1, 11, 0, tzinfo=UTC))) == 3
    assert days_on_earth(datetime(2026, 1, 1, 23, 0, tzinfo=UTC)) == (date(2026, 1, 1), date(2026, 1, 2))
