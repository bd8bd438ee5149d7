"""perform_job: one effect per job, and what becomes of one whose answer was lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.codes import at, codes
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import Killed, World
from tests.usecases.rules import GREET, NOTE, rule, together
from whenthen.domain.common.backoff import GIVE_UP_AFTER, GIVEN_UP_AFTER_HOURS, NOT_DONE
from whenthen.domain.common.errors import (
    AnswerLost,
    Busy,
    Invalid,
    Malformed,
    NotFound,
    Permanent,
    Temporary,
    Throttled,
    TooLarge,
    WhenthenError,
)
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import AT_STEP, STEPS_DONE, JobStatus, Outcome, RunStatus
from whenthen.ports.reason_codes import JOB_NOT_FOUND, NO_ANSWER, UNAVAILABLE
from whenthen.usecases.records.reason_codes import NO_EMAIL
from whenthen.usecases.runs.perform_job import LEASE, MAY_HAVE_BEEN_SENT
from whenthen.usecases.sending.attempts import GIVEN_UP

TELL: dict[str, Any] = {"id": "tell", "action": "call_webhook", "with": {"url": "https://example.com/hook"}}
HELLO: dict[str, Any] = {"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}}
Started = tuple[Rule, Event]

BLOCKED = Reason("sample.blocked")
LOST = NO_ANSWER(provider="SES", error="ReadTimeoutError")
OUT_OF_ORDER = UNAVAILABLE(provider="SES", error="ServiceUnavailable")
BUSY_TODAY = UNAVAILABLE(provider="SES", error="LimitExceeded")
NOT_NOW = Throttled(UNAVAILABLE(provider="SES", error="Throttling"))


def started(world: World, *steps: dict[str, Any]) -> Started:
    """A run whose jobs are in their queues."""
    written = world.has_rule(rule(*steps))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return written, event


class DyingAt:
    """The process dies before (or after) this call."""

    def __init__(self, call: str, *, after: bool = False) -> None:
        self.call, self.late = call, after

    def before(self, call: str) -> None:
        if call == self.call and not self.late:
            raise Killed(call)

    def after(self, call: str) -> None:
        if call == self.call and self.late:
            raise Killed(call)


def test_a_job_is_performed_with_the_values_of_its_record_and_its_run_is_done(world: World) -> None:
    greet = {**GREET, "with": {"subject": "Welcome {{ record.first_name }}", "text": "Hello"}}
    written, event = started(world, greet)
    world.run_out()
    state = world.run_of(event, written)
    (mail,) = world.mailer.sent
    job = world.job(state, "greet")
    assert (mail.to, mail.subject) == ("ayse@example.com", "Welcome Ayşe")
    assert mail.headers["X-Whenthen-Job"] == job.id
    result = {"message_id": "ses-1", "to": ["ayse@example.com"]}
    assert (job.status, job.attempt, dict(job.result)) == (JobStatus.DONE, 1, result)
    assert (state.run.status, state.run.reason) == (RunStatus.DONE, STEPS_DONE(done=1, count=1))


def test_a_message_that_comes_again_after_the_outcome_changes_nothing(world: World) -> None:
    written, event = started(world, GREET)
    world.run_out()
    before = world.run_of(event, written)
    world.functions.channels["email"](before.run.id, "greet", 0)
    assert world.run_of(event, written) == before
    assert len(world.mailer.sent) == 1


def test_a_message_of_a_job_that_never_was_is_refused(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        world.functions.channels["email"]("run_none", "greet", 0)
    assert caught.value.reason == JOB_NOT_FOUND(step="greet", occurrence=0, run="run_none")


def test_while_one_worker_has_the_job_another_is_turned_away(world: World) -> None:
    written, event = started(world, GREET)
    state = world.run_of(event, written)
    now = world.clock.now()
    world.runs.claim(state.jobs[0], now=now, lease_until=now + LEASE, repeatable=False)
    with pytest.raises(Busy) as busy:
        world.functions.channels["email"](state.run.id, "greet", 0)
    assert busy.value.retry_after == LEASE.total_seconds()
    assert world.mailer.sent == []


def test_a_lost_answer_on_a_channel_without_a_key_is_unknown_and_not_repeated(world: World) -> None:
    world.mailer.will(Fails(AnswerLost(LOST), taken=True))
    written, event = started(world, GREET)
    world.run_out()
    state = world.run_of(event, written)
    assert len(world.mailer.sent) == 1
    assert world.job(state, "greet").status is JobStatus.UNKNOWN
    assert (state.run.status, state.run.reason) == (
        RunStatus.UNKNOWN,
        AT_STEP(step="greet", reason=MAY_HAVE_BEEN_SENT(reason=LOST)),
    )


def test_a_lost_answer_on_a_channel_with_a_key_is_repeated_under_the_same_key(world: World) -> None:
    world.http.will(Fails(AnswerLost(LOST), taken=True))
    written, event = started(world, TELL)
    world.run_out()
    state = world.run_of(event, written)
    assert [request.headers["idempotency-key"] for request in world.http.sent] == [state.jobs[0].id] * 2
    assert [request.headers["webhook-id"] for request in world.http.sent] == [state.jobs[0].id] * 2
    assert len({request.body for request in world.http.sent}) == 1
    assert (state.run.status, state.jobs[0].attempt) == (RunStatus.DONE, 2)


@pytest.mark.parametrize("late", [False, True], ids=["before it sent", "after it sent"])
def test_a_worker_that_dies_around_the_send_leaves_it_unknown_and_it_is_not_sent_again(
    world: World, *, late: bool
) -> None:
    written, event = started(world, GREET)
    world.functions = world.wire(DyingAt("mailer.send", after=late))
    world.deliver("email")
    assert world.kills == 1
    world.run_out()
    state = world.run_of(event, written)
    assert len(world.mailer.sent) == late
    assert (world.job(state, "greet").status, state.run.status) == (JobStatus.UNKNOWN, RunStatus.UNKNOWN)


def test_a_worker_that_dies_before_it_has_the_job_costs_only_time(world: World) -> None:
    written, event = started(world, GREET)
    world.functions = world.wire(DyingAt("runs.claim"))
    world.deliver("email")
    world.run_out()
    assert len(world.mailer.sent) == 1
    assert world.run_of(event, written).run.status is RunStatus.DONE


class Noting:
    """Notes the calls, in their order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def before(self, call: str) -> None:
        self.calls.append(call)

    def after(self, call: str) -> None:
        pass


