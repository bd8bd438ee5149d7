"""A person who refuses a channel ends the runs that would only go on writing there; others skip those messages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from whenthen.domain.exits.opt_outs import OPTED_OUT
from whenthen.domain.runs.run import JobStatus, RunStatus

LATER = {"days": 1}
SECOND: dict[str, Any] = {**GREET, "id": "second", "wait": LATER}
THIRD: dict[str, Any] = {**GREET, "id": "third", "wait": LATER}
SERVICE: dict[str, Any] = {**THIRD, "with": {**GREET["with"], "purpose": "service"}}
WRITES_STOP = {"source": "email", "identities": ("email#ayse@example.com",), "data": {"reply": "STOP"}}
ENDED = (RunStatus.STOPPED, OPTED_OUT(channel="email"))


def test_what_would_only_write_on_ends_at_its_next_step(world: World) -> None:
    written = world.has_rule(rule(GREET, SECOND, THIRD))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.happens("email.received", **WRITES_STOP)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == ENDED
    assert world.outcomes(state) == {"greet": JobStatus.DONE}
    assert state.run.finished_at is not None
    assert (state.run.finished_at - event.time).days == 1, "the third step is not waited for"


@pytest.mark.parametrize("consent", [{"email": False}, {"all": False}, False, "no"], ids=str)
def test_a_refusal_in_whatever_shape_a_person_writes_it_ends_the_run(world: World, consent: Any) -> None:
    written = world.has_rule(rule(GREET, SECOND))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", consent=consent)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == ENDED


def test_who_refuses_while_a_step_is_done_waits_for_nothing(world: World) -> None:
    """The step group is over when its jobs are; the next one would wait a day."""
    written = world.has_rule(rule(NOTE, SECOND))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    world.changes("lead:1", consent={"email": False})
    world.settle()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == ENDED
    assert world.clock.now() == event.time


@pytest.mark.parametrize(
    ("steps", "outcomes"),
    [
        ((SECOND, {**NOTE, "wait": LATER}), {"second": JobStatus.SKIPPED, "note": JobStatus.DONE}),
        ((SECOND, SERVICE), {"second": JobStatus.SKIPPED, "third": JobStatus.DONE}),
    ],
    ids=["something else", "an answer"],
)
def test_a_run_that_has_more_to_do_skips_the_messages(
    world: World, steps: tuple[dict[str, Any], ...], outcomes: dict[str, JobStatus]
) -> None:
    written = world.has_rule(rule(GREET, *steps))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", consent={"email": False})
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, world.outcomes(state)) == (RunStatus.DONE, {"greet": JobStatus.DONE, **outcomes})


def test_another_channel_that_the_person_does_not_refuse_goes_on(world: World) -> None:
    chat = {"id": "chat", "action": "send_whatsapp", "wait": LATER, "with": {"text": "Hello"}}
    world.changes("lead:1", phone="+905321234567")
    written = world.has_rule(rule(GREET, SECOND, chat))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", consent={"email": False})
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state)["second"] is JobStatus.SKIPPED
    assert len(world.graph.sent) == 1


def test_who_changes_their_mind_in_time_gets_the_next_message(world: World) -> None:
    written = world.has_rule(rule(GREET, SECOND))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", consent={"email": False})
    world.pass_time(hours=1)
    world.changes("lead:1", consent={"email": True})
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE
    assert len(world.mailer.sent) == 2


def test_a_run_that_begins_with_a_refused_message_says_so_of_the_step(world: World) -> None:
    world.changes("lead:1", consent={"email": False})
    written = world.has_rule(rule(GREET))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, world.outcomes(state)) == (RunStatus.SKIPPED, {"greet": JobStatus.SKIPPED})
