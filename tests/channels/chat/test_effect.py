"""Messages to chats: into which chat, what is sent, to whom nothing is sent, and what each answer means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.channels.api.calling import answers, has_connection
from tests.codes import at
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.chat.effect import ACCEPTED, MAX_BODY, NO_CHAT
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.records.consent_signals import REFUSED
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.outgoing import HttpRequest
from whenthen.ports.reason_codes import CONNECTION_NOT_FOUND, TOO_LARGE
from whenthen.usecases.connections.reason_codes import ANSWERED
from whenthen.usecases.sending.break_loops import ANSWERS_A_PROGRAM, ANSWERS_TOO_OFTEN

TOLD = {"chat": "c-81", "text": "When do you open?"}
SERVICE = {"purpose": "service"}


def said(world: World, told: dict[str, Any] = TOLD, **parameters: Any) -> Job:
    """Let a rule answer a chat's message, and return its job when it is over."""
    given = {"connection": "crm", **parameters}
    step = {"id": "it", "action": "send_chat", "with": given, "retry": {"attempts": 2}}
    written = world.has_rule(rule(step, trigger={"event": "chat.message_received"}))
    event = world.happens("chat.message_received", subject="lead:1", data=told)
    world.run_out()
    return world.job(world.run_of(event, written), "it")


def request(world: World) -> HttpRequest:
    (call,) = world.http.sent
    return call


@pytest.mark.parametrize(
    ("parameters", "chat"),
    [
        ({}, "c-81"),
        ({"to": "c-99"}, "c-99"),
        ({"to": "{{ record.chat }}"}, "c-7"),
        ({"to": "{{ record.missing }}"}, "c-81"),
        ({"to": "{{ record.number }}"}, "42"),
    ],
)
def test_a_message_goes_into(world: World, parameters: dict[str, Any], chat: str) -> None:
    has_connection(world, base_url="https://chat.example.com/out", headers={"x-team": "sales"})
    world.has_record("lead:1", chat="c-7", number=42, first_name="Ayşe")
    answers(world, 202)
    job = said(world, text="From 9, {{ record.first_name }}.\r\n", **SERVICE, **parameters)
    assert (job.status, job.reason, dict(job.result)) == (JobStatus.DONE, ACCEPTED(status=202), {"status": 202})
    call = request(world)
    assert (call.method, call.url) == ("POST", "https://chat.example.com/out")
    assert json.loads(call.body) == {"id": job.id, "chat": chat, "text": "From 9, Ayşe."}
    assert call.headers["idempotency-key"] == job.id
    assert call.headers["authorization"] == "Bearer s3cret"
    assert (call.headers["x-team"], call.headers["content-type"]) == ("sales", "application/json")
    assert "traceparent" in call.headers


def test_more_for_the_chat_system_keeps_its_types(world: World) -> None:
    has_connection(world)
    world.has_record("lead:1", amount=12.5)
    answers(world, 200)
    said(world, text="Shall we?", data={"buttons": ["Yes", "No"], "amount": "{{ record.amount }}"}, **SERVICE)
    assert json.loads(request(world).body)["data"] == {"buttons": ["Yes", "No"], "amount": 12.5}


def test_a_stored_template_is_sent_in_the_customer_s_language(world: World) -> None:
    has_connection(world)
    world.has_record("lead:1", language="tr")
    world.has_texts("template_1", "any", en={"text": "Hello"}, tr={"text": "Merhaba"})
    answers(world, 200)
    said(world, template="template_1", **SERVICE)
    assert json.loads(request(world).body)["text"] == "Merhaba"


@pytest.mark.parametrize(
    ("consent", "parameters", "status"),
    [
        (False, {}, JobStatus.SKIPPED),
        ({"chat": False}, {}, JobStatus.SKIPPED),
        ({"chat": False}, SERVICE, JobStatus.DONE),
        ({"email": False}, {}, JobStatus.DONE),
        ({"all": False, "chat": True}, {}, JobStatus.DONE),
        (None, {}, JobStatus.DONE),
    ],
)
@pytest.mark.parametrize("address", [{}, {"email": "ada@example.com"}])
def test_nobody_who_refuses_is_written_to(
    world: World, consent: Any, parameters: dict[str, Any], status: JobStatus, address: dict[str, str]
) -> None:
    has_connection(world)
    world.has_record("lead:1", **address, **({} if consent is None else {"consent": consent}))
    answers(world, 200)
    job = said(world, text="Our offers", **parameters)
    assert job.status is status
    assert len(world.http.sent) == (status is JobStatus.DONE)
    if status is JobStatus.SKIPPED:
        assert job.reason == REFUSED(channel="chat", ref="lead:1")


