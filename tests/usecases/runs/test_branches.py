"""A run goes on with a later step: where a condition is false, and where a step fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import Permanent
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.planner import CONDITION_FALSE, PASSED_OVER
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.ports.reason_codes import UNAVAILABLE

VIP: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "vip"}
REFUSED = Permanent(UNAVAILABLE(provider="SES", error="MessageRejected"))


def note(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "set_fields", "with": {"fields": {step_id: "yes"}}, **more}


def started(world: World, *steps: dict[str, Any], **more: Any) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps, **more))
    return written, world.happens("lead.created", subject="lead:1")


def ended(world: World, written: Rule, event: Event) -> dict[str, str]:
    return {job.step_id: job.status.value for job in world.run_of(event, written).jobs}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("vip", {"call": "done", "gift": "done", "letter": "skipped", "note": "skipped", "last": "done"}),
        ("new", {"call": "skipped", "gift": "skipped", "letter": "done", "note": "done", "last": "done"}),
    ],
)
def test_one_of_two_ways_is_gone_and_both_meet_again(world: World, status: str, expected: dict[str, str]) -> None:
    world.has_record("lead:1", status=status)
    written, event = started(
        world,
        note("call", only_if=VIP, **{"else": "letter"}),
        note("gift"),
        note("letter", only_if={"not": VIP}, **{"else": "last"}),
        note("note"),
        note("last"),
    )
    world.run_out()
    assert ended(world, written, event) == expected
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_every_step_that_is_passed_over_says_which_branch_did_it(world: World) -> None:
    written, event = started(world, note("a", only_if=VIP, **{"else": "d"}), note("b"), note("c"), note("d"))
    world.run_out()
    jobs = world.run_of(event, written).jobs
    reason = PASSED_OVER(step="a", target="d")
    assert [(job.step_id, job.step_group, job.reason) for job in jobs[:3]] == [
        ("a", 0, CONDITION_FALSE()),
        ("b", 1, reason),
        ("c", 2, reason),
    ]
    assert (jobs[3].step_id, jobs[3].status) == ("d", JobStatus.DONE)


def test_a_failed_step_hands_over_to_its_fallback(world: World) -> None:
    world.mailer.will(Fails(REFUSED))
    written, event = started(world, {**GREET, "on_error": {"go_to": "later"}}, note("thanked"), note("later"))
    world.run_out()
    assert ended(world, written, event) == {"greet": "failed", "thanked": "skipped", "later": "done"}
    state = world.run_of(event, written)
    assert state.run.status is RunStatus.FAILED, "the worst of its steps, as with on_error: continue"
    lead = world.records.get("lead:1")
    assert lead is not None
    assert ("thanked" in lead.fields, lead.fields["later"]) == (False, "yes")


def test_a_step_that_succeeds_does_not_need_its_fallback(world: World) -> None:
    written, event = started(world, {**GREET, "on_error": {"go_to": "later"}}, note("thanked"), note("later"))
    world.run_out()
    assert ended(world, written, event) == {"greet": "done", "thanked": "done", "later": "done"}


def test_a_condition_is_asked_when_its_step_is_due_and_not_before(world: World) -> None:
    """The lead becomes a VIP during the wait."""
    asked = note("call", wait={"days": 1}, only_if=VIP, **{"else": "letter"})
    written, event = started(world, note("first"), asked, note("gift"), note("letter"))
    world.pass_time(hours=12)
    world.changes("lead:1", status="vip")
    world.run_out()
    assert ended(world, written, event) == {"first": "done", "call": "done", "gift": "done", "letter": "done"}


def test_the_target_of_a_branch_waits_as_it_says(world: World) -> None:
    written, event = started(
        world, note("a", only_if=VIP, **{"else": "d"}), note("b", wait={"days": 5}), note("d", wait={"days": 2})
    )
    world.settle()
    run = world.run_of(event, written).run
    assert (run.status, run.step_group) == (RunStatus.WAITING, 1)
    assert run.waits_until == event.time + timedelta(days=2), "and nobody waits for a step that is passed over"
    world.run_out()
    assert ended(world, written, event) == {"a": "skipped", "b": "skipped", "d": "done"}
    assert len(world.sequences.executions) == 1


def test_an_exit_ends_a_run_between_a_branch_and_its_target(world: World) -> None:
    written, event = started(
        world,
        note("a", only_if=VIP, **{"else": "d"}),
        note("b"),
        note("d", wait={"days": 2}),
        exit={"on": ["contact.replied"]},
    )
    world.pass_time(days=1)
    world.happens("contact.replied", subject="lead:1")
    world.run_out()
    assert ended(world, written, event) == {"a": "skipped", "b": "skipped"}
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_in_shadow_no_branch_is_taken(world: World) -> None:
    written, event = started(world, note("a", only_if=VIP, **{"else": "c"}), note("b"), note("c"), mode="shadow")
    world.run_out()
    assert ended(world, written, event) == {"a": "skipped", "b": "skipped", "c": "skipped"}


def test_a_message_that_comes_back_during_the_next_wait_goes_on_with_the_fallback(world: World) -> None:
    """The mail was taken, and the run waits for its next step. Then the mail bounces."""
    written, event = started(
        world, {**GREET, "on_error": {"go_to": "letter"}}, note("call", wait={"days": 3}), note("letter")
    )
    world.pass_time(hours=1)
    state = world.run_of(event, written)
    assert state.run.status is RunStatus.WAITING
    data = {"run": state.run.id, "job": state.jobs[0].id, "bounce_type": "Permanent"}
    world.happens("email.bounced", data=data, identities=("email#ayse@example.com",))
    world.settle()
    assert ended(world, written, event) == {"greet": "failed", "call": "skipped", "letter": "done"}
    world.run_out()
    assert ended(world, written, event) == {"greet": "failed", "call": "skipped", "letter": "done"}


def test_a_message_that_comes_back_as_the_wait_ends_takes_one_of_the_two_ways(world: World) -> None:
    """Both the report and the timer saw the run wait. The timer is quicker."""
    written, event = started(
        world, {**GREET, "on_error": {"go_to": "letter"}}, note("call", wait={"days": 3}), note("also"), note("letter")
    )
    world.pass_time(hours=1)
    waiting = world.run_of(event, written)
    data = {"run": waiting.run.id, "job": waiting.jobs[0].id, "bounce_type": "Permanent"}
    report = world.event("email.bounced", data=data, identities=("email#ayse@example.com",))
    tap = Meanwhile("runs.dispatch", lambda: world.pass_time(days=3))
    world.wire(tap).match_event(report)
    world.run_out()
    assert tap.met
    assert ended(world, written, event) == {"greet": "failed", "call": "done", "also": "done", "letter": "done"}


class Meanwhile:
    """Lets something happen right before a call, once."""

    def __init__(self, call: str, act: Callable[[], object]) -> None:
        self.call, self.act, self.met = call, act, False

    def before(self, call: str) -> None:
        if call == self.call and not self.met:
            self.met = True
            self.act()

    def after(self, call: str) -> None:
        pass


@pytest.mark.parametrize(("call", "times"), [("dispatch", 1), ("dispatch", 2), ("dispatch", 3), ("finish", 1)])
def test_a_worker_that_dies_while_it_passes_steps_over_is_repeated(world: World, call: str, times: int) -> None:
    written, event = started(world, GREET, note("a", only_if=VIP, **{"else": "c"}), note("b"), note("c", only_if=VIP))
    world.deliver("events")
    (job,) = world.queues["email"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(f"runs.{call}", times)).channels["email"](*job)
    world.run_out()
    assert ended(world, written, event) == {"greet": "done", "a": "skipped", "b": "skipped", "c": "skipped"}
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)
