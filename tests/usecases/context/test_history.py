"""Conditions that count what happened to a customer earlier."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, rule
from whenthen.domain.runs.planner import CONDITION_FALSE
from whenthen.usecases.matching.explain_event import ExplainEvent

PHONE = ("phone#+905329999999",)
MISSED = "call.incoming_missed"


def counting(op: str = ">=", value: int = 3, of: str = MISSED, **within: int) -> dict[str, Any]:
    return {"field": f"history.{of}", "op": op, "value": value, "within": within or {"days": 7}}


def calls(world: World, *numbers: int, **about: Any) -> None:
    """Missed calls, an hour apart; `about` one person unless it says otherwise."""
    for number in numbers:
        world.happens(MISSED, str(number), **(about or {"identities": PHONE}))
        world.run_out()
        world.pass_time(hours=1)


@pytest.mark.parametrize("about", [{"identities": PHONE}, {"subject": "contact:1"}])
def test_the_third_within_seven_days_starts_the_rule_and_the_second_does_not(
    world: World, about: dict[str, Any]
) -> None:
    world.has_rule(rule(GREET, on=MISSED, conditions=counting()))
    calls(world, 1, 2, **about)
    assert world.all_runs == []
    calls(world, 3, **about)
    assert len(world.all_runs) == 1


def test_what_is_older_or_about_others_or_of_another_type_does_not_count(world: World) -> None:
    world.has_rule(rule(GREET, on=MISSED, conditions=counting()))
    calls(world, 1)
    world.pass_time(days=8)
    calls(world, 2)
    calls(world, 3, identities=("phone#+905320000000",))
    world.happens("call.incoming_answered", "4", identities=PHONE)
    calls(world, 5)
    assert world.all_runs == []
    calls(world, 6)
    assert len(world.all_runs) == 1


def test_a_redelivery_does_not_count_twice(world: World) -> None:
    world.has_rule(rule(GREET, on=MISSED, conditions=counting()))
    calls(world, 1)
    for _ in range(3):
        event = world.event(MISSED, "2", identities=PHONE, time=world.clock.now())
        world.queues["events"].add(event)
        world.run_out()
        world.log.plans.pop(event.id), "as if the function had died before its plan was written"
        world.queues["events"].add(event)
        world.run_out()
    assert world.all_runs == []


def test_a_call_by_one_who_became_a_contact_since_counts_what_came_before(world: World) -> None:
    world.has_rule(rule(GREET, on=MISSED, conditions=counting()))
    calls(world, 1, 2)
    world.has_record("contact:1", phone="+905329999999")
    calls(world, 3)
    assert [run.record for run in world.all_runs] == ["contact:1"]


def test_a_rule_about_leads_counts_what_its_person_did(world: World) -> None:
    world.has_rule({**rule(GREET, on=MISSED, conditions=counting()), "kind": "lead"})
    world.has_record("contact:1", phone="+905329999999")
    world.has_record("lead:8", phone="+905329999999")
    calls(world, 1, 2, 3)
    assert [run.record for run in world.all_runs] == ["lead:8"]


def test_an_event_of_another_type_counts_those_of_the_record_s_person(world: World) -> None:
    world.has_rule(rule(GREET, on="contact.updated", conditions=counting("equals", 2)))
    world.has_record("contact:1", phone="+905329999999")
    calls(world, 1, 2)
    world.changes("contact:1", city="Budapest")
    world.run_out()
    assert len(world.all_runs) == 1


def test_nothing_is_read_for_events_whose_rules_do_not_count(world: World) -> None:
    world.has_rule(rule(GREET, on=MISSED))
    calls(world, 1)
    assert world.occurrences.asked == []


def test_one_question_is_asked_once_for_an_event(world: World) -> None:
    for number in range(4):
        world.has_rule(rule(GREET, name=f"rule {number}", on=MISSED, conditions=counting(value=number + 2)))
    calls(world, 1)
    assert world.occurrences.asked == [(PHONE[0], MISSED)]


def test_a_step_that_is_due_later_counts_what_has_happened_by_then(world: World) -> None:
    world.has_rule(rule(GREET, {**CALL, "wait": {"days": 2}, "only_if": counting("<", 2)}, on="lead.created"))
    world.has_record("lead:8", phone="+905329999999", email="a@example.com")
    event = world.happens("lead.created", subject="lead:8")
    world.happens(MISSED, "1", identities=PHONE)
    world.happens(MISSED, "2", identities=PHONE)
    world.run_out()
    [run] = world.all_runs
    state = world.runs.load(run.id)
    assert state is not None
    assert run.event_id == event.id
    assert {job.step_id: job.reason for job in state.jobs}["call"] == CONDITION_FALSE()


def test_what_started_the_run_does_not_count_when_it_is_older_than_the_period(
    world: World,
) -> None:
    later = {**CALL, "wait": {"days": 10}, "only_if": counting("<", 1, days=1)}
    world.has_rule({**rule(GREET, later, on=MISSED), "kind": "lead"})
    world.has_record("lead:8", phone="+905329999999", email="a@example.com")
    calls(world, 1)
    [run] = world.all_runs
    state = world.runs.load(run.id)
    assert state is not None
    assert {job.step_id: str(job.status) for job in state.jobs} == {"greet": "done", "call": "done"}


def test_what_happened_to_a_record_that_was_merged_into_this_one_counts(world: World) -> None:
    world.has_rule(rule(GREET, on=MISSED, conditions=counting()))
    calls(world, 1, 2, subject="contact:2")
    world.has_record("contact:1")
    found = world.records.get("contact:1")
    assert found is not None
    world.records.put(replace(found, absorbed=("contact:2",), version=found.version + 1), found)
    calls(world, 3, subject="contact:1")
    assert [run.record for run in world.all_runs] == ["contact:1"]


def test_the_explanation_counts_as_it_was_when_the_event_happened(world: World) -> None:
    world.has_rule(rule(GREET, on=MISSED, conditions=counting()))
    second = None
    for number in (1, 2, 3):
        event = world.happens(MISSED, str(number), identities=PHONE)
        second = event if number == 2 else second
        world.run_out()
        world.pass_time(hours=1)
    assert second is not None
    [told] = ExplainEvent(world.log, world.rules, world.occurrences, world.records)(second.id).rules
    assert told.explanation.conditions is not None
    assert (told.explanation.matched, told.explanation.conditions.shown["actual"]) == (False, 2)
