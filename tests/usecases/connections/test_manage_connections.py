"""Connections as admins manage them: secrets are given once, and shown nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.channels.api.calling import CRM, managing, secrets_of
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.usecases.connections.manage_connections import ManageConnections


@pytest.fixture
def manage(world: World) -> ManageConnections:
    return managing(world, world.rules, world.circuits)


def _created(manage: ManageConnections, **more: Any) -> Any:
    return manage.create({**CRM, **more}, seed="s", by="key_1")


def _fields(error: Invalid) -> list[str]:
    return [problem.field for problem in error.problems]


def test_nothing_that_is_stored_or_shown_holds_a_secret(manage: ManageConnections, world: World) -> None:
    auth = {"kind": "basic", "username": "u", "password": "pa55word"}
    made = _created(manage, auth=auth, secrets={"api_key": "k3y-k3y"})
    assert secrets_of(world) == {"auth": "pa55word", "secrets.api_key": "k3y-k3y"}
    shown = json.dumps([dict(made.document), dict(manage.get("crm").document)], default=str)
    assert "pa55word" not in shown
    assert "k3y-k3y" not in shown
    assert made.document["auth"] == {"kind": "basic", "username": "u"}
    assert made.document["secrets"] == {"api_key": None}


@pytest.mark.parametrize(
    ("auth", "field"),
    [
        ({"kind": "bearer"}, "auth.token"),
        ({"kind": "bearer", "token": ""}, "auth.token"),
        ({"kind": "bearer", "token": 5}, "auth.token"),
        ({"kind": "bearer", "token": "a\nb"}, "auth.token"),
        ({"kind": "header", "value": "x"}, "auth.name"),
        ({"kind": "header", "name": "Host", "value": "x"}, "auth.name"),
        ({"kind": "header", "name": "a b", "value": "x"}, "auth.name"),
        ({"kind": "basic", "password": "x"}, "auth.username"),
        ({"kind": "digest"}, "auth.kind"),
        ({"kind": ["basic"]}, "auth.kind"),
        ({"token": "x"}, "auth.kind"),
        ({"kind": "bearer", "token": "x", "colour": 1}, "auth.colour"),
        ({"kind": "oauth_client_credentials", "client_id": "c", "client_secret": "s"}, "auth.token_url"),
        (
            {
                "kind": "oauth_client_credentials",
                "client_id": "c",
                "client_secret": "s",
                "token_url": "http://a.example",
            },
            "auth.token_url",
        ),
        ("bearer", "auth"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    manage: ManageConnections, world: World, auth: Any, field: str
) -> None:
    with pytest.raises(Invalid) as raised:
        _created(manage, auth=auth)
    assert field in _fields(raised.value)
    assert not [name for name in world.secrets.kept if name.startswith("connections/")]
    assert world.connections.kept == {}


def test_the_same_request_again_finds_the_first_connection(manage: ManageConnections) -> None:
    first = _created(manage)
    assert _created(manage) == first
    with pytest.raises(Conflict, match=r"idempotency_key\.reused"):
        _created(manage, timeout=3)
    with pytest.raises(Conflict, match=r"connection\.exists"):
        manage.create(CRM, seed="another", by="key_1")


def test_a_secret_that_is_not_given_stays_and_one_that_is_not_named_goes(
    manage: ManageConnections, world: World
) -> None:
    _created(manage, secrets={"a": "1111", "b": "2222"})
    shown = dict(manage.get("crm").document)
    manage.replace("crm", {**shown, "secrets": {"a": None, "c": "3333"}}, version=1, by="key_2")
    assert secrets_of(world) == {"auth": "s3cret", "secrets.a": "1111", "secrets.c": "3333"}
    assert (manage.get("crm").version, manage.get("crm").updated_by) == (2, "key_2")


def test_another_kind_of_authentication_needs_a_secret_of_its_own(manage: ManageConnections) -> None:
    _created(manage)
    with pytest.raises(Invalid) as raised:
        manage.replace("crm", {**CRM, "auth": {"kind": "basic", "username": "u"}}, version=None, by="key_1")
    assert _fields(raised.value) == ["auth.password"]


def test_a_change_of_another_version_and_of_the_name_is_refused(manage: ManageConnections) -> None:
    _created(manage)
    with pytest.raises(Stale):
        manage.replace("crm", CRM, version=7, by="key_1")
    with pytest.raises(Invalid) as raised:
        manage.replace("crm", {**CRM, "name": "other"}, version=1, by="key_1")
    assert _fields(raised.value) == ["name"]
    with pytest.raises(NotFound):
        manage.replace("none", {**CRM, "name": "none"}, version=None, by="key_1")


def test_a_connection_that_rules_name_is_not_deleted(manage: ManageConnections, world: World) -> None:
    _created(manage)
    step = {"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c"}}
    written = world.has_rule(rule(step))
    assert manage.users("crm") == (written.id,)
    with pytest.raises(Conflict, match=rf"connection\.in_use.*{written.id}"):
        manage.delete("crm", version=None)
    world.has_rule(rule({**step, "with": {"url": "https://example.com"}}))
    with pytest.raises(Stale):
        manage.delete("crm", version=9)
    manage.delete("crm", version=1)
    assert not [name for name in world.secrets.kept if name.startswith("connections/")]
    with pytest.raises(NotFound):
        manage.get("crm")
