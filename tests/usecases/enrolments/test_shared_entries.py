"""A rule that is switched on for who fits already starts once for each record, however late what event is matched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.enrolments.test_enrol_existing import ENTERS, VIP, begin, enrol, has, refs
from tests.usecases.fakes.world import World
from whenthen.domain.common.errors import Conflict
from whenthen.domain.enrolments.enrolment import EnrolmentStatus
from whenthen.domain.runs.run import Run
from whenthen.usecases.context.idempotency import KEY_REUSED
from whenthen.usecases.enrolments.enrol_existing import EnrolExisting
from whenthen.usecases.enrolments.reason_codes import REPLACED

SEEN = {"field": "history.call.incoming_missed", "op": ">=", "value": 9, "within": {"days": 7}}

__all__ = ["enrol"]


class Lagging:
    """The event queue, some of whose messages come late."""

    def __init__(self, world: World) -> None:
        self.world, self.late = world, list[Any]()

    def keep_back(self, event_type: str) -> None:
        """Take the events of this type out of the queue."""
        queue = self.world.queues["events"]
        while self.world.deliver("changes"):
            pass
        self.late += [each.body for each in queue.messages if each.body.type == event_type]
        queue.messages[:] = [each for each in queue.messages if each.body.type != event_type]

    def deliver(self) -> None:
        """Bring them at last."""
        for event in self.late:
            self.world.queues["events"].add(event)
        self.world.run_out()


@pytest.mark.parametrize("trigger", [ENTERS, {"event": "lead.updated", "field": "tags"}])
@pytest.mark.parametrize("minutes", [0, 2, 90, 60 * 24 * 3])
def test_a_change_that_is_matched_long_after_the_enrolment_starts_nothing_more(
    world: World, enrol: EnrolExisting, trigger: dict[str, Any], minutes: int
) -> None:
    switched = has(world, trigger, mode="off", conditions=VIP)
    # For the sake of this one, the change before the switch is matched, too.
    has(world, {"event": "lead.updated"}, name="Another", conditions=SEEN)
    lagging = Lagging(world)
    world.changes("lead:2", tags=["vip"])
    lagging.keep_back("lead.updated")
    world.clock.move(seconds=1)
    work = begin(world, enrol, switched)
    world.changes("lead:3", tags=["vip"])
    lagging.keep_back("lead.updated")
    world.run_out()
    assert refs(world) == ["lead:1", "lead:2", "lead:3", "lead:4", "lead:7"]
    world.clock.move(minutes=minutes)
    lagging.deliver()
    assert len(lagging.late) == 2
    assert refs(world) == ["lead:1", "lead:2", "lead:3", "lead:4", "lead:7"]
    assert world.enrolments.get(work.id).counts == {"entered": 5}
    late = world.log.plan_of(lagging.late[1].id)
    assert late is not None
    assert [each.code for each in late.refused] == ["enrolled_meanwhile"]


@pytest.mark.parametrize("minutes", [0, 2, 59])
def test_an_enrolment_that_is_matched_long_after_a_change_starts_nothing_more(
    world: World, enrol: EnrolExisting, minutes: int
) -> None:
    switched = has(world, ENTERS)
    lagging = Lagging(world)
    work = begin(world, enrol, switched)
    world.changes("lead:3", tags=["vip"])
    assert world.deliver("enrolments")
    lagging.keep_back("rule.enrolled")
    world.deliver("events")
    assert refs(world) == ["lead:3"]
    world.clock.move(minutes=minutes)
    lagging.deliver()
    assert refs(world) == ["lead:1", "lead:3", "lead:4", "lead:7"]
    assert world.enrolments.get(work.id).counts == {"entered": 3, "entered_meanwhile": 1}


def test_a_change_after_the_enrolment_let_a_record_in_starts_another_run(world: World, enrol: EnrolExisting) -> None:
    begin(world, enrol, has(world, {"event": "lead.updated", "field": "first_name"}, conditions=VIP))
    world.run_out()
    world.changes("lead:1", first_name="Budi")
    world.run_out()
    assert refs(world) == ["lead:1", "lead:1", "lead:4", "lead:7"]


def test_a_message_that_came_before_the_enrolment_starts_nothing_more(world: World, enrol: EnrolExisting) -> None:
    """It has no version of the record: its time tells, however late it is matched."""
    begin(world, enrol, has(world, {"event": "form.submitted"}, conditions=VIP))
    before = world.event("form.submitted", "1", subject="lead:1")
    world.clock.move(seconds=1)
    world.run_out()
    world.clock.move(minutes=30)
    after = world.event("form.submitted", "2", subject="lead:4")
    for event in (before, after):
        world.queues["events"].add(event)
    world.run_out()
    assert refs(world) == ["lead:1", "lead:4", "lead:4", "lead:7"]


def test_a_record_that_is_deleted_and_made_anew_is_another_one(world: World, enrol: EnrolExisting) -> None:
    begin(world, enrol, has(world, ENTERS))
    world.run_out()
    world.records.stored.pop("lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", tags=["vip"])
    world.run_out()
    assert refs(world) == ["lead:1", "lead:1", "lead:4", "lead:7"]


@pytest.mark.parametrize("entry", [{}, {"while_running": "restart"}])
def test_two_at_once_are_let_in_once(world: World, enrol: EnrolExisting, entry: dict[str, Any]) -> None:
    """The change is matched while the enrolment's own run is about to be written."""
    work = begin(world, enrol, has(world, ENTERS, entry=entry))
    world.changes("lead:3", tags=["vip"])
    assert world.deliver("enrolments")
    while world.deliver("changes"):
        pass
    (change,) = [each.body for each in world.queues["events"].messages if each.body.type == "lead.updated"]
    start, fresh = world.runs.start, world.wire(world.tap)

    def interleaved(run: Run, *args: Any, **more: Any) -> Any:
        if run.record == "lead:3":
            world.runs.start = start  # type: ignore[method-assign]
            fresh.match_event(change)
        return start(run, *args, **more)

    world.runs.start = interleaved  # type: ignore[method-assign]
    world.queues["events"].messages.sort(key=lambda each: str(each.body.type), reverse=True)
    world.run_out()
    assert refs(world) == ["lead:1", "lead:3", "lead:4", "lead:7"]
    assert world.enrolments.get(work.id).counts == {"entered": 3, "entered_meanwhile": 1}


