"""save_record: a person is one record, and a patch is made on the version that was seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRecords
from whenthen.domain.common.errors import Invalid, NotFound, Stale, Temporary
from whenthen.domain.events.event import Cause
from whenthen.domain.records.record import Record
from whenthen.ports.reason_codes import MOVED_ON
from whenthen.usecases.records.save_record import SaveRecord


@pytest.fixture
def save() -> SaveRecord:
    return SaveRecord(FakeRecords(), FakeClock(), "TR")


def test_a_person_is_found_by_phone_or_email_and_kept_as_one(save: SaveRecord) -> None:
    made = save.upsert("lead", None, {"phone": "0532 123 45 67"}, origin="api")
    again = save.upsert("lead", None, {"phone": "+90 532 123 45 67", "email": "A@B.co"}, origin="human")
    by_mail = save.upsert("lead", None, {"email": "a@b.co", "phone": None}, origin="human")
    assert made.id == again.id == by_mail.id
    assert (by_mail.version, dict(by_mail.fields)) == (3, {"email": "a@b.co"})
    assert save.upsert("contact", None, {"email": "a@b.co"}, origin="api").kind == "contact"


def test_an_upsert_that_changes_nothing_writes_nothing(save: SaveRecord) -> None:
    made = save.upsert("lead", "1", {"a": 1}, origin="api")
    assert save.upsert("lead", "1", {"a": 1}, origin="human") == made


@pytest.mark.parametrize(
    ("external_id", "fields", "named"),
    [
        (None, {"name": "x"}, "id"),
        ("a b", {"name": "x"}, "id"),
        ("1", {"phone": "12", "email": "x"}, "fields.phone"),
        ("1", {"phone": ["+905321234567"]}, "fields.phone"),
        ("1", {"version": 3}, "fields.version"),
        ("1", {"a": 1, "b": [float("nan")]}, "fields.b[0]"),
        ("1", {"a": {"b": float("-inf")}}, "fields.a.b"),
        ("1", {"a": json.loads("[" * 900 + "]" * 900)}, "fields.a"),
    ],
)
def test_a_record_that_cannot_be_names_its_fields(
    save: SaveRecord, external_id: str | None, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(Invalid) as caught:
        save.upsert("lead", external_id, fields, origin="api")
    assert caught.value.problems[0].field == named
    assert save.records.list("lead", limit=9, cursor=None).items == ()


def test_a_patch_is_made_on_the_version_that_was_seen(save: SaveRecord) -> None:
    save.upsert("lead", "1", {"a": 1}, origin="api")
    assert save.patch("lead:1", {"a": 2}, version=1, origin="api").version == 2
    with pytest.raises(Stale):
        save.patch("lead:1", {"a": 3}, version=1, origin="api")
    assert save.patch("lead:1", {"a": 3}, version=None, origin="api").version == 3
    with pytest.raises(NotFound):
        save.patch("lead:2", {"a": 1}, version=None, origin="api")
    with pytest.raises(Invalid):
        save.patch("lead:1", {"id": 1}, version=3, origin="api")


def test_a_patch_brings_no_record_back_that_is_deleted_meanwhile(
    save: SaveRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = save.upsert("lead", "1", {"a": 1}, origin="api")

    def put(_record: Record, _replaces: Record | None) -> None:
        monkeypatch.undo()
        save.records.delete(found, origin="api", cause=Cause())
        raise Stale(MOVED_ON(subject=found.ref))

    monkeypatch.setattr(save.records, "put", put)
    with pytest.raises(NotFound):
        save.patch("lead:1", {"a": 2}, version=None, origin="api")
    assert save.records.get("lead:1") is None


def test_a_record_that_others_keep_changing_is_left_for_later() -> None:
    class Restless(FakeRecords):
        def put(self, record: Any, replaces: Any) -> None:
            raise Stale(MOVED_ON(subject=record.ref))

    save = SaveRecord(Restless(), FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), None)
    with pytest.raises(Temporary):
        save.upsert("lead", "1", {"a": 1}, origin="api", cause=Cause())
