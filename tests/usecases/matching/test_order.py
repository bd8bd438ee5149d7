"""Runs that one event starts follow one another, in the order of their rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import RunStatus
from whenthen.ports.values import RunState
from whenthen.usecases.runs.resume_runs import LOOK_AGAIN, OVERDUE

WAIT = {"days": 2}


def has(world: World, name: str, order: int | None, *, wait: Any = None, **more: Any) -> Rule:
    step = {"id": name, "action": "set_fields", "with": {"fields": {name: "yes"}}, **({"wait": wait} if wait else {})}
    return world.has_rule(rule(step, name=name, order=order, **more))


def run_of(world: World, of: Rule) -> RunState:
    """The only run of the rule."""
    (found,) = [run for run in world.all_runs if run.rule_id == of.id]
    state = world.runs.load(found.id)
    assert state is not None
    return state


def standing(world: World, *rules: Rule) -> list[str]:
    return [run_of(world, each).run.status.value for each in rules]


def begins(world: World, **more: Any) -> Event:
    return world.happens("lead.created", subject="lead:1", **more)


def test_each_begins_when_the_one_before_is_over(world: World) -> None:
    first, second, third = (has(world, name, order, wait=WAIT) for name, order in (("c", 1), ("a", 2), ("b", 3)))
    event = begins(world)
    world.settle()
    assert standing(world, first, second, third) == ["waiting"] * 3
    assert [run_of(world, each).run.is_in_line for each in (first, second, third)] == [False, True, True]
    assert run_of(world, third).run.follows_rule == second.id
    world.run_out()
    assert standing(world, first, second, third) == ["done"] * 3
    ends = [run_of(world, each).run.finished_at for each in (first, second, third)]
    assert ends == [event.time + timedelta(days=days) for days in (2, 4, 6)], "each wait counts from the one before"
    assert len(world.sequences.executions) == 5, "three waits, two calls"


def test_rules_without_an_order_begin_at_once(world: World) -> None:
    ordered, free = has(world, "a", 1, wait=WAIT), has(world, "b", None)
    second = has(world, "c", 2)
    begins(world)
    world.settle()
    assert standing(world, ordered, free, second) == ["waiting", "done", "waiting"]


def test_records_do_not_wait_for_each_other(world: World) -> None:
    world.has_record("lead:2", status="new")
    has(world, "a", 1, wait=WAIT)
    quick = has(world, "b", 2, conditions={"field": "record.phone", "op": "exists", "value": False})
    begins(world)
    world.settle()
    world.happens("lead.created", "2", subject="lead:2")
    world.pass_time(days=1)
    assert standing(world, quick) == ["waiting"], "it follows the run of its own record and event"


@pytest.mark.parametrize(
    ("how", "ends"),
    [("stopped", {}), ("stopped", {"exit": {"on": ["contact.replied"]}}), ("failed", {}), ("skipped", {})],
    ids=["by hand", "by an exit", "failed", "skipped"],
)
def test_it_does_not_matter_how_the_one_before_ended(world: World, how: str, ends: dict[str, Any]) -> None:
    lost = {"id": "a", "action": "set_fields", "with": {"record": "lead:none", "fields": {"a": 1}}, "wait": WAIT}
    no_date = {**lost, "wait": {"until": {"field": "no_such_date"}}}
    first = world.has_rule(rule(no_date if how == "skipped" else lost, name="a", order=1, **ends))
    second = has(world, "b", 2)
    begins(world)
    world.settle()
    if ends:
        world.happens("contact.replied", subject="lead:1")
    elif how == "stopped":
        world.functions.stop_run(run_of(world, first).run.id, by="ada")
    world.run_out()
    assert standing(world, first, second) == [how, "done"]


def test_one_that_leaves_the_line_does_not_let_the_next_past_the_one_before(world: World) -> None:
    first, second, third = (has(world, name, order, wait=WAIT) for order, name in enumerate("abc"))
    begins(world)
    world.settle()
    world.functions.stop_run(run_of(world, second).run.id, by="ada")
    world.settle()
    assert standing(world, first, second, third) == ["waiting", "stopped", "waiting"]
    run = run_of(world, third).run
    assert (run.is_in_line, run.follows_rule) == (True, first.id), "and it says so"
    world.run_out()
    assert standing(world, first, second, third) == ["done", "stopped", "done"]


def test_a_run_that_leaves_the_line_at_the_very_moment_at_which_the_first_ends(world: World) -> None:
    first, second, third = (has(world, name, order, wait=WAIT) for order, name in enumerate("abc"))
    begins(world)
    world.settle()
    for each in (second, first):
        world.functions.stop_run(run_of(world, each).run.id, by="ada")
        world.settle()
    assert not run_of(world, third).run.is_in_line


def test_an_exit_ends_a_run_in_line(world: World) -> None:
    first = has(world, "a", 1, wait=WAIT)
    second = has(world, "b", 2, exit={"on": ["contact.replied"]})
    begins(world)
    world.pass_time(hours=1)
    world.happens("contact.replied", subject="lead:1")
    world.run_out()
    assert standing(world, first, second) == ["done", "stopped"]
    assert run_of(world, second).jobs == ()


def test_what_holds_when_its_turn_comes_decides_about_its_steps(world: World) -> None:
    has(world, "a", 1, wait=WAIT)
    step = {"id": "b", "action": "set_fields", "with": {"fields": {"b": "yes"}}}
    won = {"field": "record.status", "op": "equals", "value": "won"}
    second = world.has_rule(rule({**step, "only_if": won}, name="b", order=2))
    begins(world)
    world.pass_time(days=1)
    world.changes("lead:1", status="won")
    world.run_out()
    assert standing(world, second) == ["done"]


def test_a_run_in_shadow_holds_nobody_up(world: World) -> None:
    has(world, "a", 1, wait=WAIT, mode="shadow")
    second = has(world, "b", 2)
    begins(world)
    world.settle()
    assert standing(world, second) == ["done"]


def test_one_that_entered_before_holds_nobody_up(world: World) -> None:
    has(world, "a", 1, wait=WAIT)
    once = has(world, "b", 2, entry={"again": "once_per_record"})
    third = has(world, "c", 3)
    begins(world)
    world.run_out()
    world.clock.move(minutes=1)
    again = begins(world, external_id="2")
    world.settle()
    (run,) = [run for run in world.all_runs if (run.rule_id, run.event_id) == (third.id, again.id)]
    assert (run.is_in_line, run.follows_name) == (True, "a")
    world.run_out()
    assert [run.status for run in world.all_runs if run.rule_id in (once.id, third.id)] == [RunStatus.DONE] * 3


def test_a_redelivered_event_changes_nothing(world: World) -> None:
    rules = [has(world, name, order, wait=WAIT) for order, name in enumerate("abc")]
    event = begins(world)
    for _ in range(3):
        world.functions.match_event(event)
        world.pass_time(days=1)
    world.run_out()
    assert standing(world, *rules) == ["done"] * 3


def test_a_first_run_that_is_over_at_once_does_not_leave_the_next_behind(world: World) -> None:
    won = {"field": "record.status", "op": "equals", "value": "won"}
    step = {"id": "a", "action": "set_fields", "with": {"fields": {"a": "yes"}}, "only_if": won}
    first, second = world.has_rule(rule(step, name="a", order=1)), has(world, "b", 2)
    begins(world)
    world.settle()
    assert standing(world, first, second) == ["skipped", "done"]


@pytest.mark.parametrize("call", ["runs.start", "runs.follow", "log.close"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_matcher_that_dies_leaves_nobody_behind(world: World, call: str, times: int) -> None:
    rules = [has(world, name, order) for order, name in enumerate("abc")]
    event = begins(world)
    if (call, times) != ("log.close", 2):
        with pytest.raises(Dying.Dead):
            world.wire(Dying(call, times)).match_event(event)
    world.run_out()
    assert standing(world, *rules) == ["done"] * 3


@pytest.mark.parametrize("call", ["sequences.wait", "preloading.read"])
def test_a_publisher_of_outcomes_that_dies_calls_again(world: World, call: str) -> None:
    rules = [has(world, name, order, wait=WAIT) for order, name in enumerate("ab")]
    begins(world)
    world.settle()
    world.functions.stop_run(run_of(world, rules[0]).run.id, by="ada")
    (ended,) = world.queues["outcomes"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(call)).publish_outcomes([ended])
    world.run_out()
    assert standing(world, *rules) == ["stopped", "done"]


def test_a_sweep_finds_a_run_whose_call_was_lost(world: World) -> None:
    rules = [has(world, name, order) for order, name in enumerate("ab")]
    begins(world)
    world.deliver("events")
    world.deliver("record")
    world.queues["outcomes"].messages.clear()
    world.run_out()
    assert standing(world, *rules) == ["done", "waiting"]
    world.clock.at += OVERDUE + timedelta(seconds=1)
    assert world.functions.resume_runs(lambda: True).resumed == 1
    world.run_out()
    assert standing(world, *rules) == ["done", "done"]


def test_a_sweep_leaves_a_run_in_line_where_it_is(world: World) -> None:
    rules = [has(world, name, order, wait=WAIT) for order, name in enumerate("ab")]
    begins(world)
    world.settle()
    for _ in range(3):
        world.clock.at += LOOK_AGAIN + OVERDUE + timedelta(seconds=1)
        assert world.functions.resume_runs(lambda: True).resumed == 0
    assert standing(world, *rules) == ["waiting", "waiting"]


def test_rules_with_several_event_types_are_in_line_too(world: World) -> None:
    """A message makes two events, and the first rule starts at either."""
    first = has(world, "a", 1, wait=WAIT, on=["contact.replied", "whatsapp.message_received"], kind=None)
    second = has(world, "b", 2, on="contact.replied", kind=None)
    data = {"message_id": "m1"}
    for event_type in ("whatsapp.message_received", "contact.replied"):
        world.happens(event_type, subject="lead:1", data=data, source="whatsapp")
    world.settle()
    assert standing(world, first, second) == ["waiting", "waiting"]
    world.run_out()
    assert standing(world, first, second) == ["done", "done"]


@pytest.mark.parametrize("resumed_after", [1, 3])
def test_a_run_that_is_paused_in_line_stays_in_line_and_takes_its_turn_once_it_is_resumed(
    world: World, resumed_after: int
) -> None:
    first, second = has(world, "a", 1, wait=WAIT), has(world, "b", 2)
    event = begins(world)
    world.settle()
    run = run_of(world, second).run
    world.functions.pause_run(run.id, by="ada")
    world.pass_time(days=resumed_after)
    assert standing(world, second) == ["paused"]
    world.functions.resume_run(run.id)
    world.settle()
    assert standing(world, first, second) == (["waiting"] * 2 if resumed_after < 2 else ["done"] * 2)
    world.run_out()
    assert standing(world, first, second) == ["done", "done"]
    ended = run_of(world, second).run.finished_at
    assert ended is not None
    assert ended >= event.time + timedelta(days=max(2, resumed_after))


def test_a_paused_run_holds_up_those_behind_it(world: World) -> None:
    first, second = has(world, "a", 1, wait=WAIT), has(world, "b", 2)
    begins(world)
    world.settle()
    run = run_of(world, first).run
    world.functions.pause_run(run.id, by="ada")
    world.pass_time(days=5)
    assert standing(world, first, second) == ["paused", "waiting"]
    world.functions.resume_run(run.id)
    world.run_out()
    assert standing(world, first, second) == ["done", "done"]


def test_a_run_gathers_its_events_first_and_then_takes_its_turn(world: World) -> None:
    first = has(world, "a", 1, wait=WAIT)
    second = has(world, "b", 2, entry={"debounce": {"seconds": 60}})
    third = has(world, "c", 3)
    event = begins(world)
    world.pass_time(hours=1)
    assert standing(world, first, second, third) == ["waiting"] * 3
    assert run_of(world, second).run.is_in_line
    world.run_out()
    assert standing(world, first, second, third) == ["done"] * 3
    assert run_of(world, second).run.due >= event.time + timedelta(days=2)


def test_a_run_in_line_that_is_to_move_begins_under_the_new_version(world: World) -> None:
    has(world, "a", 1, wait=WAIT)
    second = has(world, "b", 2)
    begins(world)
    world.settle()
    step = {"id": "b", "action": "set_fields", "with": {"fields": {"anew": "yes"}}}
    new = world.has_rule(rule(step, name="b", order=2, id=second.id))
    run = run_of(world, second).run
    world.runs.ask_to_move(run.id, new.version)
    world.run_out()
    state = run_of(world, second)
    assert (state.run.rule_version, state.run.status) == (2, RunStatus.DONE)
    lead = world.records.get("lead:1")
    assert lead is not None
    assert ("b" in lead.fields, lead.fields["anew"]) == (False, "yes")
