"""The date index on DynamoDB: it follows every change of a record, in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.adapters.samples import NOW, event, job, minutes, record, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.clock import SystemClock
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.common.errors import Stale
from whenthen.domain.events.event import Cause
from whenthen.domain.records.date_index import MAX_DATES, DateEntry
from whenthen.domain.records.record import Record
from whenthen.domain.runs.run import JobStatus, Outcome
from whenthen.domain.scheduling.date_triggers import DateField, due_events, lookups
from whenthen.domain.scheduling.sweep_window import Window
from whenthen.ports.values import RecordWrite

BIRTHDAYS = "date#contact.birth_date#03-14"


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    """The store."""
    return DynamoRecords(dynamodb, RECORDS)


def contact(external_id: str = "1", version: int = 1, **fields: Any) -> Record:
    return record("contact", external_id, version, **fields)


def entries(records: DynamoRecords, partition: str = BIRTHDAYS, prefix: str = "") -> list[DateEntry]:
    return list(records.entries(partition, prefix))


def test_a_date_is_found_under_its_day_with_all_that_a_sweep_needs(records: DynamoRecords) -> None:
    records.put(contact(birth_date="1990-03-14", time_zone="Asia/Tokyo", name="Ayşe"), None)
    assert entries(records) == [
        DateEntry(BIRTHDAYS, "date#1990#contact:1", "contact:1", "1990-03-14", NOW, zone="Asia/Tokyo")
    ]


def test_a_prefix_finds_the_dates_of_one_year(records: DynamoRecords) -> None:
    records.put(contact("1", birth_date="1990-03-14"), None)
    records.put(contact("2", birth_date="1991-03-14"), None)
    assert [entry.ref for entry in entries(records, prefix="date#1991#")] == ["contact:2"]
    assert [entry.ref for entry in entries(records)] == ["contact:1", "contact:2"]


def test_a_change_moves_the_entry_and_leaves_none_behind(records: DynamoRecords) -> None:
    first = contact(birth_date="1990-03-14")
    records.put(first, None)
    second = contact(version=2, birth_date="1990-03-15")
    records.put(second, first)
    assert entries(records) == []
    (moved,) = entries(records, "date#contact.birth_date#03-15")
    assert moved.noted == minutes(1)
    records.put(contact(version=3), second)
    assert entries(records, "date#contact.birth_date#03-15") == []


def test_a_date_that_stays_keeps_the_time_when_it_was_noted(records: DynamoRecords) -> None:
    first = contact(birth_date="1990-03-14")
    records.put(first, None)
    records.put(contact(version=2, birth_date="1990-03-14", name="Ayşe"), first)
    assert [entry.noted for entry in entries(records)] == [NOW]


def test_another_time_zone_is_noted_with_the_date(records: DynamoRecords) -> None:
    first = contact(birth_date="1990-03-14")
    records.put(first, None)
    records.put(contact(version=2, birth_date="1990-03-14", time_zone="Asia/Tokyo"), first)
    assert [(entry.zone, entry.noted) for entry in entries(records)] == [("Asia/Tokyo", minutes(1))]


def test_a_refused_write_leaves_the_index_alone(records: DynamoRecords) -> None:
    first = contact(birth_date="1990-03-14")
    records.put(first, None)
    records.put(contact(version=2, birth_date="1990-03-15"), first)
    with pytest.raises(Stale):
        records.put(contact(version=2, birth_date="1990-03-16"), first)
    assert entries(records, "date#contact.birth_date#03-16") == []
    assert len(entries(records, "date#contact.birth_date#03-15")) == 1


def test_a_deleted_record_is_nobodys_birthday(records: DynamoRecords) -> None:
    gone = contact(birth_date="1990-03-14", phone="+905321234567")
    records.put(gone, None)
    records.delete(gone, origin="human", cause=Cause())
    assert entries(records) == []


def test_a_series_is_found_under_each_of_its_weekdays(records: DynamoRecords) -> None:
    meeting = record(
        "meeting",
        starts_at="2026-03-16T09:00:00Z",
        recurrence="FREQ=WEEKLY;BYDAY=MO,TH",
        recurrence_exceptions=["2026-03-23"],
    )
    records.put(meeting, None)
    for place in ("every-mon", "every-thu"):
        (entry,) = entries(records, f"date#meeting.starts_at#{place}", "series#")
        assert (entry.repeats, entry.left_out) == ("FREQ=WEEKLY;BYDAY=MO,TH", ("2026-03-23",))


def test_a_series_with_an_exception_that_cannot_be_read_has_its_first_date_alone(records: DynamoRecords) -> None:
    fields = {"starts_at": "2026-03-16T09:00:00Z", "recurrence": "FREQ=WEEKLY"}
    records.put(record("meeting", **fields, recurrence_exceptions=["2026-03-23", 5, "x" * 99]), None)
    assert entries(records, "date#meeting.starts_at#every-mon", "series#") == []
    (entry,) = entries(records, "date#meeting.starts_at#03-16")
    assert (entry.repeats, entry.left_out) == (None, ())


def test_a_recurrence_that_no_item_could_hold_is_left_out(records: DynamoRecords) -> None:
    for external_id, rule in (("1", "FREQ=DAILY;" + "X" * 600), ("2", "FREQ=DAILY\ud800")):
        records.put(record("meeting", external_id, starts_at="2026-03-16T09:00:00Z", recurrence=rule), None)
    found = entries(records, "date#meeting.starts_at#03-16")
    assert [(entry.ref, entry.repeats) for entry in found] == [("meeting:1", None), ("meeting:2", None)]


def test_the_largest_change_of_dates_is_one_transaction(records: DynamoRecords) -> None:
    names = ["date", "start", "starts_at", *(f"d{number:02}_date" for number in range(MAX_DATES - 3))]
    every_day = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"
    people = {"phone": "+905321234567", "email": "a@example.com", "whatsapp": "905321234567"}
    first = record("meeting", **dict.fromkeys(names, "2026-03-16"), **people, recurrence=every_day)
    records.put(first, None)
    second = record("meeting", version=2, **dict.fromkeys(names, "2026-03-17"), recurrence=f"{every_day};COUNT=9")
    records.put(second, first)
    assert entries(records, "date#meeting.date#03-16") == []
    assert len(entries(records, "date#meeting.date#03-17")) == 1


def test_a_step_that_writes_a_date_writes_its_entry_with_the_outcome(dynamodb: Any) -> None:
    records, runs = DynamoRecords(dynamodb, RECORDS), _runs(dynamodb)
    happened = event()
    started = run(happened)
    step = job(started, "note", action="set_fields")
    runs.start(started, happened, [step], enrolment_key=None)
    before = contact(birth_date="1990-03-14")
    records.put(before, None)
    after = contact(version=2, birth_date="1990-03-15")
    runs.complete_with(step, Outcome(JobStatus.DONE, why("set")), NOW, [RecordWrite(after, before)], None)
    assert entries(records) == []
    assert len(entries(records, "date#contact.birth_date#03-15")) == 1


def _runs(dynamodb: Any) -> DynamoRuns:
    return DynamoRuns(dynamodb, RUNS, RECORDS, SystemClock(), timedelta(days=90))


def test_what_a_sweep_looks_for_is_where_the_store_put_it(records: DynamoRecords) -> None:
    records.put(contact("1", birth_date="1990-03-14"), None)
    records.put(contact("2", birth_date="--03-14"), None)
    records.put(contact("3", birth_date="1990-03-16"), None)
    spec = DateField("contact", "birth_date", yearly=True, zone=ZoneInfo("UTC"))
    window = Window(since=at_hour(8), now=at_hour(10))
    found = [entry for place in lookups(spec, window) for entry in records.entries(place.partition, place.prefix)]
    assert {happened.subject for happened in due_events("rule_1", spec, found, window)} == {"contact:1", "contact:2"}


def at_hour(hour: int) -> datetime:
    return NOW.replace(hour=hour)
