"""Answers of APIs: which are success, which are tried again, and what is saved of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.channels.api.calling import answers, called, has_connection
from tests.codes import codes
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.api.action import RETRIES
from whenthen.domain.common.errors import AnswerLost
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.outgoing import HttpAnswer
from whenthen.ports.reason_codes import NO_ANSWER

LOST = Fails(AnswerLost(NO_ANSWER(provider="api.example.com", error="TimeoutError")), taken=True)


@pytest.mark.parametrize(
    ("status", "expect", "ended"),
    [
        (200, None, JobStatus.DONE),
        (299, None, JobStatus.DONE),
        (404, None, JobStatus.FAILED),
        (302, None, JobStatus.FAILED),
        (404, [404], JobStatus.DONE),
        (302, 302, JobStatus.DONE),
        (409, [200, 409], JobStatus.DONE),
        (202, [200, 201], JobStatus.FAILED),
        (200, [200, 201], JobStatus.DONE),
    ],
)
def test_the_statuses_that_a_step_expects_are_success(world: World, status: int, expect: Any, ended: JobStatus) -> None:
    has_connection(world)
    answers(world, status)
    job = called(world, **({"expect": expect} if expect else {}))
    assert (job.status, len(world.http.sent)) == (ended, 1)
    assert codes(job.reason) == ["api.answered"]


@pytest.mark.parametrize(
    ("body", "ok_if", "ended"),
    [
        ({"ok": True}, "body.ok", JobStatus.DONE),
        ({"ok": False, "error": "not_in_channel"}, "body.ok", JobStatus.FAILED),
        (b"00 1234", "starts_with(body, '00')", JobStatus.DONE),
        (b"30", "starts_with(body, '00')", JobStatus.FAILED),
        (b"", "body.ok", JobStatus.FAILED),
    ],
)
def test_an_api_that_answers_200_to_what_failed_is_recognised(
    world: World, body: Any, ok_if: str, ended: JobStatus
) -> None:
    has_connection(world)
    answers(world, 200, body)
    assert called(world, ok_if=ok_if).status is ended


@pytest.mark.parametrize(
    ("body", "media_type", "value"),
    [
        (b"30", "text/plain", "30"),
        (b"30", "application/json; charset=utf-8", 30),
        (b'"x"', "application/problem+json", "x"),
        (b' {"a": 1}', "", {"a": 1}),
        (b"[1]", "text/html", [1]),
        (b"{not json", "application/json", "{not json"),
        (b"caf\xe9", "text/plain", "caf\ufffd"),
    ],
)
def test_a_body_is_json_if_it_says_so_or_looks_so(world: World, body: bytes, media_type: str, value: Any) -> None:
    has_connection(world)
    answers(world, 200, body, content_type=media_type)
    assert called(world, remember={"it": "body"}).result == {"status": 200, "it": value}


@pytest.mark.parametrize(
    ("method", "idempotent", "ended", "calls"),
    [
        ("POST", False, JobStatus.UNKNOWN, 1),
        ("PATCH", False, JobStatus.UNKNOWN, 1),
        ("POST", True, JobStatus.DONE, 2),
        ("PATCH", True, JobStatus.DONE, 2),
        ("GET", False, JobStatus.DONE, 2),
        ("PUT", False, JobStatus.DONE, 2),
        ("DELETE", False, JobStatus.DONE, 2),
    ],
)
def test_a_lost_answer_is_unknown_unless_a_repetition_does_no_harm(
    world: World, method: str, idempotent: bool, ended: JobStatus, calls: int
) -> None:
    has_connection(world, idempotent=idempotent)
    world.http.will(LOST)
    job = called(world, method=method)
    assert (job.status, len(world.http.sent)) == (ended, calls)
    assert len({request.headers["idempotency-key"] for request in world.http.sent}) == 1


@pytest.mark.parametrize(("idempotent", "ended"), [(False, JobStatus.UNKNOWN), (True, JobStatus.DONE)])
def test_an_error_of_the_api_may_have_come_after_the_effect(world: World, idempotent: bool, ended: JobStatus) -> None:
    has_connection(world, idempotent=idempotent)
    answers(world, 500)
    assert called(world).status is ended


def test_a_repetition_that_comes_too_early_is_made_again(world: World) -> None:
    has_connection(world, idempotent=True)
    answers(world, 409)
    job = called(world)
    assert (job.status, job.attempts) == (JobStatus.DONE, 2)


@pytest.mark.parametrize(
    ("answer", "save", "code"),
    [
        (HttpAnswer(200, {}, b"{}", cut=True), {"a": "body.a"}, "api.answer_cut"),
        (HttpAnswer(200, {}, b'{"a": "' + b"x" * 30_000 + b'"}'), {"a": "body.a"}, "size.too_large"),
        (HttpAnswer(200, {}, b'{"a": 123456789012345678901234567890}'), {"a": "body.a"}, "number.too_long"),
        (HttpAnswer(200, {}, b'{"a": 1}'), {"a": "join(',', body.a)"}, "expression.not_applicable"),
        (HttpAnswer(200, {}, b'{"a": 1}'), {"phone": "body.a", "tags": "body.a"}, None),
    ],
)
def test_a_value_that_cannot_be_saved_fails_the_step_and_says_that_the_call_was_made(
    world: World, answer: HttpAnswer, save: Any, code: str | None
) -> None:
    has_connection(world)
    world.http.answers.append(answer)
    job = called(world, save=save)
    if code is None:
        assert job.status in (JobStatus.DONE, JobStatus.FAILED)
        return
    assert (job.status, len(world.http.sent)) == (JobStatus.FAILED, 1)
    assert codes(job.reason)[:1] == ["api.not_saved"]
    assert job.result == {"status": 200}


def _job(world: World, event: Any, written: Any) -> Job:
    return world.job(world.run_of(event, written), "it")


def test_an_address_that_is_gone_switches_the_step_off(world: World) -> None:
    has_connection(world)
    answers(world, 410)
    step = {"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/contacts"}}
    written = world.has_rule(rule(step))
    first = world.happens("lead.created", "1", subject="lead:1")
    world.run_out()
    assert (_job(world, first, written).status, codes(_job(world, first, written).reason)) == (
        JobStatus.FAILED,
        ["api.step_off"],
    )
    world.clock.move(minutes=1)
    second = world.happens("lead.created", "2", subject="lead:1")
    world.run_out()
    assert codes(_job(world, second, written).reason) == ["api.step_is_off"]
    assert len(world.http.sent) == 1
    [paused] = [event for event in world.bus.published if event.type == "channel.paused"]
    assert (paused.data["channel"], paused.data["by"]) == ("api", "engine")
    assert paused.data["receiver"] == f"step:{written.id}/it@1"
    assert paused.data["reason"]["code"] == "api.step_off"
    # a new version of the rule is on
    again = world.has_rule(rule(step))
    third = world.happens("lead.created", "3", subject="lead:1")
    world.run_out()
    assert (_job(world, third, again).status, len(world.http.sent)) == (JobStatus.DONE, 2)


@pytest.mark.parametrize(
    "address",
    [
        {"url": "/contacts/{{ record.crm }}"},
        {"url": "/contacts/{{ event.data.crm | default('none') }}"},
        {"url": "/contacts{% if record.crm %}/one{% endif %}"},
        {"url": "/contacts", "query": {"id": "{{ record.crm }}"}},
        {"url": "/contacts", "query": {"id": ["1", "{{ before.crm }}"]}},
        {"connection": None, "url": "https://api.example.com/{{ record.crm }}"},
    ],
)
def test_an_address_of_one_customer_that_is_gone_leaves_the_step_on_for_the_others(world: World, address: Any) -> None:
    has_connection(world)
    world.has_record("lead:1", crm="deleted")
    world.has_record("lead:2", crm="there")
    answers(world, 410)
    step = {"id": "it", "action": "call_api", "with": {"connection": "crm", "method": "PUT", "json": {}, **address}}
    written = world.has_rule(rule(step))
    jobs = []
    for name in ("1", "2"):
        event = world.happens("lead.created", name, subject=f"lead:{name}")
        world.run_out()
        jobs.append(_job(world, event, written))
    assert [(job.status, codes(job.reason)) for job in jobs] == [
        (JobStatus.FAILED, ["api.answered"]),
        (JobStatus.DONE, ["api.answered"]),
    ]
    assert world.circuits.of_channel("api") == {}


@pytest.mark.parametrize("more", [{"json": {"id": "{{ record.crm }}"}}, {"query": {"key": "{{ secrets.k }}"}}])
def test_a_step_whose_body_alone_differs_calls_one_address(world: World, more: Any) -> None:
    has_connection(world, secrets={"k": "k3y-k3y"})
    answers(world, 410)
    job = called(world, **more)
    assert (job.status, codes(job.reason)) == (JobStatus.FAILED, ["api.step_off"])


def test_an_expected_410_switches_nothing_off(world: World) -> None:
    has_connection(world)
    answers(world, 410)
    assert called(world, method="DELETE", expect=[204, 410]).status is JobStatus.DONE
    assert world.circuits.of_channel("api") == {}


def test_a_long_retry_after_is_obeyed_and_takes_no_attempt(world: World) -> None:
    has_connection(world)
    answers(world, 429, retry_after="7200")
    written = world.has_rule(rule({"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c"}}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    job, began = _job(world, event, written), world.clock.now()
    assert (job.status, job.attempts, job.held_until) == (JobStatus.PENDING, 0, began + timedelta(hours=2))
    world.run_out()
    assert (_job(world, event, written).status, len(world.http.sent)) == (JobStatus.DONE, 2)
    assert world.clock.now() - began >= timedelta(hours=2)


def test_an_api_that_always_asks_for_hours_is_given_up_after_36_hours(world: World) -> None:
    has_connection(world)
    for _ in range(12):
        answers(world, 429, retry_after="36000")
    began = world.clock.now()
    job = called(world)
    assert (job.status, codes(job.reason)[0]) == (JobStatus.FAILED, "retry.given_up_after_hours")
    assert world.clock.now() - began < timedelta(hours=60)


def test_pauses_grow_from_5_seconds_to_10_hours() -> None:
    pauses = [RETRIES.pause("job", times) for times in range(1, 9)]
    assert 5 <= pauses[0] <= 6
    assert pauses == sorted(pauses)
    assert 30_000 <= pauses[-1] <= 36_000
    assert RETRIES.pause("other", 1) != pauses[0]


def test_attempts_follow_the_action_s_own_schedule(world: World) -> None:
    has_connection(world, idempotent=True)
    for _ in range(4):
        answers(world, 503)
    written = world.has_rule(rule({"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c"}}))
    event, began = world.happens("lead.created", subject="lead:1"), world.clock.now()
    world.run_out()
    assert _job(world, event, written).status is JobStatus.DONE
    assert timedelta(seconds=425) <= world.clock.now() - began <= timedelta(seconds=520)
