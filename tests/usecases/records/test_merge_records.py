"""merge_records: what becomes of runs, exits, rules entered once, addresses and writers of a record that is merged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.lockstep import in_lock_step
from tests.usecases.fakes.taps import Tapped
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, WhenthenError
from whenthen.domain.common.reasons import Reason
from whenthen.domain.records.record import Record
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.records.merge_records import MergeRecords
from whenthen.usecases.records.save_record import SaveRecord

LATER = {**NOTE, "id": "later", "wait": {"days": 2}}


@pytest.fixture
def world() -> World:
    return World()


def merge(world: World, ref: str = "contact:a", other: str = "contact:b") -> Record:
    return MergeRecords(world.records, world.clock)(ref, other, origin="human")


def two(world: World) -> None:
    world.has_record("contact:a", phone="+905321234567", city="Izmir")
    world.has_record("contact:b", phone="+905327654321", email="b@example.com", tags=["vip"])


def test_the_other_s_id_and_addresses_find_the_one_that_remains(world: World) -> None:
    two(world)
    after = merge(world)
    for identity in ("phone#+905321234567", "phone#+905327654321", "email#b@example.com"):
        assert world.records.find([identity]) == after
    assert world.records.get("contact:b") == after
    assert [record.ref for record in world.records.list("contact", limit=9, cursor=None).items] == ["contact:a"]


def test_a_repetition_changes_nothing(world: World) -> None:
    two(world)
    assert merge(world) == merge(world)
    world.settle()
    assert [plan.event.type for plan in world.log.plans.values()] == ["contact.merged"]


def test_one_merge_after_the_other(world: World) -> None:
    two(world)
    world.has_record("contact:c", email="c@example.com")
    merge(world, "contact:b", "contact:a")
    after = merge(world, "contact:c", "contact:b")
    assert after.absorbed == ("contact:b", "contact:a")
    assert [world.records.get(f"contact:{external_id}") for external_id in "abc"] == [after] * 3


@pytest.mark.parametrize(
    ("ref", "other", "error", "code"),
    [
        ("contact:a", "contact:a", Invalid, "merge.into_itself"),
        ("contact:a", "lead:b", Invalid, "merge.into_other_kind"),
        ("contact:a", "nonsense", Invalid, "ref.malformed"),
        ("contact:a", "contact:none", NotFound, "record.not_found"),
        ("contact:none", "contact:a", NotFound, "record.not_found"),
        ("contact:c", "contact:b", Conflict, "merge.merged_before"),
        ("contact:b", "contact:c", Conflict, "merge.merged_away"),
        ("contact:b", "contact:a", Conflict, "merge.merged_away"),
    ],
)
def test_records_that_cannot_be_merged_are_refused_with_the_reason(
    world: World, ref: str, other: str, error: type[WhenthenError], code: str
) -> None:
    two(world)
    world.has_record("contact:c")
    merge(world)
    with pytest.raises(error) as refused:
        merge(world, ref, other)
    reason = refused.value.reason
    problem = reason.params.get("problem", reason)
    assert isinstance(problem, Reason)
    assert problem.code == code


def test_whoever_writes_to_the_old_id_writes_to_the_one_that_remains(world: World) -> None:
    two(world)
    merge(world)
    save = SaveRecord(world.records, world.clock, "TR")
    assert save.upsert("contact", "b", {"note": "x"}, origin="api").ref == "contact:a"
    assert save.upsert("contact", None, {"phone": "0532 765 43 21", "seen": True}, origin="api").ref == "contact:a"
    fields = world.records.stored["contact:a"].fields
    assert (fields["phone"], fields["other_phones"]) == ("+905327654321", ["+905321234567"]), "found by both as before"


# --- runs -----------------------------------------------------------------------------------------


def sequence(world: World, **more: Any) -> Any:
    steps = [NOTE, LATER]
    document = {"name": "Follow up", "kind": "contact", "trigger": {"event": "contact.asked"}, "steps": steps}
    return world.has_rule({**document, **more})


@pytest.mark.parametrize("subject", ["contact:a", "contact:b"])
def test_a_run_of_the_other_stops_on_an_exit_of_the_one_that_remains(world: World, subject: str) -> None:
    two(world)
    rule = sequence(world, exit={"on": ["contact.replied"]})
    asked = world.happens("contact.asked", subject="contact:b")
    world.settle()
    merge(world)
    world.clock.move(hours=1)
    world.happens("contact.replied", subject=subject)
    world.settle()
    assert world.run_of(asked, rule).run.status == "stopped"


def test_also_when_only_an_address_tells_who_replied(world: World) -> None:
    two(world)
    rule = sequence(world, exit={"on": ["contact.replied"]})
    asked = world.happens("contact.asked", subject="contact:b")
    world.settle()
    merge(world)
    world.clock.move(hours=1)
    world.happens("contact.replied", identities=("phone#+905321234567",))
    world.settle()
    assert world.run_of(asked, rule).run.status == "stopped"


def test_a_change_of_the_one_that_remains_ends_a_run_of_the_other_by_its_exit_condition(world: World) -> None:
    two(world)
    when = {"field": "record.status", "op": "equals", "value": "customer"}
    rule = sequence(world, exit={"when": when})
    asked = world.happens("contact.asked", subject="contact:b")
    world.settle()
    merge(world)
    world.clock.move(hours=1)
    world.changes("contact:a", status="customer")
    world.settle()
    assert world.run_of(asked, rule).run.status == "stopped"


def test_a_run_of_the_other_goes_on_with_the_one_that_remains(world: World) -> None:
    two(world)
    steps = [{**LATER, "with": {"fields": {"reminded": "{{ record.city }}"}}}]
    rule = sequence(world, steps=steps)
    asked = world.happens("contact.asked", subject="contact:b")
    world.settle()
    merge(world)
    world.run_out()
    assert world.run_of(asked, rule).run.status == "done"
    assert world.records.stored["contact:a"].fields["reminded"] == "Izmir"


def test_a_rule_that_either_entered_once_is_not_entered_again(world: World) -> None:
    two(world)
    rule = sequence(world, steps=[NOTE], entry={"again": "once_per_record"})
    first = world.happens("contact.asked", "1", subject="contact:b")
    world.settle()
    merge(world)
    world.happens("contact.asked", "2", subject="contact:a")
    world.happens("contact.asked", "3", subject="contact:b")
    world.settle()
    assert [run.id for run in world.all_runs] == [world.run_of(first, rule).run.id]


def test_a_merge_starts_nothing_but_rules_about_merges(world: World) -> None:
    two(world)
    vip = {"field": "record.tags", "op": "has", "value": "vip"}
    for trigger in (
        {"event": "contact.updated"},
        {"event": "contact.deleted"},
        {"event": "contact.tag_added"},
        {"enters": {"kind": "contact", "filter": vip}},
        {"leaves": {"kind": "contact", "filter": vip}},
    ):
        sequence(world, trigger=trigger, name=str(trigger), steps=[NOTE])
    rule = sequence(world, trigger={"event": "contact.merged"}, name="merged", steps=[LATER])
    merge(world)
    world.settle()
    assert [run.rule_id for run in world.all_runs] == [rule.id]


# --- at the same time -----------------------------------------------------------------------------


def test_of_two_who_merge_both_ways_at_once_one_wins(world: World) -> None:
    for pick in (lambda left: left[0], lambda left: left[-1], min, max):
        world = World()
        two(world)
        turns = iter(range(100))

        def alternate(left: Any, pick: Any = pick, turns: Any = turns) -> int:
            return int(left[next(turns) % len(left)] if len(left) > 1 else pick(left))

        def task(ref: str, other: str, world: World = world) -> Any:
            def work(tap: Any) -> None:
                MergeRecords(Tapped(world.records, "records", tap), world.clock)(ref, other, origin="human")

            return work

        errors = in_lock_step(alternate, [task("contact:a", "contact:b"), task("contact:b", "contact:a")])
        assert sorted(type(error).__name__ for error in errors) == ["Conflict", "NoneType"]
        (record,) = world.records.stored.values()
        assert len(record.absorbed) == 1


def test_a_change_in_between_is_not_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    two(world)
    kept, meddled = world.records.merge, []

    def meddling(after: Record, survivor: Record, other: Record) -> None:
        if not meddled:
            meddled.append(world.changes("contact:b", note="just now"))
        kept(after, survivor, other)

    monkeypatch.setattr(world.records, "merge", meddling)
    assert merge(world).fields["note"] == "just now"


def test_records_that_never_stand_still_are_a_conflict(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    two(world)
    kept = world.records.merge

    def meddling(after: Record, survivor: Record, other: Record) -> None:
        world.changes("contact:b", n=world.records.stored["contact:b"].version)
        kept(after, survivor, other)

    monkeypatch.setattr(world.records, "merge", meddling)
    with pytest.raises(Conflict) as refused:
        merge(world)
    assert refused.value.reason == CONTENDED(subject="contact:a")
