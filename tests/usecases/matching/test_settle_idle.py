"""Changes of records that nothing comes of are settled where they are published; all others go to the queue."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, NOTE, rule
from whenthen.domain.events.event import Event
from whenthen.domain.records.record import Record
from whenthen.domain.rules.rule import Rule
from whenthen.ports.values import Wanted

STATUS, UPDATED = "lead.status_changed", "lead.updated"
NEVER: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "lost"}


def change(world: World, **fields: Any) -> list[Event]:
    """A lead changes, and its change is published; returns the events that are in the queue then."""
    if "lead:1" not in world.records.stored:
        world.has_record("lead:1", status="new")
    world.changes("lead:1", **fields)
    assert world.deliver("changes")
    return list(world.queues["events"].bodies)


def watching(world: World, on: str, **more: Any) -> Rule:
    return world.has_rule(rule(NOTE, on=on, **more))


def test_a_change_that_no_rule_is_about_needs_no_message(world: World) -> None:
    watching(world, UPDATED, conditions=NEVER)
    assert change(world, status="won", owner="agent:ayse") == []
    told = world.bus.published
    assert [event.type for event in told] == [UPDATED, STATUS, "lead.owner_changed"], "the bus has it all the same"
    for event in told:
        plan = world.log.plan_of(event.id)
        assert plan is not None
        assert (plan.event, plan.completed, plan.rules) == (event, True, ())
    assert {(key, event_type) for key, event_type, *_ in world.occurrences.noted} == {
        ("lead:1", event.type) for event in told
    }


@pytest.mark.parametrize("on", [UPDATED, STATUS])
def test_a_change_that_starts_a_rule_goes_to_the_queue_whole(world: World, on: str) -> None:
    written = watching(world, on)
    assert [event.type for event in change(world, status="won")] == [UPDATED, STATUS]
    assert world.log.plans == {}
    assert world.occurrences.noted == set()
    world.run_out()
    assert {run.rule_id for run in world.all_runs} == {written.id}


@pytest.mark.parametrize(
    "needs",
    [
        {"field": f"history.{UPDATED}", "op": ">=", "value": 3, "within": {"days": 7}},
        {"field": "related.owner.team", "op": "equals", "value": "sales"},
        {"not": {"field": "related.owner.team", "op": "equals", "value": "sales"}},
    ],
    ids=["earlier events", "a related record", "a related record that is not so"],
)
def test_what_has_to_be_read_for_is_decided_by_the_matcher(world: World, needs: dict[str, Any]) -> None:
    watching(world, UPDATED, conditions=needs)
    assert len(change(world, owner="agent:ayse")) == 2
    assert world.log.plans == {}


def test_what_may_stop_a_run_goes_to_the_queue(world: World) -> None:
    """Also where the rule is off: its earlier versions may have runs that wait."""
    waiting = world.has_rule(rule(CALL, exit={"on": [STATUS]}))
    world.has_record("lead:1", status="new")
    begun = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.pass_time(hours=1)
    assert len(change(world, status="won")) == 2
    world.settle()
    assert world.run_of(begun, waiting).run.status == "stopped"


def test_what_a_rule_refuses_is_told_by_the_matcher(world: World) -> None:
    watching(world, UPDATED, entry={"only_new": True}, activated_at="2026-03-14T09:31:00Z")
    assert len(change(world, city="Bursa")) == 1


def test_a_parent_s_event_has_no_record_at_hand_and_goes_to_the_queue(world: World) -> None:
    world.has_record("lead:1")
    world.changes("lead:2", parent="lead:1")
    world.deliver("changes")
    assert [event.type for event in world.queues["events"].bodies] == ["lead.child_added"]


def test_a_stream_that_comes_again_settles_once(world: World) -> None:
    before = world.has_record("lead:1", status="new")
    after = replace(before, version=2, fields={"status": "won"})
    publish = world.functions.publish_changes
    publish([(before, after)])
    plans = dict(world.log.plans)
    watching(world, STATUS)
    publish([(before, after)])
    assert world.log.plans == plans
    world.run_out()
    assert world.all_runs == [], "decided is decided, also by a rule that came in between"


def test_what_went_to_the_queue_at_first_is_left_to_it(world: World) -> None:
    """The first delivery of the stream found a rule, the second finds it changed; the message is matched once."""
    before = world.has_record("lead:1", status="new")
    after = replace(before, version=2, fields={"status": "won"})
    world.records.keep(after, before)
    watching(world, STATUS)
    world.functions.publish_changes([(before, after)])
    match_event = world.functions.match_event
    group = tuple(world.bus.published)
    match_event.match_all(group, match_event.preload([group]))
    watching(world, STATUS, conditions=NEVER)
    world.functions.publish_changes([(before, after)])
    world.run_out()
    assert len(world.all_runs) == 1


def test_a_batch_reads_the_rules_once(world: World) -> None:
    changes: list[tuple[Record | None, Record | None]] = []
    for number in range(20):
        before = world.has_record(f"lead:{number}", status="new")
        changes.append((before, replace(before, version=2, fields={"status": "won"})))
    world.functions.publish_changes(changes)
    asked = world.ports.preloading.read_for  # type: ignore[attr-defined]
    assert asked == [Wanted(events=(), types=(UPDATED, STATUS))]
    assert len(world.log.plans) == 20
