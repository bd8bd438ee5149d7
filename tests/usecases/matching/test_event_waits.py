"""A run waits for an event, and goes one of two ways: in whatever order event, wait and timeout arrive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.planner import EVENT_CAME, NO_EVENT_CAME
from whenthen.domain.runs.run import RunStatus
from whenthen.ports.values import RunState
from whenthen.usecases.runs.move_run import MoveRun

PHONE = "phone#+905321234567"


def note(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "set_fields", "with": {"fields": {step_id: "yes"}}, **more}


def asks(on: str = "contact.replied", **ways: str) -> dict[str, Any]:
    return note("ask", wait={"for_event": {"on": [on], "timeout": {"days": 3}, **ways}})


def has(world: World, *steps: dict[str, Any], **more: Any) -> Rule:
    return world.has_rule(rule(*steps, **more))


def begins(world: World) -> Event:
    return world.happens("lead.created", subject="lead:1")


def replies(world: World, external_id: str = "r", **more: Any) -> Event:
    return world.happens("contact.replied", external_id, **{"subject": "lead:1", **more})


def state_of(world: World) -> RunState:
    (run,) = world.all_runs
    state = world.runs.load(run.id)
    assert state is not None
    return state


def ended(world: World) -> dict[str, str]:
    return {job.step_id: job.status.value for job in state_of(world).jobs}


WAYS = {"then": "thank", "else": "remind"}
STEPS = (
    note("first"),
    asks(**WAYS),
    note("thank"),
    note("remind", only_if={"not": {"field": "record.thank", "op": "exists"}}),
)


def test_with_the_event_the_run_goes_on_at_once_one_way(world: World) -> None:
    has(world, *STEPS)
    begins(world)
    world.pass_time(days=1)
    assert state_of(world).run.status is RunStatus.WAITING
    reply = replies(world)
    world.settle()
    state = state_of(world)
    assert (state.run.status, ended(world)) == (
        RunStatus.DONE,
        {"first": "done", "ask": "skipped", "thank": "done", "remind": "skipped"},
    )
    ask = world.job(state, "ask")
    assert ask.reason == EVENT_CAME(step="ask", target="thank", event_type="contact.replied")
    assert ask.due == reply.time
    assert world.sequences.open == [], "its execution is over"


def test_without_it_the_run_goes_on_the_other_way_when_the_time_is_over(world: World) -> None:
    has(world, *STEPS)
    event = begins(world)
    world.run_out()
    assert ended(world) == {"first": "done", "ask": "skipped", "thank": "skipped", "remind": "done"}
    reason = NO_EVENT_CAME(step="ask", target="remind")
    assert [world.job(state_of(world), each).reason for each in ("ask", "thank")] == [reason, reason]
    assert world.job(state_of(world), "remind").due >= event.time + timedelta(days=3)


@pytest.mark.parametrize("comes", [True, False])
def test_without_ways_the_step_itself_is_done_in_either_case(world: World, comes: bool) -> None:
    has(world, asks(), note("next", wait={"days": 1}))
    event = begins(world)
    world.pass_time(days=1)
    if comes:
        replies(world)
    world.run_out()
    assert ended(world) == {"ask": "done", "next": "done"}
    waited = timedelta(days=1 if comes else 3)
    assert world.job(state_of(world), "next").due == event.time + waited + timedelta(days=1), "counted from the event"


def test_the_event_is_found_by_the_customers_address_too(world: World) -> None:
    has(world, *STEPS)
    begins(world)
    world.pass_time(days=1)
    replies(world, subject=None, identities=(PHONE,))
    world.settle()
    assert ended(world)["thank"] == "done"


@pytest.mark.parametrize("more", [{"subject": "lead:2"}, {"subject": None, "identities": ("phone#+36201234567",)}])
def test_events_of_others_do_not_count(world: World, more: dict[str, Any]) -> None:
    world.has_record("lead:2", status="new")
    has(world, *STEPS)
    begins(world)
    world.pass_time(days=1)
    replies(world, **more)
    world.settle()
    assert state_of(world).run.status is RunStatus.WAITING


def test_an_event_before_the_run_came_to_the_step_does_not_count(world: World) -> None:
    has(world, note("first"), note("later", wait={"days": 1}), asks(**WAYS), note("thank"), note("remind"))
    begins(world)
    world.pass_time(hours=1)
    replies(world)
    world.run_out()
    assert ended(world)["ask"] == "skipped"
    assert world.job(state_of(world), "ask").reason == NO_EVENT_CAME(step="ask", target="remind")


def test_the_event_that_started_the_run_is_not_the_one_that_it_waits_for(world: World) -> None:
    """Nor is the other event of the same message."""
    has(
        world, asks("contact.replied", **WAYS), note("thank"), note("remind"), on="whatsapp.message_received", kind=None
    )
    data = {"message_id": "m1", "channel": "whatsapp"}
    for event_type in ("whatsapp.message_received", "contact.replied"):
        world.happens(event_type, subject="lead:1", data=data, source="whatsapp")
    world.settle()
    assert state_of(world).run.status is RunStatus.WAITING
    world.clock.move(seconds=1)
    again = {"message_id": "m2", "channel": "whatsapp"}
    world.happens("contact.replied", "2", subject="lead:1", data=again, source="whatsapp")
    world.settle()
    assert ended(world)["thank"] == "done"


def test_an_answer_that_is_matched_before_what_it_answers_counts(world: World) -> None:
    has(world, asks(**WAYS), note("thank"), note("remind"))
    first = world.event("lead.created", subject="lead:1")
    world.clock.move(minutes=2)
    world.functions.match_event(replies(world))
    world.clock.move(minutes=3)
    world.functions.match_event(first)
    world.run_out()
    assert ended(world) == {"ask": "skipped", "thank": "done", "remind": "done"}


def test_an_event_that_comes_after_the_time_does_not_count(world: World) -> None:
    has(world, *STEPS)
    begins(world)
    world.settle()
    until = state_of(world).run.waits_until
    assert until is not None
    world.clock.at = until + timedelta(seconds=1)
    world.functions.match_event(world.event("contact.replied", subject="lead:1"))
    assert state_of(world).run.status is RunStatus.WAITING, "its execution is a moment late"
    world.run_out()
    assert ended(world)["thank"] == "skipped"


def test_an_event_that_was_noted_in_time_counts_also_if_its_worker_died(world: World) -> None:
    """It died before it moved the run on. Then the time was over, and only then the event came again."""
    has(world, *STEPS)
    begins(world)
    world.pass_time(days=1)
    event = world.event("contact.replied", subject="lead:1")
    with pytest.raises(Dying.Dead):
        world.wire(Dying("runs.watching")).match_event(event)
    world.pass_time(days=3)
    assert ended(world)["thank"] == "done"
    world.functions.match_event(event)
    world.run_out()
    assert ended(world) == {"first": "done", "ask": "skipped", "thank": "done", "remind": "skipped"}


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


@pytest.mark.parametrize("call", ["runs.park", "sequences.wait", "runs.noted"])
def test_an_event_that_comes_while_the_run_is_about_to_wait_is_not_missed(world: World, call: str) -> None:
    has(world, GREET, asks(**WAYS), note("thank"), note("remind"))
    begins(world)
    world.deliver("events")
    (job,) = world.queues["email"].bodies
    tap = Meanwhile(call, lambda: world.functions.match_event(world.event("contact.replied", subject="lead:1")))
    world.wire(tap).channels["email"](*job)
    world.run_out()
    assert tap.met
    assert ended(world) == {"greet": "done", "ask": "skipped", "thank": "done", "remind": "done"}


@pytest.mark.parametrize("first", ["event", "time"])
def test_of_event_and_timeout_exactly_one_wins(world: World, first: str) -> None:
    """Both have seen the run wait when the quicker one moves it on."""
    has(world, *STEPS)
    begins(world)
    world.settle()
    run = state_of(world).run
    assert run.waits_until is not None
    world.clock.at = run.waits_until
    event = world.event("contact.replied", subject="lead:1")
    until = run.waits_until

    def time_is_over() -> None:
        world.functions.advance_sequence(run.id, run.step_group + 1, until)

    if first == "time":
        # The timer saw nothing noted: the event is noted after it looked.
        tap = Meanwhile("runs.note_exit", time_is_over)
        world.wire(tap).match_event(event)
    else:
        tap = Meanwhile("runs.dispatch", lambda: world.functions.match_event(event))
        world.wire(tap).advance_sequence(run.id, run.step_group + 1, until)
    world.run_out()
    assert tap.met
    thank = "done" if first == "event" else "skipped"
    assert ended(world) == {
        "first": "done",
        "ask": "skipped",
        "thank": thank,
        "remind": "skipped" if first == "event" else "done",
    }


def test_both_ways_at_the_same_moment_do_not_pass_over_what_the_other_dispatched(world: World) -> None:
    """The time is over, and the step itself is due; the event would lead past it."""
    has(world, note("first"), asks(then="thank"), note("also"), note("thank"))
    begins(world)
    world.settle()
    run = state_of(world).run
    assert run.waits_until is not None
    until = run.waits_until
    world.clock.at = until
    event = world.event("contact.replied", subject="lead:1")
    tap = Meanwhile("runs.dispatch", lambda: world.functions.advance_sequence(run.id, run.step_group + 1, until))
    # The noted event would win at the timer: so the timer looked before it was noted.
    world.runs.noted = lambda *_: []  # type: ignore[method-assign]
    world.wire(tap).match_event(event)
    world.run_out()
    assert tap.met
    assert ended(world) == {"first": "done", "ask": "done", "also": "done", "thank": "done"}


def test_an_exit_wins_over_the_way_on(world: World) -> None:
    has(world, *STEPS, exit={"on": ["contact.replied"]})
    begins(world)
    world.pass_time(days=1)
    replies(world)
    world.run_out()
    assert (state_of(world).run.status, ended(world)) == (RunStatus.STOPPED, {"first": "done"})


def test_one_event_after_the_other_is_waited_for(world: World) -> None:
    paid = note("paid", wait={"for_event": {"on": ["invoice.paid"], "timeout": {"days": 10}}})
    has(world, asks(), paid, note("last"))
    begins(world)
    world.pass_time(hours=1)
    world.happens("invoice.paid", subject="lead:1")
    world.pass_time(hours=1)
    assert ended(world) == {}, "paid too early: the run does not wait for it yet"
    replies(world)
    world.pass_time(hours=1)
    assert ended(world) == {"ask": "done"}
    world.happens("invoice.paid", "2", subject="lead:1")
    world.settle()
    assert ended(world) == {"ask": "done", "paid": "done", "last": "done"}


def test_a_rule_in_line_counts_events_since_its_turn(world: World) -> None:
    has(world, note("slow", wait={"days": 1}), name="first", order=1)
    second = has(world, asks(**WAYS), note("thank"), note("remind"), name="second", order=2)
    begins(world)
    world.pass_time(hours=1)
    replies(world)
    world.pass_time(days=2)
    (run,) = [run for run in world.all_runs if run.rule_id == second.id]
    assert run.status is RunStatus.WAITING
    replies(world, "late")
    world.run_out()
    assert world.outcomes(world.runs.load(run.id))["thank"] == "done"  # type: ignore[arg-type]


@pytest.mark.parametrize("call", ["runs.dispatch", "runs.noted", "sequences.stop", "queues.send"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_worker_that_dies_with_the_event_repeats_it(world: World, call: str, times: int) -> None:
    has(world, *STEPS)
    begins(world)
    world.pass_time(days=1)
    event = replies(world)
    world.queues["events"].messages.clear()
    world.queues["events"].add(event)
    with suppress(Dying.Dead):
        world.wire(Dying(call, times)).match_event(event)
    world.run_out()
    assert ended(world) == {"first": "done", "ask": "skipped", "thank": "done", "remind": "skipped"}


def test_a_sweep_ends_a_wait_whose_execution_was_lost(world: World) -> None:
    has(world, *STEPS)
    begins(world)
    world.settle()
    world.sequences.executions.clear()
    world.clock.move(days=3, minutes=6)
    assert world.functions.resume_runs(lambda: True).resumed == 1
    world.run_out()
    assert ended(world)["remind"] == "done"


def test_an_event_that_comes_in_a_pause_counts_when_the_run_is_resumed(world: World) -> None:
    has(world, *STEPS)
    begins(world)
    world.pass_time(days=1)
    run = state_of(world).run
    world.functions.pause_run(run.id, by="ada")
    replies(world)
    world.pass_time(hours=1)
    assert ended(world) == {"first": "done"}
    world.functions.resume_run(run.id)
    world.settle()
    assert ended(world) == {"first": "done", "ask": "skipped", "thank": "done", "remind": "skipped"}


def test_a_pause_that_outlasts_the_time_ends_the_wait_as_it_stands_then(world: World) -> None:
    has(world, *STEPS)
    begins(world)
    world.pass_time(days=1)
    run = state_of(world).run
    world.functions.pause_run(run.id, by="ada")
    world.pass_time(days=9)
    assert state_of(world).run.status is RunStatus.PAUSED
    world.functions.resume_run(run.id)
    world.run_out()
    assert ended(world)["remind"] == "done"


def test_a_run_that_moves_to_another_version_waits_for_the_events_of_that(world: World) -> None:
    rule = has(world, *STEPS, name="asks")
    begins(world)
    world.pass_time(days=1)
    run = state_of(world).run
    first, _, *rest = STEPS
    new = has(world, first, asks("invoice.paid", **WAYS), *rest, name="asks", id=rule.id)
    move = MoveRun(world.rules, world.runs, world.sequences, world.clock)
    assert move(state_of(world), new.version) is None
    replies(world)
    world.pass_time(hours=1)
    assert state_of(world).run.status is RunStatus.WAITING, "no more for this"
    assert run.waits_until == state_of(world).run.waits_until
    world.happens("invoice.paid", subject="lead:1")
    world.settle()
    assert ended(world)["thank"] == "done"


@pytest.mark.parametrize("comes", [True, False], ids=["the event came", "the time ran out"])
def test_the_next_wait_counts_from_the_end_of_this_one_however_late_that_is_noticed(world: World, comes: bool) -> None:
    """Nothing is processed for seven hours, in which the event comes, or the three days are over."""
    has(world, asks(then="thank", **{"else": "thank"}), note("between"), note("thank", wait={"days": 1}))
    begins(world)
    world.pass_time(days=2, hours=20)
    world.clock.move(hours=4)
    ends = world.clock.now()
    if comes:
        replies(world)
    world.clock.move(hours=3)
    world.settle()
    assert state_of(world).run.waits_until == ends + timedelta(days=1)


def test_the_next_wait_counts_from_a_skipped_step_s_moment_however_late_that_is_noticed(world: World) -> None:
    never = {"field": "record.vip", "op": "equals", "value": True}
    has(world, note("first", wait={"hours": 2}, only_if=never), note("second", wait={"days": 1}))
    ends = begins(world).time + timedelta(hours=2)
    world.settle()
    world.clock.move(hours=9)
    world.settle()
    assert state_of(world).run.waits_until == ends + timedelta(days=1)
