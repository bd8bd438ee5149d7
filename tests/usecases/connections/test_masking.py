"""No part of a connection's secret is in a reason, or in the answer of a trial."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.channels.api.calling import Vault, answers, called, has_connection
from tests.codes import codes
from tests.usecases.fakes.world import World
from whenthen.domain.common.errors import Invalid
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.outgoing import HttpAnswer
from whenthen.usecases.connections.try_connection import TryConnection

SECRET = 'pa"55/w\\örd & 1'
OAUTH = {"kind": "oauth_client_credentials", "client_id": "c", "token_url": "https://id.example.com/token"}


class _Echo:
    """An API that sends back what it gets, as JSON, and a token when it is asked for one."""

    def send(self, request: Any) -> HttpAnswer:
        if request.url.endswith("/token"):
            return HttpAnswer(200, {}, b'{"access_token": "LIVE-TOKEN", "expires_in": 3600}')
        seen = {"url": request.url, "headers": dict(request.headers)}
        return HttpAnswer(200, {"x-seen": json.dumps(seen)}, json.dumps(seen).encode())


def _tried(world: World, http: Any, **body: Any) -> Any:
    return TryConnection(world.connections, Vault(world), http, world.clock)("crm", body)


@pytest.mark.parametrize(
    ("auth", "shows"),
    [
        ({"kind": "basic", "username": "u", "password": SECRET}, "Basic"),
        ({"kind": "bearer", "token": 'to"k/en'}, "to"),
        ({"kind": "header", "name": "X-Key", "value": "k\\ey-1"}, "k\\"),
        ({**OAUTH, "client_secret": SECRET}, "LIVE"),
    ],
)
def test_credentials_that_the_api_sends_back_are_masked_in_each_form(world: World, auth: Any, shows: str) -> None:
    has_connection(world, auth=auth)
    tried = _tried(world, _Echo(), url="/me")
    shown = tried.body + json.dumps(dict(tried.headers))
    assert "•••" in tried.body
    assert "https://api.example.com/v1/me" in tried.body
    assert shows not in shown


def test_a_secret_in_an_address_is_masked_as_it_is_encoded(world: World) -> None:
    has_connection(world, secrets={"k": SECRET})
    tried = _tried(world, _Echo(), url="/me?key={{ secrets.k }}")
    assert "/me?key=•••" in tried.body
    assert "55" not in tried.body


@pytest.mark.parametrize(
    "url",
    [
        "/me?a={{ secrets.k | truncate(5, true, '') }}",
        "/me?a={{ secrets.k | upper }}",
        "/me?a={{ secrets['k'] | length }}",
        "/me?a={{ 'yes' if secrets.k == 'guess' else 'no' }}",
        "/me{% if secrets.k > 'm' %}?big=1{% endif %}",
        "/me?a={{ secrets | length }}",
    ],
)
def test_an_answer_to_what_was_derived_from_a_secret_is_not_shown(world: World, url: str) -> None:
    has_connection(world, secrets={"k": "TEMPLATE-SECRET"})
    tried = _tried(world, _Echo(), url=url)
    assert (tried.status, tried.body, dict(tried.headers)) == (200, "•••", {})
    assert "/me" in _tried(world, _Echo(), url="/me").body


def test_an_answer_to_a_header_that_was_derived_from_a_secret_is_not_shown(world: World) -> None:
    has_connection(world, secrets={"k": "TEMPLATE-SECRET"}, headers={"x-key": "{{ secrets.k | lower }}"})
    assert _tried(world, _Echo()).body == "•••"


FAILING = [
    "{{ 'x' | truncate(secrets.k) }}",
    "{{ 1 | round(secrets.k) }}",
    "{{ 1 | number(secrets.k | lower) }}",
    "{{ 'x' | truncate(secrets.k | truncate(8, true, '')) }}",
]


@pytest.mark.parametrize("template", FAILING)
def test_the_reason_of_a_failed_template_shows_no_secret(world: World, template: str) -> None:
    has_connection(world, secrets={"k": "TEMPLATE-SECRET"})
    job = called(world, json={"a": template})
    assert (job.status, codes(job.reason)[0]) == (JobStatus.FAILED, "input.at_field")
    assert "template." in str(job.reason)
    assert "template-" not in str(job.reason).lower()
    assert "•••" in str(job.reason)


def test_a_reason_without_secrets_shows_its_values(world: World) -> None:
    has_connection(world, secrets={"k": "TEMPLATE-SECRET"})
    world.has_record("lead:1", many="MANY")
    assert "MANY" in str(called(world, json={"a": "{{ 'x' | truncate(record.many) }}"}).reason)


def test_a_trial_that_cannot_be_rendered_shows_no_secret(world: World) -> None:
    has_connection(world, secrets={"k": "TEMPLATE-SECRET"})
    with pytest.raises(Invalid) as raised:
        _tried(world, _Echo(), url="/me?a={{ 'x' | truncate(secrets.k) }}")
    assert "SECRET" not in str(raised.value)


def test_the_error_of_an_address_of_tokens_shows_no_secret(world: World) -> None:
    has_connection(world, auth={**OAUTH, "client_secret": "s3cret-s3cret"})
    answers(world, 400, {"error": "x" * 94 + "s3cret-s3cret is wrong"})
    tried = _tried(world, world.http)
    assert "connection.token_refused" in codes(tried.reason)
    assert "s3c" not in str(tried.reason)