def test_a_later_enrolment_takes_the_place_of_one_under_way(world: World, enrol: EnrolExisting) -> None:
    switched = has(world, ENTERS)
    first = begin(world, enrol, switched, "1")
    world.deliver("enrolments")
    second = begin(world, enrol, switched, "2")
    world.run_out()
    assert refs(world) == ["lead:1", "lead:4", "lead:7"]
    ended = world.enrolments.get(first.id)
    assert (ended.status, ended.reason) == (EnrolmentStatus.STOPPED, REPLACED(id=second.id))
    assert world.enrolments.get(second.id).counts == {"entered": 3}


def test_a_key_that_comes_again_later_begins_nothing(world: World, enrol: EnrolExisting) -> None:
    switched = has(world, ENTERS)
    for key in ("1", "2", "1"):
        begin(world, enrol, switched, key)
        world.run_out()
    assert len(world.enrolments.kept) == 2
    assert len(world.all_runs) == 6


def test_a_key_stands_for_one_rule_and_mode(world: World, enrol: EnrolExisting) -> None:
    begin(world, enrol, has(world, ENTERS, name="One"))
    other = has(world, ENTERS, name="Another")
    with pytest.raises(Conflict) as refused:
        enrol.prepare(other.id, "on", key="1", by="ayse")
    assert refused.value.reason == KEY_REUSED()
    assert not enrol.prepare(other.id, "on", key="1", by="budi").begun, "another caller's keys are its own"


def test_without_a_key_the_same_call_again_finds_the_enrolment_until_the_rule_changes(
    world: World, enrol: EnrolExisting
) -> None:
    switched = has(world, ENTERS, mode="off")
    first, again = (begin(world, enrol, switched, key="") for _ in range(2))
    assert first.id == again.id
    world.has_rule({**world.rules.get(switched.id).document, "name": "Renamed"})
    assert begin(world, enrol, switched, key="").id != first.id


def test_a_rule_that_was_off_in_between_shares_nothing_with_the_enrolment_of_then(
    world: World, enrol: EnrolExisting
) -> None:
    switched = has(world, ENTERS)
    work = begin(world, enrol, switched)
    world.run_out()
    document = world.rules.get(switched.id).document
    assert document["existing_enrolment"] == work.id
    manage_off = {name: value for name, value in document.items() if name != "existing_enrolment"}
    world.has_rule({**manage_off, "mode": "off"})
    world.has_rule({**manage_off, "mode": "on"})
    world.changes("lead:3", tags=["vip"])
    world.run_out()
    assert refs(world) == ["lead:1", "lead:3", "lead:4", "lead:7"]
