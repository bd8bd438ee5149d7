"""Steps that say themselves when they are tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule, together
from whenthen.domain.common.backoff import GIVEN_UP_AFTER_HOURS, GIVEN_UP_AFTER_MINUTES
from whenthen.domain.common.errors import Temporary, Throttled
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.ports.reason_codes import UNAVAILABLE
from whenthen.usecases.runs.resume_runs import OVERDUE
from whenthen.usecases.sending.attempts import GIVEN_UP

DOWN = UNAVAILABLE(provider="SES", error="ServiceUnavailable")
LATER = {"attempts": 4, "delays": [{"minutes": 5}, {"days": 1}]}


def started(world: World, *steps: dict[str, Any], **more: Any) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps, **more))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return written, event


def failing(world: World, times: int) -> None:
    world.mailer.will(*[Fails(Temporary(DOWN))] * times)


def test_a_step_is_tried_again_after_its_own_delays(world: World) -> None:
    failing(world, 3)
    written, event = started(world, {**GREET, "retry": LATER}, NOTE)
    begun, times = world.clock.now(), []
    for number in range(1, 4):
        while world.job(world.run_of(event, written), "greet").attempt < number:
            world.clock.at = world._next() or world.clock.at
            world.settle()
        times.append(world.clock.now() - begun)
    minutes, day = timedelta(minutes=5), timedelta(days=1)
    assert times == [timedelta(), minutes, minutes + day], "the first at once"
    world.run_out()
    state = world.run_of(event, written)
    job = world.job(state, "greet")
    assert (job.status, job.attempts, state.run.status) == (JobStatus.DONE, 4, RunStatus.DONE)
    assert job.finished_at == begun + minutes + 2 * day, "the last delay repeats"
    assert (len(world.mailer.sent), world.queues["email"].dead) == (1, [])


def test_attempts_are_given_up_as_ever(world: World) -> None:
    failing(world, 9)
    written, event = started(world, {**GREET, "retry": {"attempts": 3, "delays": [{"hours": 2}]}})
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.reason) == (JobStatus.FAILED, GIVEN_UP(count=3, reason=DOWN))


def test_a_step_that_says_nothing_is_given_up_after_a_day(world: World) -> None:
    failing(world, 1_000)
    written, event = started(world, GREET)
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.reason) == (JobStatus.FAILED, GIVEN_UP_AFTER_HOURS(count=24, reason=DOWN))
    assert job.failing_since == event.time
    assert job.finished_at is not None
    assert timedelta(hours=24) <= job.finished_at - event.time < timedelta(hours=24, minutes=10)


@pytest.mark.parametrize(
    ("retry", "reason"),
    [
        ({"give_up_after": {"minutes": 90}}, GIVEN_UP_AFTER_MINUTES(count=90, reason=DOWN)),
        ({"give_up_after": {"hours": 2}}, GIVEN_UP_AFTER_HOURS(count=2, reason=DOWN)),
        ({"attempts": 2, "give_up_after": {"hours": 2}}, GIVEN_UP(count=2, reason=DOWN)),
        (
            {"delays": [{"minutes": 50}], "attempts": 8, "give_up_after": {"hours": 2}},
            GIVEN_UP_AFTER_HOURS(count=2, reason=DOWN),
        ),
    ],
)
def test_a_step_may_say_that_it_is_given_up_earlier(world: World, retry: dict[str, Any], reason: Reason) -> None:
    failing(world, 1_000)
    written, event = started(world, {**GREET, "retry": retry})
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.reason) == (JobStatus.FAILED, reason)


def test_the_time_counts_from_the_first_failure_not_from_when_the_job_was_due(world: World) -> None:
    written, event = started(world, GREET)
    world.clock.move(days=3)
    failing(world, 1)
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.failing_since) == (JobStatus.DONE, event.time + timedelta(days=3))


def test_what_is_worth_one_more_attempt_gets_no_third(world: World) -> None:
    world.mailer.will(*[Fails(Temporary(DOWN, attempts=2))] * 5)
    written, event = started(world, GREET)
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.reason, job.attempts) == (JobStatus.FAILED, GIVEN_UP(count=2, reason=DOWN), 2)


@pytest.mark.parametrize(("wish", "expected"), [(60, timedelta(minutes=20)), (3_600, timedelta(hours=1))])
def test_a_provider_may_ask_for_more_time_but_not_for_less(world: World, wish: float, expected: timedelta) -> None:
    world.mailer.will(Fails(Temporary(DOWN, retry_after=wish)))
    written, event = started(world, {**GREET, "retry": {"delays": [{"minutes": 20}]}})
    world.settle()
    assert world.job(world.run_of(event, written), "greet").held_until == event.time + expected


def test_a_message_that_comes_too_early_makes_no_attempt(world: World) -> None:
    failing(world, 1)
    written, event = started(world, {**GREET, "retry": {"delays": [{"days": 2}]}})
    world.settle()
    state = world.run_of(event, written)
    world.functions.channels["email"](state.run.id, "greet", 0)
    world.clock.move(days=1)
    world.functions.channels["email"](state.run.id, "greet", 0)
    assert (world.run_of(event, written), world.mailer.sent) == (state, [])
    assert len(world.sequences.executions) == 1
    world.run_out()
    assert len(world.mailer.sent) == 1


def test_the_state_machine_says_when_the_delay_is_over_whatever_the_clock_shows(world: World) -> None:
    failing(world, 1)
    written, event = started(world, {**GREET, "retry": {"delays": [{"days": 2}]}})
    world.settle()
    state = world.run_of(event, written)
    until = state.jobs[0].held_until
    assert until is not None
    world.functions.advance_sequence(state.run.id, state.run.step_group, until)
    world.settle()
    assert len(world.mailer.sent) == 1
    world.run_out()
    assert len(world.mailer.sent) == 1


def test_the_other_steps_of_the_group_do_not_wait_for_it(world: World) -> None:
    failing(world, 1)
    last = {**NOTE, "id": "last"}
    written, event = started(world, {**GREET, "retry": {"delays": [{"days": 2}]}}, together(NOTE), last)
    world.settle()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.PENDING, "note": JobStatus.DONE}
    world.run_out()
    assert world.outcomes(world.run_of(event, written))["last"] is JobStatus.DONE


def test_a_run_that_ends_meanwhile_does_not_try_again(world: World) -> None:
    failing(world, 1)
    written, event = started(world, {**GREET, "retry": {"delays": [{"days": 2}]}}, exit={"on": ["contact.replied"]})
    world.pass_time(days=1)
    world.happens("contact.replied", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, world.job(state, "greet").status) == (RunStatus.STOPPED, JobStatus.SKIPPED)
    assert world.mailer.sent == []


def test_a_provider_that_throttles_late_attempts_gets_its_time_from_then_on(world: World) -> None:
    world.mailer.will(Fails(Temporary(DOWN)), Fails(Throttled(DOWN)))
    written, event = started(world, {**GREET, "retry": {"delays": [{"days": 3}]}})
    world.run_out()
    assert world.job(world.run_of(event, written), "greet").status is JobStatus.DONE


def test_sweeps_leave_a_run_alone_until_its_next_attempt_and_find_it_if_the_wait_was_lost(world: World) -> None:
    failing(world, 1)
    written, event = started(world, {**GREET, "retry": {"delays": [{"days": 3}]}})
    world.settle()
    world.sequences.executions.clear()
    for days in (1, 2):
        world.clock.at = event.time + timedelta(days=days)
        assert world.functions.resume_runs(lambda: True).seen == 0
    world.runs.look_again(world.run_of(event, written).run.id, world.clock.now())
    world.clock.move(minutes=6)
    done = world.functions.resume_runs(lambda: True)
    assert (done.seen, done.resumed) == (1, 0), "looked at, and put off until the attempt is overdue"
    world.clock.at = event.time + timedelta(days=3) + OVERDUE
    assert world.functions.resume_runs(lambda: True).seen == 0
    world.clock.move(minutes=6)
    assert world.functions.resume_runs(lambda: True).resumed == 1
    world.run_out()
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)


@pytest.mark.parametrize("call", ["runs.hold", "sequences.wait"])
def test_a_worker_that_dies_while_it_puts_a_job_off_loses_nothing(world: World, call: str) -> None:
    """Before the hold the job is claimed: on a channel without a key nobody can say whether it was sent."""
    failing(world, 1)
    written, event = started(world, {**GREET, "retry": {"delays": [{"days": 2}]}})
    (job,) = world.queues["email"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(call)).channels["email"](*job)
    world.run_out()
    found = world.job(world.run_of(event, written), "greet")
    expected = JobStatus.UNKNOWN if call == "runs.hold" else JobStatus.DONE
    assert (found.status, len(world.mailer.sent)) == (expected, 0 if call == "runs.hold" else 1)
    if call != "runs.hold":
        assert found.finished_at == event.time + timedelta(days=2)