@pytest.mark.parametrize(
    ("step", "queue", "send"), [(GREET, "email", "mailer.send"), (HELLO, "whatsapp", "graph.send_message")]
)
def test_nothing_comes_between_the_claim_and_the_send(
    world: World, step: dict[str, Any], queue: str, send: str
) -> None:
    started(world, step)
    noting = Noting()
    world.functions = world.wire(noting)
    world.deliver(queue)
    claim = noting.calls.index("runs.claim")
    assert noting.calls[claim + 1] == send


def test_a_secret_that_cannot_be_read_now_leaves_the_job_as_it_was(world: World) -> None:
    world.graph.unready.extend([Temporary(OUT_OF_ORDER), Temporary(OUT_OF_ORDER)])
    written, event = started(world, HELLO)
    world.deliver("whatsapp")
    job = world.job(world.run_of(event, written), "hello")
    assert (job.status, job.attempt) == (JobStatus.PENDING, 0)
    world.run_out()
    job = world.job(world.run_of(event, written), "hello")
    assert (job.status, job.attempt, len(world.graph.sent)) == (JobStatus.DONE, 1, 1)


@pytest.mark.parametrize(
    ("refused", "status"),
    [("bad address", JobStatus.FAILED), ("no consent", JobStatus.SKIPPED), ("no secret", JobStatus.FAILED)],
)
@pytest.mark.parametrize("late", [False, True], ids=["before its outcome", "after its outcome"])
def test_where_nothing_is_sent_a_worker_that_dies_does_not_seem_to_have_sent(
    world: World, refused: str, status: JobStatus, *, late: bool
) -> None:
    to = "nobody" if refused == "bad address" else "+90 532 123 45 67"
    if refused == "no consent":
        world.has_record("contact:1", phone="+905321234567", consent={"whatsapp": False})
    if refused == "no secret":
        world.graph.unready.extend([Permanent(BLOCKED)] * 2)
    written, event = started(world, {**HELLO, "with": {"template": "welcome", "to": to}})
    world.functions = world.wire(DyingAt("runs.complete", after=late))
    world.deliver("whatsapp")
    assert world.kills == 1
    world.run_out()
    state = world.run_of(event, written)
    assert (state.jobs[0].status, state.jobs[0].attempt) == (status, 0)
    assert state.run.status.value == status.value


def test_two_workers_who_find_nothing_to_send_write_one_outcome(world: World) -> None:
    written, event = started(world, {**HELLO, "with": {"template": "welcome", "to": "nobody"}})
    job = world.run_of(event, written).jobs[0]
    now = world.clock.now()
    ended = Outcome(JobStatus.FAILED, BLOCKED)
    assert world.runs.complete(job, ended, now)
    assert not world.runs.complete(job, Outcome(JobStatus.FAILED, LOST), now)
    world.run_out()
    assert world.run_of(event, written).jobs[0].reason == BLOCKED


