"""Bounds hold for what results, and addresses of two people make no one record."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeRecords
from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts
from tests.usecases.records.test_import_records import admin, done
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale, Temporary
from whenthen.domain.events.event import Cause
from whenthen.domain.imports.job import Counts
from whenthen.domain.records.record import TOO_MANY_FIELDS, Record
from whenthen.ports.reason_codes import MOVED_ON
from whenthen.usecases.records.delete_record import ATTEMPTS, DeleteRecord
from whenthen.usecases.records.merge_records import MergeRecords
from whenthen.usecases.records.reason_codes import TWO_PEOPLE
from whenthen.usecases.records.save_record import SaveRecord


def save(world: World) -> SaveRecord:
    return SaveRecord(world.records, world.clock, "TR")


def fields(start: int, count: int) -> dict[str, Any]:
    return {f"f{number}": number for number in range(start, start + count)}


MANY = TOO_MANY_FIELDS(count=200, found=201)


def test_many_small_patches_leave_no_more_fields_than_one(world: World) -> None:
    for start in range(0, 200, 50):
        save(world).upsert("deal", "1", fields(start, 50), origin="api")
    for write in (
        lambda: save(world).patch("deal:1", {"one": 1}, version=None, origin="api"),
        lambda: save(world).upsert("deal", "1", {"one": 1}, origin="api"),
    ):
        with pytest.raises(Invalid) as refused:
            write()
        assert [problem.reason for problem in refused.value.problems] == [MANY]
    save(world).patch("deal:1", {"f0": None, "one": 1}, version=None, origin="api")
    assert len(world.records.stored["deal:1"].fields) == 200


def test_a_webhook_and_an_import_hold_the_bound_too(world: World) -> None:
    save(world).upsert("contact", "1", {"email": "a@b.co", **fields(0, 199)}, origin="api")
    has_source(world, mappings=[{"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}])
    accepted = posts(world, {"email": "a@b.co", "one": 1})
    assert len(accepted.events) == 1
    assert "record.too_many_fields" in str(accepted.problems)
    work = done(world, [{"id": "1", "one": 1}, {"id": "1", "f0": "x"}])
    assert work.counts == Counts(updated=1, refused=1)


def test_a_merge_holds_the_bound_and_nothing_is_lost(world: World) -> None:
    world.has_record("deal:1", **fields(0, 150))
    world.has_record("deal:2", **fields(100, 101))
    with pytest.raises(Invalid) as refused:
        MergeRecords(world.records, world.clock)("deal:1", "deal:2", origin="human")
    assert [problem.reason for problem in refused.value.problems] == [MANY]
    assert len(world.records.stored) == 3
    save(world).patch("deal:2", {"f200": None}, version=None, origin="api")
    MergeRecords(world.records, world.clock)("deal:1", "deal:2", origin="human")
    assert len(world.records.stored["deal:1"].fields) == 200


def test_a_record_that_has_too_many_already_may_change_and_shrink(world: World) -> None:
    world.has_record("deal:1", **fields(0, 250))
    save(world).patch("deal:1", {"f0": "x", "f1": None}, version=None, origin="api")
    assert len(world.records.stored["deal:1"].fields) == 249


# --- two people


def two(world: World) -> None:
    world.has_record("contact:1", phone="+905321234567")
    world.has_record("contact:2", email="b@b.co")


BOTH = {"phone": "0532 123 45 67", "email": "b@b.co", "city": "Bursa"}
PEOPLE = TWO_PEOPLE(refs=["contact:1", "contact:2"])


def test_addresses_of_two_people_are_refused_and_both_are_named(world: World) -> None:
    two(world)
    with pytest.raises(Conflict) as refused:
        save(world).upsert("contact", None, BOTH, origin="api")
    assert refused.value.reason == PEOPLE


@pytest.mark.parametrize("data", ["phone,email,city\n0532 123 45 67,b@b.co,Bursa\n", [BOTH]])
def test_a_row_of_an_import_with_two_people_is_refused(world: World, data: Any) -> None:
    two(world)
    before = dict(world.records.stored)
    work = done(world, data)
    assert work.counts == Counts(refused=1)
    assert [row.reason for row in admin(world).get(work.id)[1]] == [PEOPLE]
    assert world.records.stored == before


def test_two_people_of_rows_before_in_the_same_file_are_two_as_well(world: World) -> None:
    work = done(world, [{"phone": "0532 123 45 67"}, {"email": "b@b.co"}, BOTH, {"email": "c@b.co"}])
    assert work.counts == Counts(created=3, refused=1)


def test_a_webhook_with_two_people_tells_its_event_and_changes_neither(world: World) -> None:
    two(world)
    has_source(world, mappings=[{"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}])
    accepted = posts(world, BOTH)
    assert [event.type for event in accepted.events] == ["order.placed"]
    assert "record.two_people" in str(accepted.problems)
    assert "city" not in {name for record in world.records.stored.values() for name in record.fields}


def test_a_shared_number_is_of_the_one_who_has_the_mail_too(world: World) -> None:
    world.has_record("contact:1", phone="+905321234567", email="a@b.co")
    world.has_record("contact:2", phone="+905321234567", email="b@b.co")
    assert save(world).upsert("contact", None, BOTH, origin="api").ref == "contact:2"
    done(world, [{**BOTH, "city": "Izmir"}])
    assert world.records.stored["contact:2"].fields["city"] == "Izmir"
    assert "city" not in world.records.stored["contact:1"].fields


def test_one_known_address_and_a_new_one_are_one_person(world: World) -> None:
    two(world)
    made = save(world).upsert("contact", None, {"phone": "0532 123 45 67", "email": "new@b.co"}, origin="api")
    assert (made.ref, made.fields["email"]) == ("contact:1", "new@b.co")


def test_records_of_other_kinds_and_given_ids_are_no_conflict(world: World) -> None:
    world.has_record("lead:9", email="b@b.co")
    world.has_record("contact:1", phone="+905321234567")
    assert save(world).upsert("contact", None, BOTH, origin="api").ref == "contact:1"
    world.has_record("contact:2", email="c@b.co")
    assert save(world).upsert("contact", "2", {"phone": "0532 123 45 67"}, origin="api").ref == "contact:2"


# --- deleting


class Changing(FakeRecords):
    """Another writer changes each record between the moment it is read and its deletion."""

    times = 0

    def delete(self, record: Record, *, origin: str, cause: Cause) -> None:
        if self.times:
            self.times -= 1
            raise Stale(MOVED_ON(subject=record.ref))
        super().delete(record, origin=origin, cause=cause)


def test_a_deletion_is_tried_again_while_others_change_the_record() -> None:
    records = Changing({"contact:1": Record("contact", "1", version=3)})
    records.times = ATTEMPTS - 1
    DeleteRecord(records)("contact:1", version=None, origin="human")
    assert records.stored == {}
    records = Changing({"contact:1": Record("contact", "1", version=3)})
    records.times = ATTEMPTS
    with pytest.raises(Temporary):
        DeleteRecord(records)("contact:1", version=None, origin="human")
    with pytest.raises(Stale):
        DeleteRecord(records)("contact:1", version=2, origin="human")
    with pytest.raises(NotFound):
        DeleteRecord(records)("contact:2", version=None, origin="human")
