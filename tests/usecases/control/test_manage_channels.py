"""Channels as admins see them, pause them and resume them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from tests.usecases.sending.outages import DOWN, STEPS, Sender, goes_down, published
from whenthen.channels.registry import CHANNELS
from whenthen.domain.common.errors import Invalid, NotFound, Stale, Temporary
from whenthen.domain.runs.run import JobStatus
from whenthen.domain.sending.circuits import Circuit, CircuitState
from whenthen.usecases.control.manage_channels import ChannelState, ManageChannels


def channels(world: World) -> ManageChannels:
    return ManageChannels(world.circuits, world.runs, world.clock)


def of(world: World, name: str) -> ChannelState:
    return next(state for state in channels(world).list() if state.circuit.channel == name)


def test_a_channel_that_never_failed_runs_and_has_nothing_to_do(world: World) -> None:
    listed = channels(world).list()
    assert [state.circuit.channel for state in listed] == [*CHANNELS]
    for state in listed:
        assert (state.circuit.state, state.circuit.since) == (CircuitState.RUNNING, None)
        assert (state.backlog.jobs, state.backlog.more, state.backlog.oldest) == (0, False, None)
        assert (state.receivers, state.last_error) == ((), None)


@pytest.mark.parametrize("channel", STEPS)
def test_the_jobs_of_a_paused_channel_wait_and_go_on_when_it_is_resumed(world: World, channel: str) -> None:
    sender, manage = Sender(world), channels(world)
    assert manage.pause(channel, by="key_1").circuit.state is CircuitState.PAUSED
    sender.pass_minutes(5, starting=True)
    begun = world.clock.now() - timedelta(minutes=5)
    assert sender.statuses(channel) == {JobStatus.PENDING}
    assert {job.attempt for job in sender.jobs(channel)} == {0}
    assert {job.reason.code for job in sender.jobs(channel) if job.reason} == {"channel.paused_by"}
    assert world.queues[channel].messages == []
    for other in set(STEPS) - {channel}:
        assert sender.statuses(other) == {JobStatus.DONE}
    state = of(world, channel)
    assert (state.circuit.by, state.backlog.jobs, state.backlog.oldest) == ("key_1", 5, begun)
    sender.pass_minutes(60)
    assert sender.statuses(channel) == {JobStatus.PENDING}, "nobody tries it"
    assert manage.resume(channel, {"rate_per_minute": 60}, by="key_2").circuit.state is CircuitState.RUNNING
    sender.pass_minutes(2)
    assert sender.statuses(channel) == {JobStatus.DONE}
    assert of(world, channel).backlog.jobs == 0
    assert published(world) == [("channel.paused", channel), ("channel.resumed", channel)]
    (work,) = world.work.kept.values()
    assert (work.by, work.rate, work.selection.withheld) == ("key_2", 60, channel)


def test_a_failing_channel_tells_its_error_its_backlog_and_the_age_of_the_oldest(world: World) -> None:
    sender, begun = Sender(world, ("email",)), world.clock.now()
    goes_down(world, "email", Temporary(DOWN))
    sender.pass_minutes(1, starting=True)
    state = of(world, "email")
    assert (state.circuit.state, state.last_error) == (CircuitState.RUNNING, DOWN), "it fails, but not throughout yet"
    sender.pass_minutes(9, starting=True)
    state = of(world, "email")
    assert (state.circuit.state, state.last_error) == (CircuitState.FAILING, DOWN)
    assert (state.backlog.jobs, state.backlog.oldest) == (10, begun)
    assert state.circuit.try_at is not None
    sender.pass_minutes(35)
    assert (of(world, "email").circuit.state, of(world, "email").last_error) == (CircuitState.RUNNING, DOWN)


def test_a_failing_channel_that_is_resumed_is_tried_by_all_and_pauses_again(world: World) -> None:
    sender = Sender(world, ("webhook",))
    goes_down(world, "webhook", Temporary(DOWN), timedelta(days=1))
    sender.pass_minutes(10, starting=True)
    (receiver,) = of(world, "webhook").receivers
    assert (receiver.receiver, receiver.state, of(world, "webhook").last_error) == (
        "example.com",
        CircuitState.FAILING,
        DOWN,
    )
    channels(world).resume("webhook", {}, by="key_1")
    assert [each.state for each in of(world, "webhook").receivers] == [CircuitState.RUNNING]
    sender.pass_minutes(10)
    assert [each.state for each in of(world, "webhook").receivers] == [CircuitState.FAILING]
    assert sender.statuses("webhook") == {JobStatus.PENDING}


def test_a_whole_channel_is_paused_beside_a_receiver_that_fails(world: World) -> None:
    sender = Sender(world, ("webhook",))
    goes_down(world, "webhook", Temporary(DOWN), timedelta(minutes=20))
    sender.pass_minutes(10, starting=True)
    channels(world).pause("webhook", by="key_1")
    sender.pass_minutes(30)
    assert sender.statuses("webhook") == {JobStatus.PENDING}
    channels(world).resume("webhook", {}, by="key_1")
    sender.pass_minutes(5)
    assert sender.statuses("webhook") == {JobStatus.DONE}


def test_to_pause_or_resume_again_changes_nothing(world: World) -> None:
    manage = channels(world)
    manage.resume("email", {}, by="key_1")
    assert world.circuits.kept == {}
    manage.pause("email", by="key_1")
    manage.pause("email", by="key_2")
    assert world.circuits.kept["email", ""].by == "key_1"


@pytest.mark.parametrize("name", ["telegram", "", "EMAIL"])
def test_there_are_no_other_channels(world: World, name: str) -> None:
    manage = channels(world)
    with pytest.raises(NotFound):
        manage.get(name)
    with pytest.raises(NotFound):
        manage.pause(name, by="key_1")
    with pytest.raises(NotFound):
        manage.resume(name, {}, by="key_1")


@pytest.mark.parametrize(
    "written", [{"rate_per_minute": 0}, {"rate_per_minute": "fast"}, {"rate": 5}, {"rate_per_minute": 1_000_000}]
)
def test_a_rate_that_cannot_be_read_is_refused(world: World, written: dict[str, Any]) -> None:
    manage = channels(world)
    manage.pause("email", by="key_1")
    with pytest.raises(Invalid):
        manage.resume("email", written, by="key_1")
    assert world.circuits.kept["email", ""].state is CircuitState.PAUSED


def test_a_worker_that_tries_a_channel_while_it_is_resumed_is_no_conflict(world: World) -> None:
    failing = Circuit("email").failing(DOWN, world.clock.now(), account=False)
    world.circuits.save(failing)
    save, stale = world.circuits.save, [True]

    def raced(after: Circuit) -> None:
        if stale.pop() if stale else False:
            save(failing.trying(world.clock.now()))
            raise Stale(DOWN)
        save(after)

    world.circuits.save = raced  # type: ignore[method-assign]
    assert channels(world).resume("email", {}, by="key_1").circuit.state is CircuitState.RUNNING


def test_jobs_that_are_held_until_later_are_no_backlog(world: World) -> None:
    world.has_rule(rule({"id": "it", **STEPS["email"], "retry": {"delays": [{"hours": 5}]}}))
    world.mailer.will(Fails(Temporary(DOWN)))
    world.happens("lead.created", subject="lead:1")
    world.settle()
    assert of(world, "email").backlog.jobs == 0
    world.clock.move(hours=6)
    assert of(world, "email").backlog.jobs == 1