def test_a_late_worker_cannot_write_over_the_outcome_of_the_one_that_took_over(world: World) -> None:
    written, event = started(world, TELL)
    job = world.run_of(event, written).jobs[0]
    now = world.clock.now()
    slow = world.runs.claim(job, now=now, lease_until=now + LEASE, repeatable=True)
    world.clock.move(seconds=LEASE.total_seconds())
    world.run_out()
    ended = world.run_of(event, written)
    assert (ended.jobs[0].attempt, ended.run.status) == (2, RunStatus.DONE)

    assert not world.runs.complete(slow, Outcome(JobStatus.FAILED, BLOCKED), world.clock.now())
    assert world.run_of(event, written) == ended


def test_what_passes_is_tried_again_after_a_pause(world: World) -> None:
    world.mailer.will(Fails(Temporary(OUT_OF_ORDER)), Fails(Temporary(OUT_OF_ORDER, retry_after=7)))
    written, event = started(world, GREET)
    world.deliver("email")
    (message,) = world.queues["email"].messages
    job = world.job(world.run_of(event, written), "greet")
    assert message.visible_at == world.clock.now() + timedelta(seconds=NOT_DONE.pause(job.id, 1))
    world.clock.at = message.visible_at
    world.deliver("email")
    assert message.visible_at == world.clock.now() + timedelta(seconds=7), "the provider's wish goes first"
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.jobs[0].attempt, len(world.mailer.sent)) == (RunStatus.DONE, 3, 1)


def test_not_now_is_no_attempt_and_takes_none_of_the_messages_receipts(world: World) -> None:
    world.mailer.will(*[Fails(NOT_NOW)] * 40)
    written, event = started(world, {**GREET, "retry": {"attempts": 1}})
    receives = 0
    while world.queues["email"].messages:
        (message,) = world.queues["email"].messages
        world.clock.at = max(world.clock.now(), message.visible_at)
        world.deliver("email")
        receives = max(receives, message.receives)
    state = world.run_of(event, written)
    job = world.job(state, "greet")
    assert (job.status, job.attempt, job.attempts, job.postponed) == (JobStatus.DONE, 41, 1, 40)
    assert (receives, state.run.status, len(world.mailer.sent)) == (1, RunStatus.DONE, 1)


def test_not_now_is_waited_out_for_as_long_as_is_wished(world: World) -> None:
    world.mailer.will(Fails(Throttled(BUSY_TODAY, retry_after=300)), Fails(NOT_NOW))
    written, event = started(world, GREET)
    world.deliver("email")
    (message,) = world.queues["email"].messages
    assert timedelta(seconds=300) <= message.visible_at - world.clock.now() <= timedelta(seconds=450)
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.reason) == (JobStatus.PENDING, BUSY_TODAY)


def test_not_now_is_given_up_in_the_end(world: World) -> None:
    world.mailer.will(*[Fails(NOT_NOW)] * 1_000)
    written, event = started(world, GREET)
    world.run_out()
    state = world.run_of(event, written)
    job = world.job(state, "greet")
    assert (job.status, job.reason) == (JobStatus.FAILED, GIVEN_UP_AFTER_HOURS(count=36, reason=NOT_NOW.reason))
    assert job.finished_at is not None
    assert GIVE_UP_AFTER <= job.finished_at - job.due < GIVE_UP_AFTER + timedelta(minutes=16)
    assert (state.run.status, world.queues["email"].dead) == (RunStatus.FAILED, [])


def test_attempts_and_not_now_are_counted_apart(world: World) -> None:
    world.mailer.will(*[Fails(NOT_NOW), Fails(Temporary(OUT_OF_ORDER))] * 3)
    written, event = started(world, {**GREET, "retry": {"attempts": 3}})
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.reason) == (JobStatus.FAILED, GIVEN_UP(count=3, reason=OUT_OF_ORDER))


