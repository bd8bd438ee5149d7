"""resume_runs: runs whose wait or message was lost go on; those with something under way are left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule, together
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.usecases.runs.resume_runs import LOOK_AGAIN, OVERDUE, Resumed


def sweep(world: World) -> Resumed:
    return world.functions.resume_runs(lambda: True)


def started(world: World, *steps: dict[str, Any]) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return written, event


def test_a_run_whose_wait_was_lost_goes_on_once_it_is_overdue(world: World) -> None:
    """As after somebody deleted the execution, or restored the tables in another region."""
    written, event = started(world, GREET, CALL)
    world.settle()
    run = world.run_of(event, written).run
    world.sequences.executions.clear()
    assert run.waits_until is not None
    world.clock.at = run.waits_until + OVERDUE
    assert sweep(world).seen == 0, "not yet overdue"
    world.clock.move(seconds=1)
    assert (sweep(world).resumed, sweep(world).seen) == (1, 0)
    world.run_out()
    state = world.run_of(event, written)
    assert state.run.status is RunStatus.DONE
    assert world.job(state, "call").due == run.waits_until


def test_a_run_that_waits_is_left_alone(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    world.clock.move(hours=5)
    assert sweep(world).seen == 0
    assert world.run_of(event, written).run.status is RunStatus.WAITING


@pytest.mark.parametrize("at", ["queues.send", "runs.finish", "runs.dispatch"])
def test_a_run_whose_message_was_lost_goes_on(world: World, at: str) -> None:
    """As after a restore: the ledger says what is to be done, and no queue holds it."""
    last = {**GREET, "id": "last", "with": {"subject": "Last", "text": "x"}}
    written, event = started(world, NOTE, *(() if at == "runs.finish" else (last,)))
    ((run_id, step_id, occurrence),) = world.queues["record"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(at)).channels["record"](run_id, step_id, occurrence)
    world.queues["record"].messages.clear()
    world.clock.move(minutes=6)
    assert sweep(world).resumed == 1
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE
    assert len(world.mailer.sent) == (0 if at == "runs.finish" else 1)


def test_a_run_whose_job_may_still_be_in_its_queue_is_left_alone_for_a_while(world: World) -> None:
    started(world, GREET)
    for _ in range(3):
        world.clock.move(minutes=6)
        done = sweep(world)
        assert (done.seen, done.resumed) == (1, 0)
        world.clock.at += LOOK_AGAIN
    assert len(world.queues["email"].messages) == 1


def test_a_queue_that_is_never_empty_hides_no_lost_job_for_ever(world: World) -> None:
    written, event = started(world, GREET)
    world.queues["email"].messages.clear()
    world.queues["email"].add(("run_other", "x", 0), delay=0)
    world.clock.move(hours=3)
    assert sweep(world).resumed == 0
    world.clock.move(hours=40)
    assert sweep(world).resumed == 1
    world.deliver("email")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_job_of_one_channel_is_not_held_back_by_another_channels_queue(world: World) -> None:
    written, event = started(world, GREET, together(NOTE))
    world.deliver("record")
    world.queues["email"].messages.clear()
    world.queues["webhook"].add(("run_other", "x", 0))
    world.clock.move(minutes=6)
    assert sweep(world).resumed == 1
    world.deliver("email")
    assert world.outcomes(world.run_of(event, written)) == {"greet": JobStatus.DONE, "note": JobStatus.DONE}


def test_a_run_that_cannot_be_carried_on_holds_back_no_other(world: World) -> None:
    written, event = started(world, GREET, CALL)
    other = world.event("lead.created", "2", subject="lead:1")
    world.functions.match_event(other)
    world.settle()
    world.sequences.executions.clear()
    broken = world.run_of(event, written).run.id
    world.runs.runs[broken] = replace(world.runs.runs[broken], rule_version=99)
    world.clock.move(days=4)
    done = sweep(world)
    assert (done.seen, done.resumed, list(done.failed)) == (2, 1, [broken])
    world.run_out()
    assert world.run_of(other, written).run.status is RunStatus.DONE
    assert sweep(world).seen == 0, "it is tried again later"
    world.clock.at += LOOK_AGAIN + OVERDUE + timedelta(seconds=1)
    assert list(sweep(world).failed) == [broken]


def test_a_sweep_ends_when_its_time_is_over(world: World) -> None:
    world.has_rule(rule(GREET, CALL))
    for number in range(3):
        world.functions.match_event(world.event("lead.created", str(number), subject="lead:1"))
    world.settle()
    world.sequences.executions.clear()
    world.clock.move(days=4)
    left = iter([True, True, False])
    done = world.functions.resume_runs(lambda: next(left))
    assert (done.seen, done.finished) == (2, False)
    assert (sweep(world).seen, sweep(world).finished) == (1, True)


def test_a_run_that_has_its_outcome_is_never_looked_at(world: World) -> None:
    started(world, GREET)
    world.run_out()
    world.clock.move(days=1)
    assert sweep(world).seen == 0
