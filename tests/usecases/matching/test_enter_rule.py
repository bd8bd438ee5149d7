"""enter_rule: how often a record enters a rule, and what becomes of its run that is under way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, rule
from whenthen.domain.events.event import format_time
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import Run, RunStatus
from whenthen.ports.values import NotEntered
from whenthen.usecases.matching.enter_rule import RESTARTED
from whenthen.usecases.matching.explain_event import ExplainEvent

LATER: dict[str, Any] = {**GREET, "wait": {"hours": 2}}


def comes(world: World, number: str, ref: str = "lead:1", **fields: Any) -> Any:
    event = world.happens("lead.created", number, subject=ref, **fields)
    world.settle()
    return event


def refused(world: World, event: Any) -> list[NotEntered]:
    plan = world.log.plan_of(event.id)
    assert plan is not None
    assert plan.completed
    return list(plan.refused)


def statuses(world: World) -> list[str]:
    return [run.status.value for run in sorted(world.all_runs, key=lambda run: (run.started_at, run.id))]


def has(world: World, *steps: dict[str, Any], **entry: Any) -> Rule:
    return world.has_rule(rule(*(steps or (LATER,)), entry=entry))


@pytest.mark.parametrize("entry", [{"while_running": "ignore"}, {"again": "after_exit"}])
def test_an_event_during_a_run_starts_none_and_one_after_it_does(world: World, entry: dict[str, Any]) -> None:
    has(world, **entry)
    first, second = comes(world, "1"), comes(world, "2")
    (run,) = world.all_runs
    assert [(each.code, each.run) for each in refused(world, second)] == [("still_running", run.id)]
    assert refused(world, first) == []
    world.pass_time(hours=3)
    comes(world, "3")
    world.run_out()
    assert statuses(world) == ["done", "done"]
    assert len(world.mailer.sent) == 2


def test_another_record_is_not_kept_out(world: World) -> None:
    world.has_record("lead:2", email="bo@example.com")
    has(world, while_running="ignore")
    comes(world, "1")
    comes(world, "2", "lead:2")
    assert len(world.all_runs) == 2


def test_without_these_keys_runs_are_under_way_side_by_side(world: World) -> None:
    has(world)
    comes(world, "1")
    comes(world, "2")
    assert statuses(world) == ["waiting", "waiting"]


def test_a_restart_stops_the_run_under_way_and_starts_anew(world: World) -> None:
    has(world, while_running="restart")
    comes(world, "1")
    world.pass_time(hours=1)
    comes(world, "2")
    old, new = sorted(world.all_runs, key=lambda run: run.started_at)
    assert (old.status, old.reason) == (RunStatus.STOPPED, RESTARTED(run=new.id))
    assert old.id in world.sequences.stopped
    world.pass_time(hours=1, minutes=30)
    assert world.mailer.sent == [], "the new run counts its wait from its own beginning"
    world.run_out()
    assert len(world.mailer.sent) == 1


def test_an_event_that_came_late_restarts_nothing(world: World) -> None:
    has(world, while_running="restart")
    before = world.clock.now()
    world.pass_time(minutes=1)
    comes(world, "new")
    (run,) = world.all_runs
    late = comes(world, "late", time=before)
    assert [(each.code, each.run) for each in refused(world, late)] == [("superseded", run.id)]
    assert statuses(world) == ["waiting"]


def test_at_most_once_in_a_span_counted_from_the_start_of_the_last_run(world: World) -> None:
    has(world, GREET, again={"every": {"days": 30}})
    comes(world, "1")
    started = world.clock.now()
    world.pass_time(days=29, hours=23)
    (no,) = refused(world, comes(world, "2"))
    (run,) = world.all_runs
    assert (no.code, no.run) == ("entered_recently", run.id)
    assert no.until == format_time(started + timedelta(days=30))
    world.pass_time(hours=1)
    assert refused(world, comes(world, "3")) == []
    world.run_out()
    assert len(world.mailer.sent) == 2


def test_a_record_that_left_by_an_exit_enters_again(world: World) -> None:
    world.has_rule(rule(LATER, entry={"again": "after_exit"}, exit={"on": ["contact.replied"]}))
    comes(world, "1")
    world.pass_time(minutes=1)
    world.happens("contact.replied", subject="lead:1")
    world.settle()
    assert statuses(world) == ["stopped"]
    world.pass_time(minutes=1)
    comes(world, "2")
    assert statuses(world) == ["stopped", "waiting"]


@pytest.mark.parametrize(
    "entry",
    [
        {"while_running": "ignore"},
        {"while_running": "restart"},
        {"again": "after_exit"},
        {"again": {"every": {"days": 1}}},
    ],
)
def test_a_redelivery_of_any_event_changes_nothing(world: World, entry: dict[str, Any]) -> None:
    has(world, **entry)
    events = [comes(world, "1")]
    world.pass_time(minutes=5)
    events.append(comes(world, "2"))
    world.pass_time(minutes=5)
    before, plans = Counter(statuses(world)), [refused(world, event) for event in events]
    for event in (*events, *reversed(events)):
        world.queues["events"].add(event)
        world.settle()
    assert Counter(statuses(world)) == before
    assert [refused(world, event) for event in events] == plans


def test_the_run_that_was_replaced_is_not_refused_when_its_event_comes_again(world: World) -> None:
    """Its first delivery died after the run was written; the second finds another run, and closes the plan."""
    has(world, while_running="restart")
    event = world.event("lead.created", "1", subject="lead:1")
    with pytest.raises(Dying.Dead):
        world.wire(Dying("log.close")).match_event(event)
    world.pass_time(minutes=1)
    comes(world, "2")
    world.queues["events"].add(event)
    world.settle()
    assert refused(world, event) == []
    assert statuses(world) == ["stopped", "waiting"]


def test_a_crash_between_stopping_the_old_run_and_starting_the_new_one_is_made_good(world: World) -> None:
    has(world, while_running="restart")
    comes(world, "1")
    world.pass_time(minutes=1)
    event = world.event("lead.created", "2", subject="lead:1")
    with pytest.raises(Dying.Dead):
        world.wire(Dying("sequences.stop")).match_event(event)
    assert statuses(world) == ["stopped"]
    world.queues["events"].add(event)
    world.run_out()
    assert statuses(world) == ["stopped", "done"]
    assert len(world.mailer.sent) == 1


def test_an_event_without_a_record_is_not_kept_out(world: World) -> None:
    world.has_rule(rule(CALL, kind=None, entry={"while_running": "ignore"}))
    for number in ("1", "2"):
        world.happens("lead.created", number)
        world.settle()
    assert len(world.all_runs) == 2


def test_a_shadow_uses_nothing_up(world: World) -> None:
    document = rule(GREET, entry={"again": {"every": {"days": 1}}})
    world.has_rule({**document, "mode": "shadow"})
    comes(world, "1")
    world.has_rule(document)
    comes(world, "2")
    assert Counter(run.shadow for run in world.all_runs) == {True: 1, False: 1}


def test_a_record_that_absorbed_another_has_that_ones_entries(world: World) -> None:
    has(world, while_running="ignore")
    world.has_record("lead:2", email="bo@example.com")
    comes(world, "1", "lead:2")
    merged = replace(world.records.stored["lead:1"], absorbed=("lead:2",))
    world.records.keep(merged, world.records.stored["lead:1"])
    (no,) = refused(world, comes(world, "2"))
    assert no.code == "still_running"
    world.pass_time(hours=3)
    assert refused(world, comes(world, "3")) == []


def test_the_explanation_says_until_when(world: World) -> None:
    has(world, GREET, again={"every": {"days": 30}})
    comes(world, "1")
    world.pass_time(days=1)
    event = comes(world, "2")
    (told,) = ExplainEvent(world.log, world.rules, world.occurrences, world.records)(event.id).rules
    (no,) = refused(world, event)
    assert (told.outcome, told.entry, told.started) == ("entered_recently", "entered_recently", False)
    assert told.params == {"until": no.until, "run": no.run}
    assert no.until.startswith("2026-")


def test_a_run_that_is_no_more_is_over(world: World) -> None:
    has(world, while_running="ignore")
    comes(world, "1")
    gone: Run = world.all_runs[0]
    del world.runs.runs[gone.id]
    comes(world, "2")
    assert gone.id not in world.runs.runs
    assert len(world.all_runs) == 1
