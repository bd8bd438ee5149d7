"""Occasions of records that were merged: the customer who remains is greeted once, whoever of them was greeted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE
from whenthen.domain.entry.entering_events import enrolled_event, manual_event
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.scheduling.schedules import schedule_event
from whenthen.usecases.matching.explain_event import ExplainEvent
from whenthen.usecases.records.merge_records import MergeRecords
from whenthen.usecases.runs.read_history import ReadHistory

NINE = datetime(2026, 3, 14, 9, tzinfo=UTC)
GREET: dict[str, Any] = {"id": "greet", "action": "set_fields", "with": {"fields": {"greeted": "{{ now.year }}"}}}
BIRTHDAY: dict[str, Any] = {"event": "birthday.reached"}
NOON = NINE + timedelta(hours=3)


@pytest.fixture
def world() -> World:
    """A day before; the sweeps are up to date."""
    world = World()
    world.clock.at = NINE - timedelta(days=1)
    world.sweeps.until = world.clock.at
    return world


def a_rule(world: World, trigger: dict[str, Any] = BIRTHDAY, **more: Any) -> Rule:
    return world.has_rule({"name": "Greet", "kind": "contact", "trigger": trigger, "steps": [GREET], **more})


def sweep(world: World, at: datetime) -> None:
    world.clock.at = at
    world.functions.fire_due_dates()
    world.settle()


def merge(world: World, into: str, gone: str) -> None:
    MergeRecords(world.records, world.clock)(into, gone, origin="human")
    world.settle()


def who(world: World) -> list[str | None]:
    return sorted((run.record for run in world.all_runs), key=str)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"birth_date": "1990-03-14"}, {}),
        ({"birth_date": "1990-03-14"}, {"birth_date": ""}),
        ({"birth_date": "--03-14"}, {}),
        ({"birth_date": "1990-03-14", "time_zone": "Asia/Jakarta"}, {}),
    ],
    ids=["the other has none", "an empty one", "no year", "another zone"],
)
def test_a_birthday_of_which_the_one_that_remains_learns_by_the_merge_is_over(
    world: World, a: dict[str, Any], b: dict[str, Any]
) -> None:
    """Greeted at nine, merged at noon."""
    a_rule(world, {"date": {"field": "birth_date", "yearly": True, "at": "09:00", "time_zone": "record"}})
    world.has_record("contact:a", **a)
    world.has_record("contact:b", **b)
    sweep(world, NINE)
    assert who(world) == ["contact:a"]
    world.clock.at = NOON
    merge(world, "contact:b", "contact:a")
    for minutes in (0, 5, 600):
        sweep(world, NOON + timedelta(minutes=minutes))
    assert who(world) == ["contact:a"]


def test_birthdays_that_both_had_differently_are_one_in_a_year(world: World) -> None:
    a_rule(world)
    world.has_record("contact:a", birth_date="1990-03-14")
    world.has_record("contact:b", birth_date="1990-03-20")
    sweep(world, NINE)
    merge(world, "contact:b", "contact:a")
    sweep(world, NINE + timedelta(days=6))
    assert who(world) == ["contact:a"]


def test_the_next_year_has_a_birthday_of_its_own(world: World) -> None:
    a_rule(world)
    world.has_record("contact:a", birth_date="1990-03-14")
    world.has_record("contact:b")
    sweep(world, NINE)
    merge(world, "contact:b", "contact:a")
    world.sweeps.until = NINE.replace(year=2027) - timedelta(minutes=5)
    sweep(world, NINE.replace(year=2027))
    assert who(world) == ["contact:a", "contact:b"]


@pytest.mark.parametrize("first", ["contact:a", "contact:b"])
def test_both_events_under_way_when_they_are_merged_start_one_run(world: World, first: str) -> None:
    """Both were published at nine, and the matcher takes them after the merge."""
    rule = a_rule(world)
    for ref in ("contact:a", "contact:b"):
        world.has_record(ref, birth_date="1990-03-14")
    world.clock.at = NINE
    world.functions.fire_due_dates()
    made = {event.subject: event for event in world.queues["events"].bodies}
    world.queues["events"].messages.clear()
    MergeRecords(world.records, world.clock)("contact:b", "contact:a", origin="human")
    for ref in (first, *(made.keys() - {first}), first):
        world.functions.match_event(made[ref])
    world.settle()
    assert who(world) == ["contact:b"]
    history = ReadHistory(world.log, world.runs, world.rules)
    for event in made.values():
        assert [state.run.rule_id for state in history.event(event.id)[1]] == [rule.id]


def test_one_after_the_other(world: World) -> None:
    """A is greeted, and becomes part of B, which becomes part of C."""
    a_rule(world)
    world.has_record("contact:a", birth_date="1990-03-14")
    world.has_record("contact:b")
    world.has_record("contact:c", birth_date="1990-03-15")
    sweep(world, NINE)
    merge(world, "contact:b", "contact:a")
    sweep(world, NOON)
    merge(world, "contact:c", "contact:b")
    sweep(world, NINE + timedelta(days=1))
    assert who(world) == ["contact:a"]


@pytest.mark.parametrize(
    ("trigger", "fields"),
    [
        ({"date": {"field": "renewal_date", "at": "09:00"}}, {"renewal_date": "2026-03-14"}),
        ({"date": {"field": "renewal_date", "days": -3, "at": "09:00"}}, {"renewal_date": "2026-03-17"}),
        ({"date": {"field": "met_on", "yearly": True, "at": "09:00"}}, {"met_on": "2019-03-14"}),
        (
            {"date": {"field": "starts_at", "at": "09:00"}},
            {"starts_at": "2026-02-14", "recurrence": "FREQ=MONTHLY"},
        ),
    ],
    ids=["once", "before", "yearly", "a series"],
)
def test_dates_of_all_sorts(world: World, trigger: dict[str, Any], fields: dict[str, Any]) -> None:
    a_rule(world, trigger)
    world.has_record("contact:a", **fields)
    world.has_record("contact:b", city="Izmir")
    sweep(world, NINE)
    merge(world, "contact:b", "contact:a")
    sweep(world, NOON)
    assert who(world) == ["contact:a"]


def test_another_day_of_the_same_field_is_another_occasion(world: World) -> None:
    a_rule(world, {"date": {"field": "renewal_date", "at": "09:00"}})
    world.has_record("contact:a", renewal_date="2026-03-14")
    world.has_record("contact:b", renewal_date="2026-03-20")
    sweep(world, NINE)
    merge(world, "contact:b", "contact:a")
    sweep(world, NINE + timedelta(days=6))
    assert who(world) == ["contact:a", "contact:b"]


def test_two_rules_have_an_occasion_each(world: World) -> None:
    a_rule(world)
    world.has_record("contact:a", birth_date="1990-03-14")
    world.has_record("contact:b")
    sweep(world, NINE)
    merge(world, "contact:b", "contact:a")
    other = world.has_rule({"name": "Other", "kind": "contact", "trigger": BIRTHDAY, "steps": [NOTE]})
    sweep(world, NOON)
    assert [(run.rule_id, run.record) for run in world.all_runs if run.record == "contact:b"] == [
        (other.id, "contact:b")
    ]


def _by_schedule(rule: Rule, ref: str, moment: datetime) -> Event:
    return schedule_event(rule.id, moment, ref)


def _by_hand(rule: Rule, ref: str, moment: datetime) -> Event:
    return manual_event(rule.id, ref, by="ayse", seed=str(moment), moment=moment)


def _enrols(world: World, rule: Rule, moment: datetime) -> None:
    """The rule says which enrolment it was switched on with."""
    enrolment = _by_switching_on(rule, None, moment).id
    world.has_rule({**world.rules.get(rule.id).document, "existing_enrolment": enrolment})


def _by_switching_on(rule: Rule, ref: str | None, moment: datetime) -> Event:
    return enrolled_event(rule.id, ref, by="ayse", seed=str(moment), moment=moment)


@pytest.mark.parametrize(
    ("trigger", "made"),
    [
        ({"schedule": {"cron": "0 9 * * *", "kind": "contact"}}, _by_schedule),
        ({"manual": True}, _by_hand),
        ({"enters": {"kind": "contact", "filter": {"field": "record.city", "op": "exists"}}}, _by_switching_on),
    ],
    ids=["a schedule", "a person", "switched on"],
)
def test_an_enrolment_that_is_under_way_during_the_merge(
    world: World, trigger: dict[str, Any], made: Callable[[Rule, str, datetime], Event]
) -> None:
    rule = a_rule(world, trigger)
    _enrols(world, rule, NINE)
    world.has_record("contact:a", city="Izmir")
    world.has_record("contact:b", city="Izmir")
    world.clock.at = NINE
    for ref in ("contact:a", "contact:b"):
        world.queues["events"].add(made(rule, ref, NINE))
        world.run_out()
        if ref == "contact:a":
            MergeRecords(world.records, world.clock)("contact:b", "contact:a", origin="human")
    world.run_out()
    assert who(world) == ["contact:a"]
    world.clock.at = NOON
    _enrols(world, rule, NOON)
    world.queues["events"].add(made(rule, "contact:b", NOON))
    world.run_out()
    assert who(world) == ["contact:a", "contact:b"]


def test_the_event_and_its_explanation_say_why(world: World) -> None:
    rule = a_rule(world)
    world.has_record("contact:a", birth_date="1990-03-14")
    world.has_record("contact:b")
    sweep(world, NINE)
    merge(world, "contact:b", "contact:a")
    sweep(world, NOON)
    (plan,) = [plan for plan in world.log.plans.values() if plan.event.subject == "contact:b" and plan.refused]
    assert [each.code for each in plan.refused] == ["occasion_taken"]
    explained = ExplainEvent(world.log, world.rules, world.occurrences, world.records)(plan.event.id)
    (told,) = [each for each in explained.rules if each.rule.id == rule.id]
    assert (told.outcome, told.started) == ("occasion_taken", False)


def test_a_redelivery_after_the_run_started_finds_it(world: World) -> None:
    rule = a_rule(world, steps=[{**GREET, "wait": {"hours": 2}}])
    world.has_record("contact:b", birth_date="1990-03-14")
    world.has_record("contact:a")
    merge(world, "contact:b", "contact:a")
    sweep(world, NINE)
    (run,) = world.all_runs
    (event,) = [plan.event for plan in world.log.plans.values() if plan.event.type == "birthday.reached"]
    world.functions.match_event(event)
    world.run_out()
    assert world.run_of(event, rule).run.status is RunStatus.DONE
    assert [each.id for each in world.all_runs] == [run.id]
