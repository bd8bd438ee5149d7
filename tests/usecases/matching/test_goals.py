"""A goal that is reached ends the run as a conversion, in whatever order the messages arrive."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, rule
from whenthen.domain.events.event import Event
from whenthen.domain.exits.conditions import EXIT_CONDITION, GOAL_HELD_BEFORE, GOAL_REACHED
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.usecases.matching.notify_runs import EXIT_EVENT
from whenthen.usecases.runs.read_history import ReadHistory

BOUGHT = {"field": "record.status", "op": "equals", "value": "customer"}
GONE = {"field": "record.status", "op": "in", "value": ["customer", "lost"]}
LATE_CALL = {**CALL, "wait": {"days": 2}}
TAGGED = {"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}


def goal(*steps: dict[str, Any], **exits: Any) -> dict[str, Any]:
    return rule(*(steps or (GREET, LATE_CALL)), exit={"goal": BOUGHT, **exits})


def ending(world: World, event: Event, written: Rule) -> tuple[str, str]:
    run = world.run_of(event, written).run
    assert run.reason is not None
    return run.status.value, run.reason.code


REACHED = ("stopped", GOAL_REACHED.code)


def test_a_run_whose_goal_is_reached_while_it_waits_ends_at_once(world: World) -> None:
    written = world.has_rule(goal())
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.changes("lead:1", status="contacted")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.WAITING
    world.changes("lead:1", status="customer")
    world.settle()
    assert ending(world, event, written) == REACHED
    assert world.clock.now() == event.time, "and nothing had to become due"
    world.run_out()
    assert world.outcomes(world.run_of(event, written)) == {"greet": JobStatus.DONE}


def test_a_goal_that_is_reached_before_the_first_wait_is_over_counts(world: World) -> None:
    written = world.has_rule(goal(LATE_CALL))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=5)
    world.changes("lead:1", status="customer")
    world.run_out()
    assert ending(world, event, written) == REACHED


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_goal_counts_once_in_whatever_order_the_messages_arrive(world: World, order: tuple[int, ...]) -> None:
    """A lead is created, changed, and bought; each message may be the quickest, and each comes twice."""
    written = world.has_rule(goal(TAGGED, LATE_CALL))
    world.records.stored.pop("lead:1", None)
    for fields in ({"first_name": "Ayşe"}, {"owner": "agent:ali"}, {"status": "customer"}):
        world.changes("lead:1", **fields)
        world.clock.move(minutes=1)
    while world.deliver("changes"):
        pass
    told = [event for event in world.queues["events"].bodies if event.type in ("lead.created", "lead.updated")]
    world.queues["events"].messages.clear()
    for place in (*order, *order):
        world.queues["events"].add(told[place])
    world.run_out()
    assert ending(world, told[0], written) == REACHED
    assert len([run for run in world.all_runs if run.rule_id == written.id]) == 1
    assert not [ref for ref in world.records.stored if ref.startswith("task:")]


def test_a_record_that_is_a_customer_already_runs_no_step_and_counts_nothing(world: World) -> None:
    world.changes("lead:1", status="customer")
    world.settle()
    written = world.has_rule(goal())
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert ending(world, event, written) == ("stopped", GOAL_HELD_BEFORE.code)
    assert world.mailer.sent == []


def test_a_rule_that_waits_first_does_not_wait_for_a_record_that_is_a_customer_already(world: World) -> None:
    world.changes("lead:1", status="customer")
    world.settle()
    written = world.has_rule(goal(LATE_CALL))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    assert ending(world, event, written) == ("stopped", GOAL_HELD_BEFORE.code)
    assert world.clock.now() == event.time


def test_a_run_that_did_all_its_steps_is_no_conversion(world: World) -> None:
    written = world.has_rule(goal(GREET))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    world.changes("lead:1", status="customer")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_the_goal_comes_before_the_exit_s_condition(world: World) -> None:
    written = world.has_rule(goal(when=GONE))
    bought, lost = (world.happens("lead.created", name, subject=f"lead:{name}") for name in "12")
    world.has_record("lead:2", status="new", email="other@example.com")
    world.settle()
    world.changes("lead:1", status="customer")
    world.changes("lead:2", status="lost")
    world.settle()
    assert ending(world, bought, written) == REACHED
    assert ending(world, lost, written) == ("stopped", EXIT_CONDITION.code)


def test_a_reply_that_was_there_first_keeps_its_reason(world: World) -> None:
    written = world.has_rule(goal(on=["contact.replied"]))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.happens("contact.replied", subject="lead:1")
    world.settle()
    world.changes("lead:1", status="customer")
    world.run_out()
    assert ending(world, event, written) == ("stopped", EXIT_EVENT.code)


def test_a_paused_run_reaches_its_goal(world: World) -> None:
    written = world.has_rule(goal())
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.functions.pause_run(world.run_of(event, written).run.id, by="key_1")
    world.changes("lead:1", status="customer")
    world.settle()
    assert ending(world, event, written) == REACHED


def test_a_goal_about_the_time_is_looked_at_before_a_step(world: World) -> None:
    later = {"field": "now.moment", "op": "after", "value": "2026-03-15T12:00:00Z"}
    written = world.has_rule(rule(GREET, LATE_CALL, exit={"goal": later}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert ending(world, event, written) == REACHED


def test_a_shadow_reaches_no_goal(world: World) -> None:
    written = world.has_rule({**goal(), "mode": "shadow"})
    world.changes("lead:1", status="customer")
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.SKIPPED


def test_conversions_are_told_and_listed(world: World) -> None:
    written = world.has_rule(goal())
    world.has_rule(rule(TAGGED, on="rule.finished", name="Who waits for outcomes"))
    events = []
    for name in "123456":
        world.has_record(f"lead:{name}", status="new", email=f"{name}@example.com")
        events.append(world.happens("lead.created", name, subject=f"lead:{name}"))
        world.settle()
        world.clock.move(minutes=1)
    for name in "246":
        world.changes(f"lead:{name}", status="customer")
    world.run_out()
    published = world.bus.published
    finished = [each for each in published if each.type == "rule.finished" and each.data["rule"] == written.id]
    assert sorted(each.subject or "" for each in finished if each.data["converted"]) == ["lead:2", "lead:4", "lead:6"]
    assert len(finished) == len(events)
    listed: dict[bool, list[str | None]] = {True: [], False: []}
    for converted, found in listed.items():
        cursor = None
        while True:
            page = ReadHistory(world.log, world.runs, world.rules).list(
                rule=written.id, record="", status="", converted=converted, limit=2, cursor=cursor
            )
            assert len(page.items) <= 2
            found += [run.record for run in page.items]
            if (cursor := page.cursor) is None:
                break
    assert listed == {True: ["lead:6", "lead:4", "lead:2"], False: ["lead:5", "lead:3", "lead:1"]}
