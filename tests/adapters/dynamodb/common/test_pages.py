"""Lists select before they page, and no page is larger than an answer can be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.adapters.tables import RECORDS
from whenthen.adapters.dynamodb.common import pages
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
from whenthen.domain.events.event import Cause
from whenthen.domain.records.merge import merged
from whenthen.domain.records.record import Record
from whenthen.ports.values import Page

NOW = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    """Thirty deals, of which each seventh is won."""
    store = DynamoRecords(dynamodb, RECORDS)
    for number in range(30):
        fields = {"won": number % 7 == 0, "note": "x" * 100}
        store.put(Record("deal", f"{number:02}", fields, 1, NOW, NOW), None)
    return store


def won(record: Record) -> bool:
    return bool(record.fields["won"])


def all_pages(records: DynamoRecords, limit: int, takes: Any = None) -> list[Page[Record]]:
    found, cursor = [], None
    for _ in range(100):
        found.append(records.list("deal", limit=limit, cursor=cursor, takes=takes))
        cursor = found[-1].cursor
        if cursor is None:
            return found
    raise AssertionError("the list does not end")


def ids(found: list[Page[Record]]) -> list[list[str]]:
    return [[record.id for record in page.items] for page in found]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_a_page_is_filled_with_what_is_asked_for(records: DynamoRecords, limit: int) -> None:
    expected = ["00", "07", "14", "21", "28"]
    found = ids(all_pages(records, limit, won))
    assert [each for page in found for each in page] == expected
    assert [len(page) for page in found if page] == [
        len(expected[start : start + limit]) for start in range(0, len(expected), limit)
    ]


@pytest.mark.parametrize("limit", [1, 7, 15, 30, 100])
def test_pages_without_a_filter_are_full_and_join(records: DynamoRecords, limit: int) -> None:
    found = ids(all_pages(records, limit))
    assert [each for page in found for each in page] == [f"{number:02}" for number in range(30)]
    assert all(len(page) == limit for page in found[:-1])


@pytest.mark.parametrize("most", [1, 1_000, 2_000])
def test_large_items_make_short_pages_that_join(
    records: DynamoRecords, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", most)
    found = all_pages(records, 100)
    assert [each for page in ids(found) for each in page] == [f"{number:02}" for number in range(30)]
    assert max(map(len, ids(found))) == max(1, most // 400)


def test_a_search_for_next_to_nothing_ends_with_a_cursor(
    records: DynamoRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_READ_ITEMS", 10)
    found = all_pages(records, 1, lambda record: record.id == "29")
    assert ids(found) == [[], [], ["29"]]
    monkeypatch.setattr(pages, "MAX_READ_BYTES", 1)
    assert len(all_pages(records, 1, lambda record: record.id == "29")) == 30


def test_a_page_is_never_larger_than_an_answer_of_lambda(dynamodb: Any) -> None:
    store = DynamoRecords(dynamodb, RECORDS)
    for number in range(12):
        store.put(Record("deal", f"{number:02}", {"note": "x" * 290_000}, 1, NOW, NOW), None)
    found = all_pages(store, 100)
    assert sum(map(len, ids(found))) == 12
    assert max(map(len, ids(found))) == 8


def test_a_record_that_was_merged_away_is_not_listed(records: DynamoRecords) -> None:
    one, other = records.get("deal:01"), records.get("deal:02")
    assert one is not None
    assert other is not None
    after = merged(one, other, origin="api", cause=Cause(), now=NOW)
    records.merge(after, one, other)
    assert "02" not in [each for page in ids(all_pages(records, 10)) for each in page]
