"""pause_run and resume_run: nothing begins while a run is paused, and nothing is lost or doubled by that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule, together
from whenthen.domain.common.errors import Conflict, NotFound, Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.pausing import PAUSED_BY
from whenthen.domain.runs.run import JobStatus, Run, RunStatus
from whenthen.usecases.runs.resume_runs import OVERDUE

LAST = {**GREET, "id": "last", "wait": {"days": 1}, "with": {"subject": "Last", "text": "x"}}


def started(world: World, *steps: dict[str, Any], **more: Any) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps, **more))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return written, event


def pause(world: World, run: Run) -> None:
    assert world.functions.pause_run(run.id, by="key_1").run.status is RunStatus.PAUSED


def test_a_wait_that_ends_in_a_pause_enters_nothing(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    pause(world, world.run_of(event, written).run)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.PAUSED, PAUSED_BY(by="key_1"))
    assert world.outcomes(state) == {"greet": JobStatus.DONE}


def test_what_was_due_in_the_pause_happens_when_the_run_is_resumed_and_later_waits_count_from_then(
    world: World,
) -> None:
    written, event = started(world, GREET, CALL, LAST)
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    world.pass_time(days=10)
    resumed = world.functions.resume_run(run.id)
    assert (resumed.run.status, resumed.run.reason) == (RunStatus.WAITING, None)
    at = world.clock.now() + timedelta(minutes=30)
    world.pass_time(minutes=30)
    state = world.run_of(event, written)
    assert (world.job(state, "call").due, state.run.waits_until) == (at, at + timedelta(days=1)), "at ten o'clock"
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, len(world.mailer.sent)) == (RunStatus.DONE, 2)


WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@pytest.mark.parametrize(
    ("wait", "resumed", "due"),
    [
        ({"days": 2}, "2026-03-21T20:00", "2026-03-21T20:00"),
        ({"hours": 1}, "2026-03-21T03:00", "2026-03-21T03:00"),
        ({"days": 2, "at": "10:00"}, "2026-03-20T09:00", "2026-03-20T10:00"),
        ({"days": 2, "at": "10:00"}, "2026-03-20T10:05", "2026-03-20T10:05"),
        ({"days": 2, "at": "10:00"}, "2026-03-20T11:00", "2026-03-21T10:00"),
        ({"days": 2, "at": "10:00", "weekdays": WORKDAYS}, "2026-03-21T20:00", "2026-03-23T10:00"),
        ({"days": 2, "weekdays": WORKDAYS}, "2026-03-21T20:00", "2026-03-23T20:00"),
        ({"days": 2, "weekdays": WORKDAYS}, "2026-03-20T20:00", "2026-03-20T20:00"),
        ({"business_days": 2, "at": "10:00"}, "2026-03-21T20:00", "2026-03-23T10:00"),
    ],
)
def test_the_hour_and_the_days_of_a_step_hold_after_a_pause(
    world: World, wait: dict[str, Any], resumed: str, due: str
) -> None:
    written, event = started(world, {**LAST, "wait": wait})
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    world.clock.at = datetime.fromisoformat(f"{resumed}:00+00:00")
    world.settle()
    world.functions.resume_run(run.id)
    world.run_out()
    state = world.run_of(event, written)
    assert world.job(state, "last").due == datetime.fromisoformat(f"{due}:00+00:00")
    assert len(world.mailer.sent) == 1


@pytest.mark.parametrize(
    ("visit", "resumed", "due"),
    [
        ("2026-03-25", "2026-03-21", "2026-03-24"),
        ("2026-03-25", "2026-03-26", None),
        ("2026-03-23", "2026-03-21", "2026-03-22"),
        (None, "2026-03-21", None),
    ],
    ids=["later", "over meanwhile", "brought forward", "taken away"],
)
def test_a_date_that_moves_in_a_pause_is_seen_when_the_run_is_resumed(
    world: World, visit: str | None, resumed: str, due: str | None
) -> None:
    world.has_record("lead:1", email="ayse@example.com", visit_date="2026-03-24")
    wait = {"until": {"field": "visit_date", "days": -1}, "at": "09:00"}
    written, event = started(world, {**LAST, "wait": wait})
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    world.changes("lead:1", visit_date=visit)
    world.settle()
    world.clock.at = datetime.fromisoformat(f"{resumed}T09:30:00+00:00")
    world.settle()
    assert world.run_of(event, written).jobs == ()
    world.functions.resume_run(run.id)
    world.run_out()
    job = world.job(world.run_of(event, written), "last")
    if due is None:
        assert job.status is JobStatus.SKIPPED
    else:
        assert job.due == datetime.fromisoformat(f"{due}T09:00:00+00:00")
    assert len(world.mailer.sent) == (due is not None)


def test_a_wait_that_is_not_over_goes_on(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    world.pass_time(hours=2)
    assert world.functions.resume_run(run.id).run == run
    world.run_out()
    assert world.job(world.run_of(event, written), "call").due == run.waits_until


def test_a_job_that_was_not_claimed_is_held_and_sent_once_after(world: World) -> None:
    written, event = started(world, GREET, together(NOTE))
    run = world.run_of(event, written).run
    pause(world, run)
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.PENDING, "note": JobStatus.PENDING}
    assert [queue.bodies for queue in world.queues.values() if queue.messages] == [], "no message waits meanwhile"
    world.functions.resume_run(run.id)
    world.run_out()
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)


def test_a_job_that_waits_for_its_next_attempt_is_held_too(world: World) -> None:
    written, event = started(world, GREET)
    world.mailer.will(Fails(Temporary(Reason("sample.down"), retry_after=60)))
    world.deliver("email")
    run = world.run_of(event, written).run
    pause(world, run)
    world.run_out()
    assert world.mailer.sent == []
    world.functions.resume_run(run.id)
    world.run_out()
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)


def test_a_step_under_way_ends_and_the_next_one_waits_for_the_end_of_the_pause(world: World) -> None:
    written, event = started(world, GREET, {**NOTE, "id": "after"})
    run = world.run_of(event, written).run
    dying = world.wire(Dying("runs.complete"))
    with pytest.raises(Dying.Dead):
        dying.channels["email"](*world.queues["email"].bodies[0])
    pause(world, run)
    world.run_out()
    assert world.outcomes(world.run_of(event, written)) == {"greet": JobStatus.CLAIMED}
    world.functions.resume_run(run.id)
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.UNKNOWN, "after": JobStatus.DONE}


def test_an_exit_stops_a_paused_run(world: World) -> None:
    written, event = started(world, GREET, CALL, exit={"on": ["contact.replied"]})
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    world.clock.move(minutes=1)
    world.happens("contact.replied", subject="lead:1", source="email")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED
    with pytest.raises(Conflict):
        world.functions.resume_run(run.id)
    with pytest.raises(Conflict):
        world.functions.pause_run(run.id, by="key_1")


def test_a_run_can_be_stopped_while_it_is_paused(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    assert world.functions.stop_run(run.id, by="key_1").run.status is RunStatus.STOPPED
    assert world.sequences.open == []


def test_resuming_twice_doubles_nothing_and_so_does_resuming_what_goes_on(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    world.pass_time(days=4)
    for _ in range(3):
        world.functions.resume_run(run.id)
    world.run_out()
    assert len([each for each in world.records.stored.values() if each.kind == "task"]) == 1


@pytest.mark.parametrize("at", ["runs.end_pause", "sequences.wait", "runs.resume"])
@pytest.mark.parametrize("days", [0, 4])
def test_whoever_dies_while_resuming_leaves_a_run_that_is_paused_or_goes_on(world: World, at: str, days: int) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    run = world.run_of(event, written).run
    pause(world, run)
    world.pass_time(days=days)
    with pytest.raises(Dying.Dead):
        world.wire(Dying(at)).resume_run(run.id)
    if at == "runs.end_pause":
        assert world.run_of(event, written).run.paused_until is None
        world.functions.resume_run(run.id)
    elif at == "sequences.wait":  # nobody carries the run on but the sweep
        world.clock.at += OVERDUE + timedelta(seconds=1)
        assert world.functions.resume_runs(lambda: True).seen == 1
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_run_that_never_was_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.functions.pause_run("run_x", by="key_1")
    with pytest.raises(NotFound):
        world.functions.resume_run("run_x")


@pytest.mark.parametrize("before", [True, False])
def test_a_run_that_stands_in_line_can_be_paused_and_takes_its_turn_after(world: World, before: bool) -> None:
    """As of two rules with an `order`: `before` says whether the first run ends while the second is paused."""
    first = world.has_rule(rule(CALL, name="First", order=1))
    second = world.has_rule(rule(GREET, name="Second", order=2))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    run = world.run_of(event, second).run
    assert run.is_in_line
    pause(world, run)
    if before:
        world.run_out()
        assert world.run_of(event, first).run.status is RunStatus.DONE
        assert world.run_of(event, second).run.status is RunStatus.PAUSED
    world.functions.resume_run(run.id)
    world.run_out()
    assert (world.run_of(event, second).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)


def test_an_event_that_came_in_the_pause_is_what_a_run_waited_for(world: World) -> None:
    for_event = {"for_event": {"on": ["deal.won"], "timeout": {"days": 30}}}
    written, event = started(world, GREET, {**NOTE, "wait": for_event})
    world.settle()
    run = world.run_of(event, written).run
    assert run.awaits_since is not None
    pause(world, run)
    world.clock.move(hours=1)
    world.happens("deal.won", subject="lead:1")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.PAUSED
    world.clock.move(hours=1)
    world.functions.resume_run(run.id)
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_run_that_gathers_events_begins_after_the_pause(world: World) -> None:
    written, event = started(world, GREET, entry={"debounce": {"seconds": 60}})
    run = world.run_of(event, written).run
    assert run.gathering
    pause(world, run)
    world.run_out()
    assert world.mailer.sent == []
    world.functions.resume_run(run.id)
    world.run_out()
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)
