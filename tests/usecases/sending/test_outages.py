"""Outages of half an hour: no job fails, other channels are no slower, and all is done soon after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import Killed, World
from tests.usecases.rules import rule
from tests.usecases.sending.outages import (
    DOWN,
    EXPIRED,
    KEYLESS,
    OUTAGE,
    OUTSIDE,
    STEPS,
    Sender,
    at,
    goes_down,
    provider_of,
    published,
)
from whenthen.channels.registry import CHANNELS
from whenthen.domain.common.errors import AccountRefused, AnswerLost, Temporary
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.sending.circuits import FAILURES, CircuitState


@pytest.mark.parametrize("channel", STEPS)
def test_after_half_an_hour_without_its_provider_no_job_has_failed_and_all_are_done_soon(
    world: World, channel: str
) -> None:
    sender = Sender(world)
    sender.pass_minutes(3, starting=True)
    end = goes_down(world, channel, Temporary(DOWN))
    sender.pass_minutes(30, starting=True)
    assert sender.statuses(channel) == {JobStatus.DONE, JobStatus.PENDING}
    for other in set(STEPS) - {channel}:
        late = [at(job) - job.due for job in sender.jobs(other)]
        assert max(late) == timedelta(), "no other channel is slower"
    sender.pass_minutes(10)
    for job in sender.jobs(channel):
        assert (job.status, at(job) <= end + timedelta(minutes=10)) == (JobStatus.DONE, True)
    assert {run.status for run in world.all_runs} == {RunStatus.DONE}
    assert [queue.name for queue in world.queues.values() if queue.dead or queue.messages] == []


@pytest.mark.parametrize("channel", STEPS)
def test_five_minutes_fail_no_job(world: World, channel: str) -> None:
    sender = Sender(world, (channel,))
    for _ in range(15):
        sender.start()
    goes_down(world, channel, Temporary(DOWN), timedelta(minutes=5))
    sender.pass_minutes(15)
    assert sender.statuses(channel) == {JobStatus.DONE}
    assert len(list(sender.jobs(channel))) == 15


@pytest.mark.parametrize("channel", KEYLESS)
def test_only_what_may_have_been_sent_is_unknown(world: World, channel: str) -> None:
    sender = Sender(world, (channel,))
    for _ in range(40):
        sender.start()
    goes_down(world, channel, AnswerLost(DOWN))
    sender.pass_minutes(30, starting=True)
    asked = provider_of(world, channel).calls
    assert [job.status for job in sender.jobs(channel)].count(JobStatus.UNKNOWN) == asked
    assert asked < FAILURES + 30, "the channel paused: few were asked in vain"
    sender.pass_minutes(10)
    found = [job.status for job in sender.jobs(channel)]
    assert (found.count(JobStatus.UNKNOWN), found.count(JobStatus.DONE)) == (asked, 70 - asked)


@pytest.mark.parametrize("channel", sorted({*OUTSIDE} - {*KEYLESS}))
def test_a_lost_answer_of_a_receiver_that_knows_repetitions_is_never_unknown(world: World, channel: str) -> None:
    sender = Sender(world, (channel,))
    goes_down(world, channel, AnswerLost(DOWN))
    sender.pass_minutes(30, starting=True)
    sender.pass_minutes(10)
    assert sender.statuses(channel) == {JobStatus.DONE}


def test_while_all_of_the_graph_is_down_messages_and_audiences_wait_and_all_is_done_after_it(world: World) -> None:
    sender = Sender(world)
    end = world.clock.now() + OUTAGE
    world.graph.outage = lambda: Fails(Temporary(DOWN)) if world.clock.now() < end else None
    sender.pass_minutes(30, starting=True)
    assert [sender.statuses(each) for each in ("whatsapp", "audience")] == [{JobStatus.PENDING}] * 2
    assert {job.status for each in set(STEPS) - {"whatsapp", "audience"} for job in sender.jobs(each)} == {
        JobStatus.DONE
    }
    sender.pass_minutes(10)
    for job in (*sender.jobs("whatsapp"), *sender.jobs("audience")):
        assert (job.status, at(job) <= end + timedelta(minutes=10)) == (JobStatus.DONE, True)
    assert len(world.graph.sent) == 30


def test_every_channel_has_its_outage_here() -> None:
    assert set(STEPS) == set(CHANNELS)


@pytest.mark.parametrize("channel", OUTSIDE)
def test_jobs_wait_without_attempts_and_without_messages(world: World, channel: str) -> None:
    sender = Sender(world, (channel,))
    goes_down(world, channel, Temporary(DOWN))
    sender.pass_minutes(5, starting=True)
    assert len(world.queues[channel].messages) == 1, "the one that tries"
    for _ in range(30):
        sender.start()
    world.settle()
    waiting = list(sender.jobs(channel))[-30:]
    assert {(job.status, job.attempt) for job in waiting} == {(JobStatus.PENDING, 0)}
    assert {job.reason.code for job in waiting if job.reason} == {"channel.failing"}
    assert len(world.queues[channel].messages) == 1
    provider = provider_of(world, channel)
    before = provider.calls
    sender.pass_minutes(10)
    assert provider.calls - before <= 10 * 60 / 15, "one job tries it, again and again"
    assert {job.attempt for job in list(sender.jobs(channel))[-30:]} <= {0, provider.calls - before}


def test_a_channel_that_pauses_says_so_once_and_again_when_it_goes_on(world: World) -> None:
    sender = Sender(world)
    goes_down(world, "email", Temporary(DOWN))
    sender.pass_minutes(40, starting=True)
    assert published(world) == [("channel.paused", "email"), ("channel.resumed", "email")]
    paused, resumed = (event for event in world.bus.published if event.type.startswith("channel."))
    assert paused.data == {
        "channel": "email",
        "by": "engine",
        "reason": {"code": DOWN.code, "params": dict(DOWN.params)},
    }
    assert resumed.data == {"channel": "email", "by": "engine"}
    assert world.circuits.kept["email", ""].reason == DOWN, "its last error is remembered"


def test_a_rule_may_tell_somebody_that_a_channel_pauses(world: World) -> None:
    told: Rule = world.has_rule(
        rule({"id": "tell", **STEPS["webhook"]}, name="tell", kind=None, trigger={"event": "channel.paused"})
    )
    sender = Sender(world, ("email",))
    goes_down(world, "email", Temporary(DOWN))
    sender.pass_minutes(10, starting=True)
    assert [run.status for run in world.all_runs if run.rule_id == told.id] == [RunStatus.DONE]


def test_an_expired_token_stops_the_channel_at_the_first_job_and_fails_none(world: World) -> None:
    sender = Sender(world, ("whatsapp",))
    for _ in range(20):
        sender.start()
    goes_down(world, "whatsapp", AccountRefused(EXPIRED), timedelta(days=3))
    sender.pass_minutes(60)
    assert published(world) == [("channel.paused", "whatsapp")]
    assert world.graph.calls <= 8, "one job, after pauses of a minute to fifteen"
    for _ in range(2):
        world.pass_time(days=1)
        assert sender.statuses("whatsapp") == {JobStatus.PENDING}
    world.pass_time(days=1)
    sender.pass_minutes(10)
    assert sender.statuses("whatsapp") == {JobStatus.DONE}


def test_a_receiver_that_is_down_holds_up_no_other(world: World) -> None:
    sender = Sender(world, ("webhook",))
    other = world.has_rule(
        rule({"id": "it", "action": "call_webhook", "with": {"url": "https://elsewhere.example/a"}}, name="other")
    )

    def down() -> Fails | None:
        return Fails(Temporary(DOWN)) if world.http.asked.startswith("https://example.com/") else None

    world.http.outage = down
    sender.pass_minutes(20, starting=True)
    assert sender.statuses("webhook") == {JobStatus.PENDING}
    assert {circuit.name: circuit.state for circuit in world.circuits.kept.values()} == {
        "webhook/example.com": CircuitState.FAILING
    }
    for event in sender.events:
        job = world.job(world.run_of(event, other), "it")
        assert (job.status, at(job)) == (JobStatus.DONE, job.due)


def test_failures_between_successes_pause_nothing(world: World) -> None:
    sender = Sender(world, ("email",))
    fails: Callable[[], Fails | None] = lambda: Fails(Temporary(DOWN)) if world.mailer.calls % 3 else None  # noqa: E731
    world.mailer.outage = fails
    sender.pass_minutes(30, starting=True)
    sender.pass_minutes(30)
    assert (published(world), sender.statuses("email")) == ([], {JobStatus.DONE})


def test_two_steps_that_wait_for_two_channels_go_on_each_with_its_own(world: World) -> None:
    both = world.has_rule(
        rule(
            {"id": "mail", **STEPS["email"]},
            {"id": "chat", **STEPS["whatsapp"], "start": "with_previous"},
            name="both",
        )
    )
    sender = Sender(world, ("email", "whatsapp"))
    goes_down(world, "email", Temporary(DOWN), timedelta(minutes=20))
    goes_down(world, "whatsapp", Temporary(DOWN), timedelta(minutes=60))
    sender.pass_minutes(10, starting=True)
    sender.pass_minutes(20)
    for event in sender.events:
        state = world.run_of(event, both)
        assert world.outcomes(state) == {"mail": JobStatus.DONE, "chat": JobStatus.PENDING}
    sender.pass_minutes(40)
    for event in sender.events:
        assert set(world.outcomes(world.run_of(event, both)).values()) == {JobStatus.DONE}


def test_a_trial_whose_run_is_stopped_leaves_the_channel_to_another_job(world: World) -> None:
    sender = Sender(world, ("email",))
    goes_down(world, "email", Temporary(DOWN), timedelta(minutes=12))
    sender.pass_minutes(8, starting=True)
    (trial,) = world.queues["email"].bodies
    world.functions.stop_run(trial[0], by="key_1")
    sender.pass_minutes(15)
    assert sender.statuses("email") == {JobStatus.DONE, JobStatus.SKIPPED}
    assert world.circuits.kept["email", ""].state is CircuitState.RUNNING


CALLS = ["circuits.save", "circuits.of_channel", "runs.withhold", "runs.postpone", "runs.release", "queues.send"]
FOLLOWING = ["work.create", "workers.start", "bus.publish", "runs.let_go", "sequences.wait", "work.save"]


@pytest.mark.parametrize("call", CALLS + FOLLOWING)
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_wherever_a_worker_dies_each_job_is_done_once_and_the_channel_goes_on(call: str, *, late: bool) -> None:
    for nth in (1, 2, 5):
        world = World()
        world.has_record("lead:1", first_name="Ayşe", email="ayse@example.com")
        sender = Sender(world, ("webhook",))
        end = goes_down(world, "webhook", Temporary(DOWN), timedelta(minutes=12))
        world.functions = world.wire(DyingAtNth(call, nth, after=late))
        sender.pass_minutes(12, starting=True)
        sender.pass_minutes(20)
        assert world.kills + len(world.failed_steps) >= (nth == 1), "it died"
        assert sender.statuses("webhook") == {JobStatus.DONE}, (call, nth)
        keys = [request.headers["idempotency-key"] for request in world.http.sent]
        assert sorted(set(keys)) == sorted(job.id for job in sender.jobs("webhook"))
        assert world.circuits.kept["webhook", "example.com"].state is CircuitState.RUNNING
        assert {event.type for event in world.bus.published if event.type.startswith("channel.")} == {
            "channel.paused",
            "channel.resumed",
        }
        assert end < world.clock.now()


class DyingAtNth:
    """The process dies before (or after) the n-th of these calls, and never again."""

    def __init__(self, call: str, nth: int, *, after: bool) -> None:
        self.call, self.left, self.late = call, nth, after

    def before(self, call: str) -> None:
        self._die(call, late=False)

    def after(self, call: str) -> None:
        self._die(call, late=True)

    def _die(self, call: str, *, late: bool) -> None:
        if call == self.call and late == self.late:
            self.left -= 1
            if self.left == 0:
                raise Killed(call)
