"""publish_outcomes: a rule follows another, once, and circles come to an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.matching.decide import MAX_DEPTH


def follower(world: World, *of: Rule | str, **more: Any) -> Rule:
    trigger = {"after_rule": [each if isinstance(each, str) else each.id for each in of], **more}
    return world.has_rule({**rule(NOTE, name="Then"), "trigger": trigger})


def test_a_rule_starts_when_the_run_of_another_is_done(world: World) -> None:
    first = world.has_rule(rule(GREET))
    then = follower(world, first)
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    done = world.run_of(event, first).run
    [run] = [run for run in world.all_runs if run.rule_id == then.id]
    assert (run.record, run.entered, run.status) == ("lead:1", done.finished_at, "done")


def test_an_outcome_that_is_told_many_times_starts_one_run(world: World) -> None:
    first = world.has_rule(rule(GREET))
    then = follower(world, first)
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    for _ in range(3):
        world.functions.publish_outcomes([world.run_of(event, first).run])
    world.run_out()
    assert [run.rule_id for run in world.all_runs].count(then.id) == 1


def test_an_outcome_that_is_not_asked_for_starts_nothing(world: World) -> None:
    first = world.has_rule(rule(GREET))
    follower(world, first, outcome=["failed", "stopped"])
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert [(run.rule_id, run.status) for run in world.all_runs] == [(first.id, "done")]


def test_a_run_that_an_admin_stops_is_an_outcome_too(world: World) -> None:
    first = world.has_rule(rule(CALL))
    then = follower(world, first, outcome=["stopped"])
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.functions.stop_run(world.run_of(event, first).run.id, by="ayse")
    world.run_out()
    assert [run.rule_id for run in world.all_runs].count(then.id) == 1


def test_nothing_is_published_where_no_rule_waits(world: World) -> None:
    world.has_rule(rule(GREET))
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert world.bus.published == []


def test_a_batch_asks_once_whether_a_rule_waits_and_is_published_together(world: World) -> None:
    first = world.has_rule(rule(GREET))
    follower(world, first)
    events = [world.happens("lead.created", str(number), subject=f"lead:{number}") for number in range(3)]
    world.run_out()
    ended = [world.run_of(event, first).run for event in events]
    world.bus.published.clear()
    asked = world.ports.preloading.read_for  # type: ignore[attr-defined]
    asked.clear()
    shadow = replace(ended[0], shadow=True)
    assert world.functions.publish_outcomes([*ended, shadow]) == 3
    assert len(asked) == 1
    assert [event.data["run"] for event in world.bus.published] == [run.id for run in ended]


def test_a_shadow_has_no_followers(world: World) -> None:
    first = world.has_rule(rule(GREET, mode="shadow"))
    follower(world, first, outcome=["skipped", "done"])
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert {run.rule_id for run in world.all_runs} == {first.id}


def test_rules_that_follow_each_other_in_a_circle_stop(world: World) -> None:
    tag = {"id": "tag", "action": "set_fields", "with": {"fields": {"turn": "{{ event.id }}"}}}
    world.has_rule({**rule(tag, id="rule_a", name="a"), "trigger": {"after_rule": ["rule_b", "rule_c"]}})
    world.has_rule({**rule(tag, id="rule_b", name="b"), "trigger": {"after_rule": ["rule_a"]}})
    world.has_rule(rule(tag, id="rule_c", name="c"))
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert len(world.all_runs) == MAX_DEPTH


def _held(world: World) -> None:
    world.settings.save("limits", {"quiet_hours": {"from": "00:00", "to": "23:00"}})


def _withheld(world: World) -> None:
    world.settings.save("sending", {"paused": True})


@pytest.mark.parametrize("hold", [_held, _withheld])
def test_a_message_that_is_held_is_skipped_as_its_run_is_stopped(world: World, hold: Callable[[World], None]) -> None:
    """And not in the evening, or when sending goes on."""
    hold(world)
    first = world.has_rule(rule(GREET))
    event = world.happens("lead.created", subject="lead:1", data={"email": "ayse@example.com"})
    world.has_record("lead:1", email="ayse@example.com")
    world.settle()
    run = world.run_of(event, first).run
    assert world.outcomes(world.run_of(event, first)) == {"greet": JobStatus.PENDING}
    world.functions.stop_run(run.id, by="ayse")
    world.settle()
    assert world.outcomes(world.run_of(event, first)) == {"greet": JobStatus.SKIPPED}
    assert world.mailer.sent == []


def test_a_job_of_a_paused_run_is_skipped_as_the_run_is_stopped(world: World) -> None:
    """Its message was done with when it found the run paused."""
    first = world.has_rule(rule(GREET))
    world.has_record("lead:1", email="ayse@example.com")
    event = world.happens("lead.created", subject="lead:1")
    world.deliver("events")
    run = world.run_of(event, first).run
    world.functions.pause_run(run.id, by="ayse")
    world.settle()
    assert world.outcomes(world.run_of(event, first)) == {"greet": JobStatus.PENDING}
    world.functions.stop_run(run.id, by="ayse")
    world.settle()
    assert world.outcomes(world.run_of(event, first)) == {"greet": JobStatus.SKIPPED}
