"""Tokens of OAuth client credentials: kept until shortly before their end, and asked for anew after a 401."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.channels.api.calling import answers, called, has_connection, managing
from tests.codes import codes
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import AnswerLost
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.reason_codes import NO_ANSWER

OAUTH: dict[str, Any] = {
    "kind": "oauth_client_credentials",
    "token_url": "https://id.example.com/token",
    "client_id": "whenthen:1",
    "client_secret": "s3cr/t",
    "scope": "contacts.write",
}
TOKEN = {"access_token": "t1", "token_type": "Bearer", "expires_in": 3600}


def _tokens(world: World) -> list[Any]:
    return [request for request in world.http.sent if request.url == OAUTH["token_url"]]


def _calls(world: World) -> list[Any]:
    return [request for request in world.http.sent if request.url != OAUTH["token_url"]]


def test_a_token_is_asked_for_with_basic_credentials(world: World) -> None:
    has_connection(world, auth=OAUTH)
    answers(world, 200, TOKEN)
    assert called(world).status is JobStatus.DONE
    asked, call = world.http.sent
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["contacts.write"]}
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"whenthen%3A1:s3cr%2Ft"
    assert call.headers["authorization"] == "Bearer t1"
    assert "idempotency-key" not in asked.headers


def test_the_client_s_secret_may_go_in_the_body(world: World) -> None:
    has_connection(world, auth={**OAUTH, "client_auth": "body", "scope": None})
    answers(world, 200, TOKEN)
    called(world)
    [asked] = _tokens(world)
    assert "authorization" not in asked.headers
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["whenthen:1"],
        "client_secret": ["s3cr/t"],
    }


@pytest.mark.parametrize(
    ("expires_in", "later", "asked"),
    [
        (3600, 3539, 1),
        (3600, 3541, 2),
        ("3600", 3539, 1),
        (None, 299, 1),
        (None, 301, 2),
        (30, 1, 2),
        (0, 1, 2),
        (10**30, 86_000, 1),
        ("soon", 299, 1),
    ],
)
def test_a_token_is_kept_until_a_minute_before_its_end(world: World, expires_in: Any, later: int, asked: int) -> None:
    has_connection(world, auth=OAUTH)
    told = {} if expires_in is None else {"expires_in": expires_in}
    written = world.has_rule(rule({"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c"}}))
    answers(world, 200, {"access_token": "t1", "token_type": "bearer", **told})
    world.happens("lead.created", "1", subject="lead:1")
    world.settle()
    world.clock.move(seconds=later)
    if asked == 2:
        answers(world, 200, {"access_token": "t2", **told})
    event = world.happens("lead.created", "2", subject="lead:1")
    world.settle()
    assert world.job(world.run_of(event, written), "it").status is JobStatus.DONE
    assert (len(_tokens(world)), len(_calls(world))) == (asked, 2)
    assert _calls(world)[1].headers["authorization"] == f"Bearer t{asked}"


def test_a_token_that_the_api_refuses_is_asked_for_anew_once(world: World) -> None:
    has_connection(world, auth=OAUTH)
    for status, body in ((200, TOKEN), (401, b""), (200, {**TOKEN, "access_token": "t2"}), (201, b"{}")):
        answers(world, status, body)
    job = called(world)
    assert (job.status, job.attempts) == (JobStatus.DONE, 1)
    assert [call.headers["authorization"] for call in _calls(world)] == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        *[
            (400, {"error": error}, "connection.token_refused")
            for error in ("invalid_request", "invalid_client", "invalid_grant", "invalid_scope")
        ],
        (400, {"error": "unauthorized_client"}, "connection.token_refused"),
        (400, {"error": "unsupported_grant_type"}, "connection.token_refused"),
        (401, {"error": "invalid_client"}, "connection.token_refused"),
        (401, b"", "connection.token_refused"),
        (403, b"<html>", "connection.token_refused"),
        (404, b"", "connection.token_refused"),
        (302, b"", "connection.token_refused"),
        (200, b"not JSON", "connection.no_token"),
        (200, {"token": "t1"}, "connection.no_token"),
        (200, {"access_token": 5}, "connection.no_token"),
        (200, {"access_token": "a\r\nb: c"}, "connection.no_token"),
        (200, {"access_token": "t1", "token_type": "mac"}, "connection.no_token"),
    ],
)
def test_a_refused_client_stops_the_connection_and_says_why(world: World, status: int, body: Any, code: str) -> None:
    has_connection(world, auth=OAUTH)
    answers(world, status, body)
    written = world.has_rule(rule({"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c"}}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    job = world.job(world.run_of(event, written), "it")
    assert (job.status, _calls(world)) == (JobStatus.PENDING, [])
    circuit = world.circuits.of_channel("api")["crm"]
    assert circuit.blocks
    assert circuit.reason is not None
    assert codes(circuit.reason)[0] == code
    # other connections and hosts go on
    assert world.circuits.of_channel("api").keys() == {"crm"}


def test_mending_the_connection_lets_its_calls_go_on(world: World) -> None:
    has_connection(world, auth=OAUTH)
    answers(world, 401, {"error": "invalid_client"})
    written = world.has_rule(rule({"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c"}}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    manage = managing(world, world.rules, world.circuits)
    manage.replace(
        "crm",
        {"base_url": "https://api.example.com/v1", "auth": {**OAUTH, "client_secret": "n3w"}},
        version=None,
        by="key_1",
    )
    assert not world.circuits.of_channel("api")["crm"].blocks
    answers(world, 200, TOKEN)
    world.run_out()
    assert world.job(world.run_of(event, written), "it").status is JobStatus.DONE


@pytest.mark.parametrize("failure", [500, 502, 503, 429, 408, "lost"])
def test_an_address_of_tokens_that_is_away_is_asked_again_and_nothing_is_lost(world: World, failure: Any) -> None:
    has_connection(world, auth=OAUTH)
    if failure == "lost":
        world.http.will(Fails(AnswerLost(NO_ANSWER(provider="id.example.com", error="TimeoutError"))))
    else:
        answers(world, failure)
    answers(world, 200, TOKEN)
    job = called(world)
    assert (job.status, len(_calls(world))) == (JobStatus.DONE, 1)


def test_a_bearer_token_that_was_replaced_is_read_again_after_a_401(world: World) -> None:
    has_connection(world)
    world.secrets.stale[world.connections.get("crm").secret] = {"auth": "old"}
    answers(world, 401)
    assert called(world).status is JobStatus.DONE
    assert [call.headers["authorization"] for call in world.http.sent] == ["Bearer old", "Bearer s3cret"]


def test_all_requests_of_one_call_have_its_time_together(world: World) -> None:
    has_connection(world, auth=OAUTH, timeout=15)
    send = world.http.send

    def slow(request: Any) -> Any:
        world.clock.at += timedelta(seconds=8)
        return send(request)

    world.http.send = slow  # type: ignore[method-assign]
    for status, body in ((200, TOKEN), (401, b""), (200, TOKEN)):
        answers(world, status, body)
    called(world)
    assert [request.seconds for request in world.http.sent[:3]] == [15, 12, 4]