def test_another_record_of_the_same_person_refuses_too(world: World) -> None:
    has_connection(world)
    world.has_record("lead:1", email="ada@example.com")
    world.has_record("contact:2", email="ada@example.com", consent={"chat": False})
    assert said(world, text="Our offers").reason == REFUSED(channel="chat", ref="contact:2")
    assert world.http.sent == []


@pytest.mark.parametrize(
    ("told", "parameters", "reason"),
    [
        ({"text": "x"}, {"text": "Hello"}, at("with.to", NO_CHAT())),
        ({"chat": "  ", "text": "x"}, {"text": "Hello"}, at("with.to", NO_CHAT())),
        (TOLD, {"text": "{{ record.missing }}"}, at("with.text", EMPTY())),
        (TOLD, {"text": "Hello", "to": "c" * 201}, at("with.to", TOO_LARGE(most=200, found=201))),
        (TOLD, {"text": "Hello", "connection": "gone"}, at("with.connection", CONNECTION_NOT_FOUND(connection="gone"))),
    ],
)
def test_what_cannot_be_sent_fails_and_names_the_field(
    world: World, told: dict[str, Any], parameters: dict[str, Any], reason: Any
) -> None:
    has_connection(world)
    world.has_record("lead:1")
    job = said(world, told, **SERVICE, **parameters)
    assert (job.status, job.reason, world.http.sent) == (JobStatus.FAILED, reason, [])


def test_a_message_is_bounded(world: World) -> None:
    has_connection(world)
    world.has_record("lead:1", much="x" * MAX_BODY)
    job = said(world, text="Hello", data={"much": "{{ record.much }}"}, **SERVICE)
    assert job.status is JobStatus.FAILED
    assert (job.reason.params["field"], world.http.sent) == ("with.data", [])


@pytest.mark.parametrize(
    ("status", "idempotent", "outcome", "calls"),
    [
        (400, False, JobStatus.FAILED, 1),
        (302, False, JobStatus.FAILED, 1),
        (404, True, JobStatus.FAILED, 1),
        (410, False, JobStatus.FAILED, 1),
        (500, False, JobStatus.UNKNOWN, 1),
        (500, True, JobStatus.DONE, 2),
        (503, False, JobStatus.DONE, 2),
        (429, False, JobStatus.DONE, 2),
        (408, False, JobStatus.DONE, 2),
    ],
)
def test_an_answer_decides_what_happens_next(
    world: World, status: int, idempotent: bool, outcome: JobStatus, calls: int
) -> None:
    has_connection(world, idempotent=idempotent)
    world.has_record("lead:1")
    answers(world, status)
    answers(world, 200)
    job = said(world, text="Hello", **SERVICE)
    assert (job.status, len(world.http.sent)) == (outcome, calls)
    if outcome is JobStatus.FAILED:
        assert job.reason == ANSWERED(status=status)
    if calls == 2:
        assert len({call.headers["idempotency-key"] for call in world.http.sent}) == 1


def test_refused_credentials_stop_the_connection_and_the_message_goes_once_they_are_right(world: World) -> None:
    has_connection(world)
    world.has_record("lead:1")
    for _ in range(4):
        answers(world, 401)
    job = said(world, text="Hello", **SERVICE)
    assert ("chat", "crm") in world.circuits.kept
    assert (job.status, job.reason, len(world.http.sent)) == (JobStatus.DONE, ACCEPTED(status=200), 5)


@pytest.mark.parametrize("fields", [{}, {"email": "ada@example.com"}])
@pytest.mark.parametrize("chat", ["c-81", 81])
def test_two_chatbots_that_answer_one_another_end_within_the_hour_s_bound(
    world: World, fields: dict[str, Any], chat: Any
) -> None:
    has_connection(world)
    world.has_record("lead:1", **fields)
    world.has_rule(
        rule(
            {"id": "it", "action": "send_chat", "with": {"connection": "crm", "text": "Thanks", **SERVICE}},
            trigger={"event": "chatbot.message_received"},
        )
    )
    for number in range(13):
        data = {"chat": chat, "text": "Thank you, too"}
        world.happens("chatbot.message_received", str(number), subject="lead:1", data=data)
        world.run_out()
    assert len(world.http.sent) == 10
    reasons = [job.reason for run in world.all_runs for job in world.runs.load(run.id).jobs]  # type: ignore[union-attr]
    assert reasons.count(ANSWERS_TOO_OFTEN(count=10, hours=1)) == 3


def test_what_a_chatbot_wrote_is_not_answered(world: World) -> None:
    has_connection(world)
    world.has_record("lead:1")
    job = said(world, {**TOLD, "automatic": True}, text="Hello", **SERVICE)
    assert (job.status, job.reason, world.http.sent) == (JobStatus.SKIPPED, ANSWERS_A_PROGRAM(sign="automatic"), [])
