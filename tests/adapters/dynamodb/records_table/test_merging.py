"""Merging on DynamoDB: one transaction on condition of both records, and what stands at the old refs afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.tables import RECORDS
from whenthen.adapters.dynamodb.records_table.record_items import from_image
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords, change_of
from whenthen.domain.common.errors import Invalid, Stale
from whenthen.domain.events.event import Cause
from whenthen.domain.records.merge import merged
from whenthen.domain.records.record import Record

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    return DynamoRecords(dynamodb, RECORDS)


def person(records: DynamoRecords, external_id: str, **fields: Any) -> Record:
    made = Record("contact", external_id, fields, 1, NOW, NOW)
    records.put(made, None)
    return made


def merge(records: DynamoRecords, survivor: Record, other: Record) -> Record:
    after = merged(survivor, other, origin="human", cause=Cause(), now=NOW)
    records.merge(after, survivor, other)
    return after


def items(dynamodb: Any) -> dict[tuple[str, str], Any]:
    found = dynamodb.scan(TableName=RECORDS)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}


def two(records: DynamoRecords) -> tuple[Record, Record]:
    one = person(records, "a", phone="+905321234567", email="a@example.com", birth_date="1990-03-14")
    return one, person(
        records, "b", phone="+905327654321", email="a@example.com", birth_date="1990-05-01", due="2026-05-01"
    )


def test_identities_and_dates_move(records: DynamoRecords, dynamodb: Any) -> None:
    after = merge(records, *two(records))
    for identity in ("phone#+905321234567", "phone#+905327654321", "email#a@example.com"):
        assert records.find_all([identity]) == [after]
    assert set(items(dynamodb)) == {
        ("record#contact:a", "record"),
        ("record#contact:b", "record"),
        ("identity#phone#+905321234567", "0#contact:a"),
        ("identity#phone#+905327654321", "0#contact:a"),
        ("identity#email#a@example.com", "0#contact:a"),
        ("date#contact.birth_date#03-14", "date#1990#contact:a"),
        ("date#contact.due#05-01", "date#2026#contact:a"),
    }


def test_the_old_refs_lead_to_the_one_that_remains_at_once(records: DynamoRecords) -> None:
    first = merge(records, *two(records))
    after = merge(records, person(records, "c", city="Izmir"), first)
    assert after.absorbed == ("contact:a", "contact:b")
    assert [records.get(f"contact:{external_id}") for external_id in "abc"] == [after] * 3
    assert records.get_all(["contact:a", "contact:c", "contact:none"]) == {"contact:a": after, "contact:c": after}
    assert records.list("contact", limit=10, cursor=None).items == (after,)


@pytest.mark.parametrize("moved", [0, 1])
def test_either_record_may_have_moved_on(records: DynamoRecords, dynamodb: Any, moved: int) -> None:
    both = two(records)
    later = replace(both[moved], fields={**both[moved].fields, "note": "just now"}, version=2)
    records.put(later, both[moved])
    before = items(dynamodb)
    with pytest.raises(Stale):
        merge(records, *both)
    assert items(dynamodb) == before


def test_a_record_that_was_merged_is_not_written_or_merged_again(records: DynamoRecords) -> None:
    one, other = two(records)
    merge(records, one, other)
    for attempt in (
        lambda: records.put(replace(other, version=2), other),
        lambda: records.put(replace(other, version=1), None),
        lambda: merge(records, person(records, "c"), other),
        lambda: records.delete(other, origin="api", cause=Cause()),
    ):
        with pytest.raises(Stale):
            attempt()


def test_with_the_one_that_remains_everything_goes(records: DynamoRecords, dynamodb: Any) -> None:
    records.delete(merge(records, *two(records)), origin="human", cause=Cause())
    assert items(dynamodb) == {}
    assert person(records, "b") == records.get("contact:b"), "the id is free again"


def test_what_dynamodb_cannot_take_at_once_is_refused_whole(records: DynamoRecords, dynamodb: Any) -> None:
    one, other = two(records)
    before = items(dynamodb)
    crowd = replace(other, absorbed=tuple(f"contact:y{number}" for number in range(100)))
    with pytest.raises(Invalid, match=r"store\.too_many_writes"):
        records.merge(replace(one, version=2), one, crowd)
    assert items(dynamodb) == before


def test_the_stream_tells_a_merge_by_the_one_that_remains_alone(records: DynamoRecords, dynamodb: Any) -> None:
    one, other = two(records)
    before = items(dynamodb)
    after = merge(records, one, other)
    now = items(dynamodb)
    a, b = ("record#contact:a", "record"), ("record#contact:b", "record")
    assert change_of({"OldImage": before[a], "NewImage": now[a]}) == (one, after)
    assert from_image(now[b]) is None
    assert change_of({"OldImage": before[b], "NewImage": now[b]}) == (None, None)
    assert change_of({"OldImage": now[b]}) == (None, None)
