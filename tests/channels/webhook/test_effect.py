"""Webhooks: what is sent and signed, to which address, and what the receiver's answer means."""

from __future__ import annotations

import json

import pytest

from tests.channels.performing import performed
from tests.codes import at, codes
from tests.usecases.fakes.world import World
from whenthen.domain.runs.run import JobStatus
from whenthen.domain.templating.urls import DOTS_IN_PATH, OPEN_HOST
from whenthen.ports.outgoing import HttpAnswer
from whenthen.sources.signing import signatures


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("a/b?c", "https://example.com/hooks/a%2Fb%3Fc"),
        ("ş", "https://example.com/hooks/%C5%9F"),
        ("evil.example/..", "https://example.com/hooks/evil.example%2F.."),
    ],
)
def test_a_webhook_s_address_has_its_values_encoded(world: World, value: str, url: str) -> None:
    world.has_record("lead:1", code=value)
    job = performed(world, "call_webhook", url="https://example.com/hooks/{{ record.code }}")
    if ".." in value:
        assert (job.status, job.attempt, world.http.sent) == (JobStatus.FAILED, 0, [])
        assert job.reason == at("with.url", DOTS_IN_PATH())
    else:
        assert [call.url for call in world.http.sent] == [url]


def test_a_webhook_s_host_is_not_chosen_by_a_value(world: World) -> None:
    world.has_record("lead:1", shop="evil.example/")
    job = performed(world, "call_webhook", url="https://{{ record.shop }}.hooks.example.com/")
    assert (job.status, job.attempt, world.http.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason == at("with.url", OPEN_HOST())


def test_a_webhook_is_signed_over_what_it_sends(world: World) -> None:
    job = performed(
        world, "call_webhook", url="https://example.com/{{ record.status }}", data={"name": "{{ record.first_name }}"}
    )
    (request,) = world.http.sent
    assert (request.method, request.url) == ("POST", "https://example.com/new")
    assert json.loads(request.body) == {
        "type": "lead.created",
        "timestamp": "2026-03-14T09:30:00.000Z",
        "data": {"name": "Ayşe"},
    }
    secret = world.secrets.kept["outgoing/default"]["secret"]
    scheme = signatures.Scheme("standard_webhooks")
    signatures.verify(scheme, [secret], request.headers, request.body, world.clock.now())
    assert request.headers["webhook-id"] == request.headers["idempotency-key"] == job.id


@pytest.mark.parametrize(
    ("answer", "status", "attempts"),
    [
        (HttpAnswer(204, {}, b""), JobStatus.DONE, 1),
        (HttpAnswer(302, {"location": "https://elsewhere.example"}, b""), JobStatus.FAILED, 1),
        (HttpAnswer(400, {}, b""), JobStatus.FAILED, 1),
        (HttpAnswer(410, {}, b""), JobStatus.FAILED, 1),
        (HttpAnswer(408, {}, b""), JobStatus.DONE, 2),
        (HttpAnswer(429, {"retry-after": "7"}, b""), JobStatus.DONE, 2),
        (HttpAnswer(429, {"retry-after": "tomorrow"}, b""), JobStatus.DONE, 2),
        (HttpAnswer(503, {}, b""), JobStatus.DONE, 2),
        (HttpAnswer(503, {"retry-after": "7"}, b""), JobStatus.DONE, 2),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_what_a_receivers_answer_means(world: World, answer: HttpAnswer, status: JobStatus, attempts: int) -> None:
    world.http.answers.append(answer)
    job = performed(world, "call_webhook", url="https://example.com")
    assert (job.status, job.attempt, len(world.http.sent)) == (status, attempts, attempts)


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (HttpAnswer(429, {}, b""), 1),
        (HttpAnswer(429, {"retry-after": "7"}, b""), 1),
        (HttpAnswer(503, {"retry-after": "7"}, b""), 1),
        (HttpAnswer(503, {}, b""), 2),
        (HttpAnswer(500, {"retry-after": "7"}, b""), 2),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_a_receiver_that_says_not_now_takes_no_attempt(world: World, answer: HttpAnswer, attempts: int) -> None:
    world.http.answers.append(answer)
    job = performed(world, "call_webhook", url="https://example.com")
    assert (job.status, job.attempts) == (JobStatus.DONE, attempts)


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        (None, "webhook.no_such_secret"),
        ({}, "webhook.empty_secret"),
        ({"secret": "whsec_%%%"}, "secret.not_standard"),
    ],
)
def test_without_a_usable_secret_nothing_is_sent(world: World, kept: dict[str, str] | None, code: str) -> None:
    if kept is not None:
        world.secrets.kept["outgoing/books"] = kept
    job = performed(world, "call_webhook", url="https://example.com", secret="books")
    assert (job.status, world.http.sent) == (JobStatus.FAILED, [])
    assert codes(job.reason)[-1] == code
