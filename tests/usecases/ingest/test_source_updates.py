"""Sources' news of records is written once, and undoes nothing that is newer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRecords
from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.events.event import Cause
from whenthen.ports.values import SourceUpdate, WriteResult
from whenthen.usecases.records.save_record import SaveRecord

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@pytest.fixture
def save() -> SaveRecord:
    return SaveRecord(FakeRecords(), FakeClock(), "TR")


def update(external_id: str, at: datetime | None = None) -> SourceUpdate:
    return SourceUpdate(external_id, "hook/shop", heard=NOW, at=at)


def test_what_is_there_is_not_inserted_again(save: SaveRecord) -> None:
    first = save.insert_once(update("1"), "lead", "1", {"a": 1}, origin="api")
    assert save.insert_once(update("2"), "lead", "1", {"a": 2, "b": 3}, origin="api") == first


def test_what_was_inserted_and_deleted_is_not_inserted_again(save: SaveRecord) -> None:
    first = save.insert_once(update("1"), "lead", "1", {"a": 1}, origin="api")
    save.records.delete(first, origin="human", cause=Cause())
    assert save.insert_once(update("1"), "lead", "1", {"a": 1}, origin="api").ref == "lead:1"
    assert save.records.get("lead:1") is None
    assert save.insert_once(update("2"), "lead", "1", {"a": 1}, origin="api").version == 1


def test_what_was_found_there_and_is_deleted_is_not_inserted_again(save: SaveRecord) -> None:
    first = save.upsert("lead", "1", {"a": 1}, origin="human")
    assert save.insert_once(update("1"), "lead", "1", {"a": 2}, origin="api") == first
    save.records.delete(first, origin="human", cause=Cause())
    save.insert_once(update("1"), "lead", "1", {"a": 2}, origin="api")
    assert save.records.get("lead:1") is None


def test_what_a_source_tells_is_written_once(save: SaveRecord) -> None:
    told, noted = save.upsert_idempotent(update("1"), "lead", None, {"email": "a@b.co", "name": "Aise"}, origin="api")
    assert (told.version, noted) == (1, WriteResult.APPLIED)
    save.upsert("lead", told.id, {"name": "Ayşe"}, origin="human")
    again, noted = save.upsert_idempotent(update("1"), "lead", None, {"email": "a@b.co", "name": "Aise"}, origin="api")
    assert (again.id, again.version, again.fields["name"], noted) == (told.id, 2, "Ayşe", WriteResult.DUPLICATE)


def test_what_changes_nothing_is_told_once_as_well(save: SaveRecord) -> None:
    save.upsert("lead", "1", {"name": "Aise"}, origin="human")
    _, noted = save.upsert_idempotent(update("1"), "lead", "1", {"name": "Aise"}, origin="api")
    assert noted is WriteResult.APPLIED
    save.upsert("lead", "1", {"name": "Ayşe"}, origin="human")
    record, noted = save.upsert_idempotent(update("1"), "lead", "1", {"name": "Aise"}, origin="api")
    assert (record.version, noted) == (2, WriteResult.DUPLICATE)


def test_what_was_told_of_a_record_that_is_gone_does_not_bring_it_back(save: SaveRecord) -> None:
    told, _ = save.upsert_idempotent(update("1"), "lead", None, {"email": "a@b.co"}, origin="api")
    save.records.delete(told, origin="human", cause=Cause())
    again, noted = save.upsert_idempotent(update("1"), "lead", None, {"email": "a@b.co"}, origin="api")
    assert (again.ref, again.version, noted) == (told.ref, 0, WriteResult.DUPLICATE)
    assert save.records.get(told.ref) is None


def test_what_is_older_than_what_its_source_told_before_only_adds(save: SaveRecord) -> None:
    newer, older = update("2", NOW), update("1", NOW - timedelta(seconds=1))
    save.upsert_idempotent(newer, "lead", "1", {"name": "Ayşe", "city": ""}, origin="api")
    record, noted = save.upsert_idempotent(
        older, "lead", "1", {"name": "Aise", "city": "İzmir", "vip": True}, origin="api"
    )
    assert (record.fields, noted) == ({"name": "Ayşe", "city": "İzmir", "vip": True}, WriteResult.STALE)
    assert save.upsert_idempotent(older, "lead", "1", {"name": "Aise"}, origin="api")[1] is WriteResult.DUPLICATE
    assert save.upsert_idempotent(newer, "lead", "1", {"name": "Ayşe"}, origin="api")[1] is WriteResult.DUPLICATE


@pytest.mark.parametrize("source", ["hook/shop", "hook/crm"])
def test_each_source_has_its_own_order_and_those_of_one_moment_have_none(save: SaveRecord, source: str) -> None:
    save.upsert_idempotent(update("1", NOW), "lead", "1", {"name": "Ayşe"}, origin="api")
    at = NOW if source == "hook/shop" else NOW - timedelta(days=1)
    record, noted = save.upsert_idempotent(
        SourceUpdate("2", source, NOW, at), "lead", "1", {"name": "Aise"}, origin="api"
    )
    assert (record.fields["name"], noted) == ("Aise", WriteResult.APPLIED)


def test_what_has_no_time_is_as_new_as_it_is_heard(save: SaveRecord) -> None:
    save.upsert_idempotent(update("1", NOW), "lead", "1", {"name": "Ayşe"}, origin="api")
    assert save.upsert_idempotent(update("2"), "lead", "1", {"name": "Aise"}, origin="api")[1] is WriteResult.APPLIED
    assert save.upsert_idempotent(update("3", NOW), "lead", "1", {"name": "A."}, origin="api")[1] is WriteResult.APPLIED


def test_an_older_word_about_a_record_that_is_not_there_makes_it(save: SaveRecord) -> None:
    told, _ = save.upsert_idempotent(update("2", NOW), "lead", None, {"email": "a@b.co"}, origin="api")
    save.records.delete(told, origin="human", cause=Cause())
    older = update("1", NOW - timedelta(seconds=1))
    record, _ = save.upsert_idempotent(older, "lead", None, {"email": "a@b.co", "name": "Aise"}, origin="api")
    assert (record.id, record.fields["name"]) == (told.id, "Aise")


def test_a_record_that_others_keep_changing_is_left_for_the_next_delivery() -> None:
    class Restless(FakeRecords):
        def put(self, *_: object) -> None:
            raise Stale("changed")

    save = SaveRecord(Restless(), FakeClock(), None)
    with pytest.raises(Temporary):
        save.upsert_idempotent(update("1"), "lead", "1", {"a": 1}, origin="api")
    with pytest.raises(Temporary):
        save.insert_once(update("1"), "lead", "1", {"a": 1}, origin="api")


def test_a_record_that_another_makes_meanwhile_is_completed(save: SaveRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(*_: object) -> None:
        monkeypatch.undo()
        save.upsert("lead", "1", {"a": 1}, origin="human")
        raise Stale("it is there")

    monkeypatch.setattr(save.records, "put", put)
    record, noted = save.upsert_idempotent(update("1"), "lead", "1", {"b": 2}, origin="api")
    assert (record.fields, record.version, noted) == ({"a": 1, "b": 2}, 2, WriteResult.APPLIED)
