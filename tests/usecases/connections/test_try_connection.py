"""Trying a connection: one call, and what came back, without the secrets in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.api.calling import Vault, answers, has_connection
from tests.codes import codes
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from whenthen.domain.common.errors import Invalid, NotFound, Temporary
from whenthen.ports.reason_codes import NOT_REACHED
from whenthen.usecases.connections.try_connection import TryConnection


def _tried(world: World, body: Any = None) -> Any:
    return TryConnection(world.connections, Vault(world), world.http, world.clock)("crm", body or {})


def test_it_calls_once_as_the_connection_says(world: World) -> None:
    has_connection(
        world, test={"method": "HEAD", "url": "/me?x=1"}, headers={"x-key": "{{ secrets.k }}"}, secrets={"k": "kkkk"}
    )
    answers(world, 204, x_request="7", set_cookie="session=1")
    tried = _tried(world)
    [request] = world.http.sent
    assert (request.method, request.url) == ("HEAD", "https://api.example.com/v1/me?x=1")
    assert (request.headers["authorization"], request.headers["x-key"]) == ("Bearer s3cret", "kkkk")
    assert (tried.ok, tried.status, tried.headers) == (True, 204, {"x-request": "7"})


def test_the_body_may_say_another_call(world: World) -> None:
    has_connection(world)
    _tried(world, {"method": "POST", "url": "/ping"})
    assert [(call.method, call.url) for call in world.http.sent] == [("POST", "https://api.example.com/v1/ping")]


def test_secrets_that_the_api_sends_back_are_masked(world: World) -> None:
    has_connection(world)
    answers(world, 200, b"you sent Bearer s3cret" + b"x" * 5_000, echo="s3cret")
    tried = _tried(world)
    assert "s3cret" not in tried.body + str(tried.headers)
    assert (len(tried.body), tried.cut) == (4_000, True)


def test_a_call_that_fails_is_an_answer_too(world: World) -> None:
    has_connection(world)
    answers(world, 401)
    assert (_tried(world).ok, len(world.http.sent)) == (False, 1)
    world.http.will(Fails(Temporary(NOT_REACHED(provider="api.example.com", error="gaierror"))))
    tried = _tried(world)
    assert (tried.ok, tried.status, codes(tried.reason)) == (False, None, ["provider.not_reached"])


@pytest.mark.parametrize("body", [{"url": "//evil.example"}, {"url": "@evil"}, {"method": "TRACE"}, {"colour": 1}])
def test_a_call_that_leads_elsewhere_is_refused(world: World, body: Any) -> None:
    has_connection(world)
    with pytest.raises(Invalid):
        _tried(world, body)
    assert world.http.sent == []


def test_a_connection_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        _tried(world)
