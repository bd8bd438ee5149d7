"""A switch stops all sending: jobs that reach outside are held, nothing is lost, and they go on at a bounded rate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule, together
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.sending.switch import KEPT_FOR, SENDING_PAUSED
from whenthen.domain.work.work import UNTIL_MOST_KNOW, Work, WorkStatus
from whenthen.usecases.control.switch_sending import SwitchSending
from whenthen.usecases.runs.resume_runs import OVERDUE

WEBHOOK = {"id": "tell", "action": "call_webhook", "with": {"url": "https://books.example/hook"}}
WHATSAPP = {"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}}


def switch(world: World, *, paused: bool, seed: str = "", **more: Any) -> Work | None:
    document = {"paused": paused, **more}
    return SwitchSending(world.settings, world.functions.manage_work)(document, seed=seed or str(document), by="key_1")


def stop(world: World) -> None:
    assert switch(world, paused=True) is None
    world.clock.at += KEPT_FOR


def started(world: World, *steps: dict[str, Any], number: int = 1) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps))
    event = world.event("lead.created", str(number), subject="lead:1")
    world.functions.match_event(event)
    return written, event


def sent(world: World) -> int:
    return len(world.mailer.sent) + len(world.graph.sent) + len(world.http.sent)


@pytest.mark.parametrize("step", [GREET, WEBHOOK, WHATSAPP])
def test_what_reaches_outside_is_held_and_what_does_not_goes_on(world: World, step: dict[str, Any]) -> None:
    stop(world)
    written, event = started(world, step, together(NOTE), CALL)
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {step["id"]: JobStatus.PENDING, "note": JobStatus.DONE}
    assert (world.job(state, step["id"]).reason, sent(world)) == (SENDING_PAUSED(), 0)
    assert [queue.bodies for queue in world.queues.values() if queue.messages] == [], "no message bounces meanwhile"
    world.clock.at += timedelta(hours=50)
    assert world.functions.resume_runs(lambda: True).seen == 0
    assert switch(world, paused=False) is not None
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, sent(world)) == (RunStatus.DONE, 1)
    assert {job.attempts for job in state.jobs} <= {0, 1}, "to be held is no attempt"


def test_a_worker_holds_some_seconds_after_the_switch_at_most(world: World) -> None:
    started(world, GREET)
    world.settle()
    started(world, GREET, number=2)
    switch(world, paused=True)
    world.settle()
    assert sent(world) == 2, "it remembers how the switch stood"
    started(world, GREET, number=3)
    world.clock.at += KEPT_FOR
    world.settle()
    assert sent(world) == 2


def test_the_switch_is_read_once_for_many_jobs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    get = world.settings.get

    def noted(name: str) -> Any:
        asked.append(name)
        return get(name)

    monkeypatch.setattr(world.settings, "get", noted)
    for number in range(20):
        started(world, GREET, number=number)
    world.settle()
    assert (sent(world), asked.count("sending")) == (20, 1)


@pytest.mark.parametrize(("rate", "a_minute"), [(6, 6), (3, 3), (60, 60)])
def test_what_was_held_goes_on_at_a_bounded_rate(world: World, rate: int, a_minute: int) -> None:
    stop(world)
    for number in range(70):
        started(world, GREET, number=number)
    world.settle()
    work = switch(world, paused=False, rate_per_minute=rate)
    assert work is not None
    assert (work.of, work.rate) == (70, rate)
    world.pass_time(seconds=69)
    assert 0 < sent(world) <= a_minute
    world.pass_time(minutes=2)
    assert sent(world) <= 3 * a_minute
    world.pass_time(minutes=1)
    assert sent(world) >= min(70, 2 * a_minute)
    world.run_out()
    assert sent(world) == 70
    assert world.functions.manage_work.get(work.id).counts == {"released": 70}


def test_sending_that_is_stopped_again_stops_what_lets_go(world: World) -> None:
    stop(world)
    for number in range(30):
        started(world, GREET, number=number)
    world.settle()
    work = switch(world, paused=False, rate_per_minute=60)
    assert work is not None
    world.pass_time(seconds=25)
    before = sent(world)
    assert 0 < before < 30
    stop(world)
    world.run_out()
    assert before <= sent(world) <= before + 10
    assert world.functions.manage_work.get(work.id).status is WorkStatus.STOPPED
    held = sent(world)
    world.clock.move(days=2)
    switch(world, paused=False, seed="again")
    world.run_out()
    assert (held < 30, sent(world)) == (True, 30)


def test_a_worker_that_holds_after_the_switch_was_turned_is_found(world: World) -> None:
    stop(world)
    late = world.wire(world.tap)
    started(world, NOTE, together(GREET))
    late.channels["email"].switch.is_paused()  # type: ignore[attr-defined]
    work = switch(world, paused=False)
    assert work is not None
    world.deliver("work")
    world.functions = late
    world.clock.move(seconds=4)
    world.deliver("email")
    assert sent(world) == 0
    world.run_out()
    assert (sent(world), world.functions.manage_work.get(work.id).counts) == (1, {"released": 1})


def test_a_run_that_ends_while_its_job_is_held_sends_nothing(world: World) -> None:
    stop(world)
    written, event = started(world, GREET, CALL)
    world.settle()
    run = world.run_of(event, written).run
    world.functions.stop_run(run.id, by="key_1")
    switch(world, paused=False)
    world.run_out()
    assert (world.run_of(event, written).run.status, sent(world)) == (RunStatus.STOPPED, 0)


def test_a_run_that_is_paused_while_its_job_is_held_goes_on_when_both_are_over(world: World) -> None:
    stop(world)
    written, event = started(world, GREET)
    world.settle()
    run = world.run_of(event, written).run
    world.functions.pause_run(run.id, by="key_1")
    switch(world, paused=False)
    world.run_out()
    assert sent(world) == 0
    world.functions.resume_run(run.id)
    world.run_out()
    assert (world.run_of(event, written).run.status, sent(world)) == (RunStatus.DONE, 1)


@pytest.mark.parametrize("call", ["runs.withhold", "settings.get", "runs.load"])
def test_whoever_dies_while_holding_holds_again(world: World, call: str) -> None:
    stop(world)
    written, event = started(world, WEBHOOK)
    (body,) = world.queues["webhook"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(call)).channels["webhook"](*body)
    world.run_out()
    assert world.outcomes(world.run_of(event, written)) == {"tell": JobStatus.PENDING}
    switch(world, paused=False)
    world.run_out()
    assert sent(world) == 1


@pytest.mark.parametrize("call", ["work.save", "sequences.wait", "runs.let_go", "runs.open_runs"])
@pytest.mark.parametrize("times", [1, 2])
def test_whoever_dies_while_letting_go_sends_each_once(world: World, call: str, times: int) -> None:
    stop(world)
    for number in range(5):
        started(world, GREET, number=number)
    world.settle()
    work = switch(world, paused=False, rate_per_minute=12)
    assert work is not None
    world.clock.at += UNTIL_MOST_KNOW
    with pytest.raises(Dying.Dead):
        _work_off(world, Dying(call, times), work.id)
    world.run_out()
    assert (sent(world), world.functions.manage_work.get(work.id).counts) == (5, {"released": 5})


def _work_off(world: World, tap: Dying, work_id: str) -> None:
    functions = world.wire(tap)
    while functions.change_runs(work_id).status is WorkStatus.RUNNING:
        pass


def test_a_claim_whose_worker_died_is_kept_too(world: World) -> None:
    written, event = started(world, WEBHOOK)
    (body,) = world.queues["webhook"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying("http.send")).channels["webhook"](*body)
    stop(world)
    world.clock.at += OVERDUE
    world.run_out()
    assert sent(world) == 0
    switch(world, paused=False)
    world.run_out()
    assert (sent(world), world.run_of(event, written).run.status) == (1, RunStatus.DONE)
