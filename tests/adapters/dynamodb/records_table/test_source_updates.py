"""News of records by sources, noted with the record: on DynamoDB and in the fake alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.adapters.interventions import Intervening, lose_answer
from tests.adapters.samples import NOW, PHONE, minutes, record
from tests.adapters.tables import RECORDS, RUNS
from tests.usecases.fakes.stores import FakeRecords
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
from whenthen.adapters.dynamodb.records_table.source_updates import DynamoSourceUpdates
from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.events.event import Cause
from whenthen.ports.records import RecordStore
from whenthen.ports.values import SourceUpdate, WriteResult

RETENTION = timedelta(days=90)


def of_dynamodb(client: Any) -> DynamoRecords:
    return DynamoRecords(client, RECORDS, lambda: DynamoSourceUpdates(client, RUNS, RETENTION))


@pytest.fixture(params=["dynamodb", "fake"])
def records(request: pytest.FixtureRequest) -> RecordStore:
    """A store of either kind."""
    if request.param == "fake":
        return FakeRecords()
    return of_dynamodb(request.getfixturevalue("dynamodb"))


def update(external_id: str = "tell_1", at: datetime | None = None, source: str = "hook/shop") -> SourceUpdate:
    return SourceUpdate(external_id, source, heard=NOW, at=at)


FIRST = record(name="Aise", phone=PHONE)
SECOND = record(version=2, name="Ayşe", phone=PHONE)


def test_what_was_told_once_is_not_written_again(records: RecordStore) -> None:
    assert records.put_once(FIRST, None, update()) is WriteResult.APPLIED
    records.put(SECOND, FIRST)
    assert records.put_once(record(version=3, name="Aise", phone=PHONE), SECOND, update()) is WriteResult.DUPLICATE
    assert records.get("lead:4711") == SECOND
    assert records.find([f"phone#{PHONE}"]) == SECOND


def test_what_was_told_of_a_record_that_is_gone_is_still_known(records: RecordStore) -> None:
    records.put_once(FIRST, None, update())
    records.delete(FIRST, origin="human", cause=Cause())
    assert records.put_once(FIRST, None, update()) is WriteResult.DUPLICATE
    assert records.get("lead:4711") is None
    assert records.find([f"phone#{PHONE}"]) is None


def test_what_changes_nothing_is_noted_and_the_record_stays(records: RecordStore) -> None:
    records.put(FIRST, None)
    assert records.put_once(FIRST, FIRST, update(at=NOW)) is WriteResult.APPLIED
    assert records.get("lead:4711") == FIRST
    assert records.put_once(SECOND, FIRST, update(at=NOW)) is WriteResult.DUPLICATE


def test_what_was_told_and_not_written_is_not_noted(records: RecordStore) -> None:
    records.put(FIRST, None)
    with pytest.raises(Stale):
        records.put_once(SECOND, None, update(at=NOW))
    assert records.put_once(SECOND, FIRST, update(at=minutes(-1))) is WriteResult.APPLIED


def test_what_is_known_is_so_for_whoever_read_an_old_version_as_well(records: RecordStore) -> None:
    records.put_once(FIRST, None, update(at=NOW))
    assert records.put_once(FIRST, None, update(at=NOW)) is WriteResult.DUPLICATE


def test_what_is_older_than_the_newest_of_its_source_is_not_written(records: RecordStore) -> None:
    records.put_once(FIRST, None, update("tell_1", NOW))
    assert records.put_once(SECOND, FIRST, update("tell_2", minutes(-1))) is WriteResult.STALE
    assert records.get("lead:4711") == FIRST
    assert records.put_once(SECOND, FIRST, update("tell_2")) is WriteResult.APPLIED, "it was not noted before"


@pytest.mark.parametrize(
    ("source", "kind", "at"),
    [
        ("hook/shop", "lead", NOW),
        ("hook/shop", "lead", minutes(1)),
        ("hook/shop", "lead", None),
        ("hook/crm", "lead", minutes(-1)),
        ("hook/shop", "contact", minutes(-1)),
    ],
)
def test_only_what_the_same_source_told_of_the_same_record_is_newer(
    records: RecordStore, source: str, kind: str, at: datetime | None
) -> None:
    records.put_once(record("lead", name="Ayşe"), None, update("tell_1", NOW))
    records.put(record("contact", name="Ayşe"), None)
    before, after = record(kind, name="Ayşe"), record(kind, version=2, name="A.")
    assert records.put_once(after, before, update("tell_2", at, source)) is WriteResult.APPLIED
    assert records.get(after.ref) == after


def test_a_time_is_remembered_where_nothing_changes_and_never_goes_back(records: RecordStore) -> None:
    records.put_once(FIRST, None, update("tell_1", minutes(-2)))
    records.put_once(FIRST, FIRST, update("tell_2", NOW))
    records.put_once(FIRST, FIRST, update("tell_3"))
    assert records.put_once(SECOND, FIRST, update("tell_4", minutes(-1))) is WriteResult.STALE


def test_notes_expire_with_the_events_and_hold_nothing_of_anybody(dynamodb: Any) -> None:
    of_dynamodb(dynamodb).put_once(FIRST, None, update(at=NOW))
    items = dynamodb.scan(TableName=RUNS)["Items"]
    assert {item["pk"]["S"] for item in items} == {"dedup#tell_1", "watermark#hook/shop#lead:4711"}
    assert {int(item["expires_at"]["N"]) for item in items} == {int((NOW + RETENTION).timestamp())}
    assert {name for item in items for name in item} == {"pk", "sk", "at", "expires_at"}


def test_a_write_whose_answer_was_lost_is_known_when_it_comes_again(dynamodb: Any) -> None:
    client = Intervening(dynamodb)
    records = of_dynamodb(client)
    client.after["transact_write_items"] = [lose_answer]
    with pytest.raises(Temporary):
        records.put_once(FIRST, None, update(at=NOW))
    assert records.put_once(FIRST, None, update(at=NOW)) is WriteResult.DUPLICATE
    assert records.get("lead:4711") == FIRST


def test_it_takes_one_call_whatever_comes_of_it(dynamodb: Any) -> None:
    client = Intervening(dynamodb)
    records = of_dynamodb(client)
    for told in (update(at=NOW), update(at=NOW), update("tell_2", minutes(-1))):
        before = len(client.calls)
        records.put_once(FIRST, None, told)
        assert client.calls[before:] == ["transact_write_items"]


def test_records_that_are_written_by_no_source_have_no_notes(dynamodb: Any) -> None:
    with pytest.raises(TypeError):
        DynamoRecords(dynamodb, RECORDS).put_once(FIRST, None, update())


@pytest.mark.parametrize("minutes_before", [0, 1, -1, None])
def test_a_look_ahead_finds_what_the_write_finds_and_writes_nothing(
    records: RecordStore, minutes_before: int | None
) -> None:
    records.put_once(FIRST, None, update("1", NOW))
    at = None if minutes_before is None else NOW - timedelta(minutes=minutes_before)
    looked = [records.result_of(update("2", at), FIRST.ref) for _ in range(2)]
    assert looked == [records.put_once(FIRST, FIRST, update("2", at))] * 2
    assert records.result_of(update("1", NOW), FIRST.ref) is WriteResult.DUPLICATE