@pytest.mark.parametrize("call", ["runs.postpone", "queues.send"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_while_it_puts_a_job_off_costs_time_or_a_second_message(
    world: World, call: str, *, late: bool
) -> None:
    world.mailer.will(Fails(NOT_NOW))
    written, event = started(world, GREET)
    world.functions = world.wire(DyingAt(call, after=late))
    world.deliver("email")
    assert (world.kills, len(world.queues["email"].messages)) == (1, 2 if (call, late) == ("queues.send", True) else 1)
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    if (call, late) == ("runs.postpone", False):  # it cannot be told from one that died after it had sent
        assert (job.status, len(world.mailer.sent)) == (JobStatus.UNKNOWN, 0)
    else:
        assert (job.status, len(world.mailer.sent)) == (JobStatus.DONE, 1)
    assert world.queues["email"].messages == []


class DyingAfter:
    """The process dies at this turn: `2 n` right before the n-th call, `2 n + 1` right after it; then never again."""

    def __init__(self, turn: int) -> None:
        self.turn, self.calls = turn, -1
        self.held = False

    def before(self, call: str) -> None:
        self.calls += 1
        self._live_or_die(2 * self.calls)

    def after(self, call: str) -> None:
        self.held = (self.held or call == "runs.claim") and call != "runs.postpone"
        self._live_or_die(2 * self.calls + 1)

    def _live_or_die(self, now: int) -> None:
        if now == self.turn:
            raise Killed("in the middle")


@pytest.mark.parametrize("turn", range(40))
def test_wherever_a_worker_dies_whose_job_is_put_off_it_is_sent_once_at_most(turn: int) -> None:
    world = World()
    world.has_record("lead:1", first_name="Ayşe", email="ayse@example.com")
    world.mailer.will(Fails(NOT_NOW))
    written, event = started(world, GREET)
    dying = DyingAfter(turn)
    world.functions = world.wire(dying)
    world.deliver("email")
    world.functions = world.wire(world.tap)
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    if dying.held:  # it cannot be told from one that died after it had sent
        assert (job.status, len(world.mailer.sent)) == (JobStatus.UNKNOWN, 0)
    else:
        assert (job.status, job.attempts, len(world.mailer.sent)) == (JobStatus.DONE, 1, 1)
    assert (world.queues["email"].messages, world.queues["email"].dead) == ([], [])


def test_a_job_that_cannot_be_sent_again_comes_back_by_its_own_message(world: World) -> None:
    class Refusing(Noting):
        def before(self, call: str) -> None:
            super().before(call)
            if call == "queues.send":
                raise Temporary(OUT_OF_ORDER)

    world.mailer.will(Fails(NOT_NOW))
    written, event = started(world, GREET)
    world.functions = world.wire(Refusing())
    world.deliver("email")
    world.functions = world.wire(world.tap)
    world.run_out()
    job = world.job(world.run_of(event, written), "greet")
    assert (job.status, job.attempts, len(world.mailer.sent)) == (JobStatus.DONE, 1, 1)


@pytest.mark.parametrize("attempts", [1, 3])
def test_after_all_attempts_it_gives_up_and_says_why(world: World, attempts: int) -> None:
    world.mailer.will(*[Fails(Temporary(OUT_OF_ORDER))] * attempts)
    written, event = started(world, {**GREET, "retry": {"attempts": attempts}})
    world.run_out()
    state = world.run_of(event, written)
    given_up = GIVEN_UP(count=attempts, reason=OUT_OF_ORDER)
    assert (state.jobs[0].status, state.jobs[0].reason) == (JobStatus.FAILED, given_up)
    assert state.run.status is RunStatus.FAILED
    assert world.queues["email"].dead == []


@pytest.mark.parametrize(
    "error",
    [Permanent(BLOCKED, "131026"), Invalid.field("subject", BLOCKED), TooLarge(BLOCKED), Malformed(BLOCKED)],
    ids=lambda error: type(error).__name__,
)
def test_what_is_refused_for_good_fails_the_job_and_ends_the_run(world: World, error: WhenthenError) -> None:
    world.mailer.will(Fails(error))
    written, event = started(world, GREET)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.jobs[0].status, state.run.status) == (JobStatus.FAILED, RunStatus.FAILED)
    assert state.jobs[0].reason == error.reason
    assert codes(error.reason)[-1] == BLOCKED.code
    assert state.jobs[0].attempt == 1


def test_a_step_that_cannot_be_prepared_fails_without_a_call(world: World) -> None:
    world.has_record("lead:1", email="without an address")
    written, event = started(world, GREET)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.jobs[0].status, state.jobs[0].reason) == (
        JobStatus.FAILED,
        at("with.to", NO_EMAIL(value="without an address")),
    )
    assert world.mailer.sent == []


@pytest.mark.parametrize("order", [("email", "record", "webhook"), ("webhook", "record", "email")])
def test_the_run_ends_when_its_last_job_has_its_outcome_in_any_order(world: World, order: tuple[str, ...]) -> None:
    written, event = started(world, GREET, together(NOTE), together(TELL))
    for name in order:
        assert not world.run_of(event, written).run.status.final
        world.deliver(name)
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_the_worst_outcome_is_the_outcome_of_the_run(world: World) -> None:
    world.mailer.will(Fails(AnswerLost(LOST)))
    world.http.will(Fails(Permanent(BLOCKED)))
    written, event = started(world, GREET, {**together(TELL), "on_error": "continue"}, together(NOTE))
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.FAILED
