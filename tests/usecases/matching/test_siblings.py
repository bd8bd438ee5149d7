"""The events of one change are matched together; those that nothing comes of stand in the plan of the main one."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from whenthen.domain.event_catalog.derivation import change_events
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.ports.values import Plan
from whenthen.usecases.matching.explain_event import ExplainEvent

STATUS, UPDATED = "lead.status_changed", "lead.updated"


def changed(world: World) -> tuple[Event, ...]:
    """Status, stage and owner of a lead changed at once."""
    before = world.has_record("lead:1", status="new", stage="a", owner="agent:ayse")
    after = replace(before, version=2, fields={"status": "won", "stage": "b", "owner": "agent:budi"})
    world.records.keep(after, before)
    return tuple(change_events(before, after, world.clock.now()))


def matched(world: World, group: tuple[Event, ...]) -> list[Plan]:
    match_event = world.functions.match_event
    return match_event.match_all(group, match_event.preload([group]))


def watching(world: World, event_type: str, name: str = "one", **more: Any) -> Rule:
    return world.has_rule(rule(NOTE, on=event_type, name=name, **more))


def test_a_change_that_nothing_comes_of_has_one_plan(world: World) -> None:
    group = changed(world)
    assert len(group) == 4
    [plan] = matched(world, group)
    assert plan.completed
    assert list(world.log.plans) == [group[0].id]
    for event in group:
        own = world.log.plan_of(event.id)
        assert own is not None
        assert (own.event, own.rules, own.completed) == (event, (), True)
        assert own.record is not None
        assert own.record.fields["status"] == "won"


def test_each_of_its_events_is_explained_as_before(world: World) -> None:
    group = changed(world)
    never = {"field": "record.status", "op": "equals", "value": "lost"}
    written = watching(world, STATUS, conditions=never)
    matched(world, group)
    explain = ExplainEvent(world.log, world.rules, world.occurrences, world.records)
    status = next(event for event in group if event.type == STATUS)
    [found] = explain(status.id).rules
    assert (found.rule.id, found.outcome, found.explanation.matched) == (written.id, "not_met", False)
    assert explain(group[0].id).rules == ()


def test_only_the_event_that_a_rule_is_about_starts_it(world: World) -> None:
    group = changed(world)
    written = watching(world, STATUS)
    plans = matched(world, group)
    assert [(plan.event.type, bool(plan.rules)) for plan in plans] == [(UPDATED, False), (STATUS, True)]
    [run] = world.all_runs
    assert (run.rule_id, run.event_type, run.record) == (written.id, STATUS, "lead:1")
    assert set(world.log.plans) == {group[0].id, run.event_id}


def test_rules_about_several_of_its_events_start_once_each(world: World) -> None:
    group = changed(world)
    rules = [watching(world, on, name=on) for on in (UPDATED, STATUS, "lead.owner_changed")]
    for _ in range(3):
        matched(world, group)
    assert sorted(run.rule_id for run in world.all_runs) == sorted(each.id for each in rules)


@pytest.mark.parametrize("on", [UPDATED, STATUS])
def test_a_redelivery_starts_no_rule_that_came_after_nothing_matched(world: World, on: str) -> None:
    group = changed(world)
    matched(world, group)
    watching(world, on)
    matched(world, group)
    assert world.all_runs == []


@pytest.mark.parametrize("on", [UPDATED, STATUS])
def test_nor_where_its_events_come_in_messages_of_their_own(world: World, on: str) -> None:
    group = changed(world)
    matched(world, group)
    watching(world, on)
    for event in group:
        matched(world, (event,))
    assert world.all_runs == []


@pytest.mark.parametrize("on", [UPDATED, STATUS])
def test_what_was_planned_is_carried_out_though_the_rule_has_changed_since(world: World, on: str) -> None:
    """The first delivery dies right after its plans were stored."""

    class Dies:
        def before(self, call: str) -> None:
            if call == "runs.start":
                raise RuntimeError("killed")

        def after(self, call: str) -> None:
            pass

    group = changed(world)
    planned = watching(world, on)
    world.functions = world.wire(Dies())
    with pytest.raises(RuntimeError):
        matched(world, group)
    never = {"field": "record.status", "op": "equals", "value": "lost"}
    watching(world, on, conditions=never)
    world.functions = world.wire(world.tap)
    matched(world, group)
    assert [(run.rule_id, run.rule_version) for run in world.all_runs] == [(planned.id, 1)]


def test_a_redelivery_between_the_plans_decides_what_had_none(world: World) -> None:
    group = changed(world)
    watching(world, STATUS)

    class Dies:
        stored = 0

        def before(self, call: str) -> None:
            self.stored += call == "log.record_plan"
            if self.stored == 2:
                raise RuntimeError("killed")

        def after(self, call: str) -> None:
            pass

    world.functions = world.wire(Dies())
    with pytest.raises(RuntimeError):
        matched(world, group)
    assert list(world.log.plans) == [group[0].id]
    world.functions = world.wire(world.tap)
    matched(world, group)
    assert [run.event_type for run in world.all_runs] == [STATUS]


def test_an_exit_among_them_stops_the_runs_of_the_record(world: World) -> None:
    group = changed(world)
    call = {"id": "call", "action": "create_task", "wait": {"days": 2}, "with": {"title": "Call"}}
    waiting = world.has_rule(rule(call, exit={"on": [STATUS]}))
    begun = world.happens("lead.created", subject="lead:1", time=world.clock.now())
    world.settle()
    later = tuple(replace(event, time=world.clock.now()) for event in group)
    world.pass_time(hours=1)
    matched(world, tuple(replace(event, time=world.clock.now()) for event in later))
    assert world.run_of(begun, waiting).run.status == "stopped"


def test_a_batch_is_read_for_once(world: World) -> None:
    """The second message finds what the first one's reaction wrote, although both were read for together."""
    world.has_rule(rule(GREET, on="contact.replied", kind="contact"))
    who = {"identities": ("phone#+905321112233",)}
    message = world.event("whatsapp.message_received", "m", data={"text": "Hi", "phone": "+905321112233"}, **who)
    reply = world.event("contact.replied", "r", data={"channel": "whatsapp", "message_id": "m"}, **who)
    asked = world.ports.preloading.read_for  # type: ignore[attr-defined]
    match_event = world.functions.match_event
    ahead = match_event.preload([(message,), (reply,)])
    assert ahead.people == {who["identities"]: None}
    match_event.match_all((message,), ahead)
    [plan] = match_event.match_all((reply,), ahead)
    assert len(asked) == 1
    assert plan.record is not None
    assert plan.record.kind == "contact"
