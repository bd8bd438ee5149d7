"""skip_step: a step that has not begun is left out, and the run goes on behind it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule, together
from whenthen.domain.common.errors import Conflict, Invalid, NotFound
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.pausing import SKIPPED_BY
from whenthen.domain.runs.run import JobStatus, RunStatus

LAST = {**NOTE, "id": "last"}


def started(world: World, *steps: dict[str, Any]) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return written, event


@pytest.mark.parametrize("step", [GREET, NOTE])
def test_a_step_that_is_due_is_skipped_at_once(world: World, step: dict[str, Any]) -> None:
    written, event = started(world, step, LAST)
    run = world.run_of(event, written).run
    state = world.functions.skip_step(run.id, step["id"], by="key_1")
    assert (world.outcomes(state), world.job(state, step["id"]).reason) == (
        {step["id"]: JobStatus.SKIPPED},
        SKIPPED_BY(by="key_1"),
    )
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, world.outcomes(state)["last"], world.mailer.sent) == (
        RunStatus.DONE,
        JobStatus.DONE,
        [],
    )


@pytest.mark.parametrize("step", [CALL, {**GREET, "id": "call", "wait": {"days": 2}}])
def test_a_step_that_is_to_come_is_skipped_when_it_is_due(world: World, step: dict[str, Any]) -> None:
    written, event = started(world, NOTE, step, LAST)
    world.settle()
    run = world.run_of(event, written).run
    for _ in range(2):
        state = world.functions.skip_step(run.id, "call", by="key_1")
        assert (state.run.skips, state.run.waits_until) == ((("call", "key_1"),), run.waits_until)
    world.run_out()
    state = world.run_of(event, written)
    assert (world.job(state, "call").status, world.job(state, "call").reason) == (
        JobStatus.SKIPPED,
        SKIPPED_BY(by="key_1"),
    )
    assert (world.outcomes(state)["last"], world.mailer.sent) == (JobStatus.DONE, [])


def test_one_of_two_steps_that_start_together_is_skipped_alone(world: World) -> None:
    written, event = started(world, GREET, together(NOTE))
    world.functions.skip_step(world.run_of(event, written).run.id, "note", by="key_1")
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, world.outcomes(state)) == (
        RunStatus.DONE,
        {"greet": JobStatus.DONE, "note": JobStatus.SKIPPED},
    )


def test_a_step_of_a_paused_run_is_skipped_and_the_run_stays_paused(world: World) -> None:
    written, event = started(world, GREET, LAST)
    run = world.run_of(event, written).run
    world.functions.pause_run(run.id, by="key_1")
    world.functions.skip_step(run.id, "greet", by="key_1")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.PAUSED
    world.functions.resume_run(run.id)
    world.run_out()
    assert world.outcomes(world.run_of(event, written)) == {"greet": JobStatus.SKIPPED, "last": JobStatus.DONE}


def test_a_step_that_has_begun_or_ended_is_not_skipped(world: World) -> None:
    written, event = started(world, GREET, CALL)
    (body,) = world.queues["email"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying("mailer.send")).channels["email"](*body)
    run = world.run_of(event, written).run
    with pytest.raises(Conflict) as error:
        world.functions.skip_step(run.id, "greet", by="key_1")
    assert error.value.reason.params == {"step": "greet", "outcome": "claimed"}
    world.run_out()
    with pytest.raises(Conflict):
        world.functions.skip_step(run.id, "call", by="key_1")


def test_an_unknown_step_and_an_unknown_run_are_refused(world: World) -> None:
    written, event = started(world, GREET, CALL)
    with pytest.raises(Invalid, match=r"step\.not_found"):
        world.functions.skip_step(world.run_of(event, written).run.id, "other", by="key_1")
    with pytest.raises(NotFound):
        world.functions.skip_step("run_x", "greet", by="key_1")


@pytest.mark.parametrize("call", ["runs.complete", "sequences.wait"])
def test_whoever_dies_while_skipping_can_do_it_again(world: World, call: str) -> None:
    written, event = started(world, GREET, LAST)
    run = world.run_of(event, written).run
    world.queues["email"].messages.clear()
    with pytest.raises(Dying.Dead):
        world.wire(Dying(call)).skip_step(run.id, "greet", by="key_1")
    world.functions.skip_step(run.id, "greet", by="key_1")
    world.run_out()
    assert world.outcomes(world.run_of(event, written)) == {"greet": JobStatus.SKIPPED, "last": JobStatus.DONE}


def test_a_step_that_comes_due_while_it_is_skipped_is_skipped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written, event = started(world, NOTE, {**GREET, "wait": {"days": 1}})
    world.settle()
    run = world.run_of(event, written).run
    skip = world.runs.skip

    def too_late(*arguments: Any) -> Any:
        monkeypatch.setattr(world.runs, "skip", skip)
        world.clock.move(days=1)
        for execution in list(world.sequences.executions.values()):
            world.step(execution)
            world.step(execution)
        return skip(*arguments)

    monkeypatch.setattr(world.runs, "skip", too_late)
    world.functions.skip_step(run.id, "greet", by="key_1")
    world.run_out()
    state = world.run_of(event, written)
    assert (world.outcomes(state)["greet"], world.mailer.sent) == (JobStatus.SKIPPED, [])
