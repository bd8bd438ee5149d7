"""Automation for one record: paused until a moment, and without some rules; no other record knows of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule
from whenthen.domain.common.errors import NotFound
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.ports.values import Plan
from whenthen.usecases.runs.resume_runs import OVERDUE


def started(world: World, *steps: dict[str, Any], **more: Any) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps, **more))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return written, event


def says(world: World, *, seed: str = "1", ref: str = "lead:1", **written: Any) -> None:
    world.functions.set_automation(ref, written, seed=seed, by="key_1")


def in_days(world: World, days: float) -> str:
    return format_time(world.clock.now() + timedelta(days=days))


def tasks(world: World) -> int:
    return len([record for record in world.records.stored.values() if record.kind == "task"])


@pytest.mark.parametrize("step", [GREET, NOTE])
def test_a_run_holds_at_its_next_step_and_goes_on_when_the_pause_is_over(world: World, step: dict[str, Any]) -> None:
    written, event = started(world, step, CALL)
    until = in_days(world, 3)
    says(world, paused_until=until)
    world.settle()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason and state.run.reason.code) == (
        RunStatus.PAUSED,
        "record.automation_paused",
    )
    assert (state.run.paused_until and format_time(state.run.paused_until), world.mailer.sent) == (until, [])
    world.pass_time(days=2, hours=23)
    assert world.outcomes(world.run_of(event, written)) == {step["id"]: JobStatus.PENDING}
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, set(world.outcomes(state).values())) == (RunStatus.DONE, {JobStatus.DONE})
    assert tasks(world) == 1


def test_a_wait_that_ends_in_the_pause_does_its_step_after_it(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    says(world, paused_until=in_days(world, 5))
    world.pass_time(days=4)
    assert (tasks(world), world.run_of(event, written).run.status) == (0, RunStatus.PAUSED)
    world.run_out()
    assert (tasks(world), world.run_of(event, written).run.status) == (1, RunStatus.DONE)


def test_a_pause_that_is_ended_early_lets_held_runs_go_on_at_once(world: World) -> None:
    written, event = started(world, GREET)
    says(world, paused_until=in_days(world, 30))
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.PAUSED
    says(world, paused_until=None, seed="2")
    world.settle()
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)
    world.run_out()
    assert len(world.mailer.sent) == 1


def test_a_pause_that_is_made_longer_holds_until_then(world: World) -> None:
    started(world, GREET)
    says(world, paused_until=in_days(world, 1))
    world.settle()
    says(world, paused_until=in_days(world, 9), seed="2")
    world.pass_time(days=8)
    assert world.mailer.sent == []
    world.run_out()
    assert len(world.mailer.sent) == 1


def test_a_pause_of_years_ends_too(world: World) -> None:
    written, event = started(world, GREET)
    says(world, paused_until=in_days(world, 900))
    world.run_out()
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)


def test_a_pause_whose_execution_was_lost_is_ended_by_the_sweep(world: World) -> None:
    written, event = started(world, GREET)
    says(world, paused_until=in_days(world, 1))
    world.settle()
    world.sequences.executions.clear()
    world.clock.at += timedelta(days=1) + OVERDUE + timedelta(seconds=1)
    assert world.functions.resume_runs(lambda: True).resumed == 1
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_what_an_admin_paused_is_not_resumed_with_the_record(world: World) -> None:
    written, event = started(world, GREET)
    says(world, paused_until=in_days(world, 1))
    world.settle()
    run = world.run_of(event, written).run
    world.functions.pause_run(run.id, by="key_1")
    says(world, paused_until=None, seed="2")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.PAUSED


def test_other_records_know_nothing_of_it(world: World) -> None:
    world.has_record("lead:2", email="other@example.com")
    says(world, paused_until=in_days(world, 1), excluded_rules=["rule_x"])
    world.has_rule(rule(GREET))
    world.functions.match_event(world.event("lead.created", "2", subject="lead:2"))
    world.settle()
    assert len(world.mailer.sent) == 1


def test_an_excluded_rule_does_not_start_and_says_so(world: World) -> None:
    written = world.has_rule(rule(GREET))
    says(world, excluded_rules=[written.id])
    plan: Plan = world.functions.match_event(world.event("lead.created", subject="lead:1"))
    assert ([each.code for each in plan.refused], plan.rules) == (["excluded"], ())
    says(world, seed="2")
    world.functions.match_event(world.event("lead.created", "again", subject="lead:1"))
    world.settle()
    assert len(world.mailer.sent) == 1


def test_an_excluded_rule_does_not_start_for_a_change_of_the_record(world: World) -> None:
    """The event of a change carries the record: with what was said of it."""
    written = world.has_rule(rule(GREET, on="lead.updated"))
    says(world, excluded_rules=[written.id])
    world.settle()
    assert world.bus.published == [], "to exclude a rule is no event"
    world.changes("lead:1", status="old")
    world.settle()
    assert (world.all_runs, [event.type for event in world.bus.published][:1]) == ([], ["lead.updated"])


def test_open_runs_of_an_excluded_rule_are_stopped(world: World) -> None:
    other = world.has_rule(rule(GREET, CALL, name="Other"))
    written, event = started(world, GREET, CALL)
    world.settle()
    says(world, excluded_rules=[written.id])
    world.settle()
    run = world.run_of(event, written).run
    assert (run.status, run.reason and run.reason.code) == (RunStatus.STOPPED, "run.rule_excluded")
    assert world.run_of(event, other).run.status is RunStatus.WAITING


def test_a_run_that_began_meanwhile_stops_before_its_first_step(world: World) -> None:
    written, event = started(world, GREET)
    (record,) = [each for each in world.records.stored.values() if each.kind == "lead"]
    says(world, excluded_rules=[written.id])
    world.queues["work"].messages.clear()
    world.settle()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason and state.run.reason.code, record.ref) == (
        RunStatus.STOPPED,
        "record.rule_excluded",
        "lead:1",
    )
    assert (world.outcomes(state), world.mailer.sent) == ({"greet": JobStatus.SKIPPED}, [])


def test_the_fields_and_their_time_stay_and_the_version_counts_on(world: World) -> None:
    before = world.records.stored["lead:1"]
    says(world, paused_until=in_days(world, 1))
    after = world.records.stored["lead:1"]
    assert (after.fields, after.updated_at, after.version) == (before.fields, before.updated_at, before.version + 1)
    says(world, seed="2", paused_until=format_time(after.automation.paused_until or world.clock.now()))
    assert world.records.stored["lead:1"] == after
    world.changes("lead:1", status="old")
    assert world.records.stored["lead:1"].automation == after.automation


@pytest.mark.parametrize(
    ("call", "times"),
    [("records.put", 1), *((call, n) for call in ("runs.open_runs", "work.create", "workers.start") for n in (1, 2))],
)
def test_whoever_dies_while_saying_it_can_say_it_again(world: World, call: str, times: int) -> None:
    other = world.has_rule(rule(CALL, name="Other"))
    written, event = started(world, GREET)
    says(world, paused_until=in_days(world, 30))
    world.settle()
    said: dict[str, Any] = {"paused_until": None, "excluded_rules": [other.id]}
    with pytest.raises(Dying.Dead):
        world.wire(Dying(call, times)).set_automation("lead:1", said, seed="2", by="key_1")
    says(world, seed="2", **said)
    world.run_out()
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)
    assert world.run_of(event, other).run.status is RunStatus.STOPPED


def test_a_record_that_is_not_there_has_no_automation(world: World) -> None:
    with pytest.raises(NotFound):
        says(world, ref="lead:9", paused_until=None)
