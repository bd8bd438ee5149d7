"""Each version of a connection has a secret of its own: no credential goes to an address it was not given for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.channels.api.calling import CRM, Vault, answers, called, managing, secrets_of
from tests.usecases.fakes.world import World
from whenthen.adapters.aws.secret_reader import SecretsManager
from whenthen.domain.common.errors import Invalid, Stale, Temporary
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.outgoing import HttpRequest
from whenthen.ports.reason_codes import MOVED_ON, NOT_REACHED
from whenthen.usecases.connections.call_connection import CallConnection, connection_of
from whenthen.usecases.connections.manage_connections import UNUSED_FOR
from whenthen.usecases.connections.tokens import Tokens

LATER = UNUSED_FOR + timedelta(seconds=1)


def _bearer(host: str, token: str) -> dict[str, Any]:
    return {"name": "crm", "base_url": f"https://{host}", "auth": {"kind": "bearer", "token": token}}


def _oauth(host: str) -> dict[str, Any]:
    auth = {
        "kind": "oauth_client_credentials",
        "client_id": "c",
        "client_secret": f"secret of {host}",
        "token_url": f"https://id.{host}/token",
    }
    return {"name": "crm", "base_url": f"https://{host}", "auth": auth}


def _connection_secrets(world: World) -> list[str]:
    return [name for name in world.secrets.kept if name.startswith("connections/")]


class _Caller:
    """A worker that lives on: it caches secrets for minutes, and tokens until they end."""

    def __init__(self, world: World) -> None:
        self._world = world
        secrets = SecretsManager(self, "stack", lambda: 0.0)
        self._call = CallConnection(world.http, secrets, Tokens(world.http, world.clock), world.clock)

    def get_secret_value(self, SecretId: str) -> Mapping[str, str]:  # noqa: N803 - as boto3 names it
        return {"SecretString": json.dumps(self._world.secrets.kept[SecretId.removeprefix("stack/")])}

    def sent(self) -> list[tuple[str, str]]:
        """Call the API; return each request's address and credentials."""
        connection = connection_of(self._world.connections.get("crm"))
        self._call(connection, HttpRequest("GET", f"{connection.base_url}/x"))
        sent = [(request.url, request.headers.get("authorization", "")) for request in self._world.http.sent]
        self._world.http.sent.clear()
        return sent


@pytest.mark.parametrize("how", ["replaced", "deleted and created"])
def test_no_worker_sends_a_former_secret_to_a_new_address(world: World, how: str) -> None:
    manage, worker = managing(world), _Caller(world)
    manage.create(_bearer("a.example", "of-a"), seed="1", by="k")
    assert worker.sent() == [("https://a.example/x", "Bearer of-a")]
    if how == "replaced":
        manage.replace("crm", _bearer("b.example", "of-b"), version=None, by="k")
    else:
        manage.delete("crm", version=None)
        manage.create(_bearer("b.example", "of-b"), seed="2", by="k")
    assert worker.sent() == [("https://b.example/x", "Bearer of-b")]
    assert list(map(world.secrets.kept.get, _connection_secrets(world))) == [{"auth": "of-b"}]


@pytest.mark.parametrize("how", ["replaced", "deleted and created"])
def test_no_worker_sends_a_former_token_to_a_new_address(world: World, how: str) -> None:
    manage, worker = managing(world), _Caller(world)
    manage.create(_oauth("a.example"), seed="1", by="k")
    answers(world, 200, {"access_token": "token-of-a", "expires_in": 86_400})
    assert worker.sent()[1] == ("https://a.example/x", "Bearer token-of-a")
    assert worker.sent() == [("https://a.example/x", "Bearer token-of-a")]
    if how == "replaced":
        manage.replace("crm", _oauth("b.example"), version=None, by="k")
    else:
        manage.delete("crm", version=None)
        manage.create(_oauth("b.example"), seed="2", by="k")
    answers(world, 200, {"access_token": "token-of-b", "expires_in": 86_400})
    asked, call = worker.sent()
    assert (asked[0], call) == ("https://id.b.example/token", ("https://b.example/x", "Bearer token-of-b"))


@pytest.mark.parametrize(
    ("change", "version", "error"),
    [
        ({"auth": {"kind": "bearer", "token": "new"}}, 9, Stale),
        ({"auth": {"kind": "bearer", "token": "new"}, "timeout": 900}, None, Invalid),
        ({"auth": {"kind": "bearer", "token": "new"}, "name": "other"}, None, Invalid),
        ({"auth": {"kind": "bearer", "token": "new"}, "secrets": {"k": ""}}, 1, Invalid),
    ],
)
def test_a_change_that_is_refused_leaves_the_secret_in_use(
    world: World, change: Any, version: int | None, error: type[Exception]
) -> None:
    manage = managing(world)
    manage.create(CRM, seed="s", by="k")
    with pytest.raises(error):
        manage.replace("crm", {**CRM, **change}, version=version, by="k")
    assert secrets_of(world) == {"auth": "s3cret"}
    assert len(_connection_secrets(world)) == 1


class _Overtaken:
    """Connections of which another writer saves one first."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.connections, name)

    def save(self, new: Any, replaces: Any) -> None:
        if replaces is None:
            managing(self._world).create(_bearer("first.example", "first"), seed="first", by="another")
        else:
            managing(self._world).replace("crm", _bearer("first.example", "first"), version=None, by="another")
        self._world.connections.save(new, replaces)


def test_of_two_changes_at_once_the_secret_of_the_first_is_in_use(world: World) -> None:
    late = replace(managing(world), connections=_Overtaken(world))
    with pytest.raises(Exception, match=r"connection\.exists"):
        late.create(_bearer("late.example", "late"), seed="late", by="k")
    assert (world.connections.get("crm").document["base_url"], secrets_of(world)["auth"]) == (
        "https://first.example",
        "first",
    )
    with pytest.raises(Stale):
        late.replace("crm", _bearer("late.example", "late"), version=None, by="k")
    assert (world.connections.get("crm").version, secrets_of(world)["auth"]) == (2, "first")
    assert len(_connection_secrets(world)) == 1


class _Unsteady(Vault):
    """A vault out of reach for one operation."""

    def __init__(self, world: World, fails: str, *, after: bool = False) -> None:
        super().__init__(world)
        self._fails, self._after = fails, after

    def put(self, name: str, document: Any) -> None:
        self._try("put", lambda: super(_Unsteady, self).put(name, document))

    def delete(self, name: str) -> None:
        self._try("delete", lambda: super(_Unsteady, self).delete(name))

    def _try(self, name: str, call: Any) -> None:
        if self._after or name != self._fails:
            call()
        if name == self._fails:
            raise Temporary(NOT_REACHED(provider="secretsmanager", error="TimeoutError"))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fails", ["put", "delete"])
@pytest.mark.parametrize("change", ["create", "replace", "delete"])
def test_no_secret_is_left_behind_when_the_vault_fails_in_a_change(
    world: World, change: str, fails: str, after: bool
) -> None:
    manage = managing(world)
    unsteady = replace(manage, vault=_Unsteady(world, fails, after=after))
    if change != "create":
        manage.create(_bearer("a.example", "old"), seed="1", by="k")
    with suppress(Temporary):
        if change == "create":
            unsteady.create(_bearer("a.example", "old"), seed="1", by="k")
        elif change == "replace":
            unsteady.replace("crm", _bearer("a.example", "new"), version=None, by="k")
        else:
            unsteady.delete("crm", version=None)
    world.clock.move(seconds=LATER.total_seconds())
    manage.create({**_bearer("b.example", "other"), "name": "other"}, seed="2", by="k")
    in_use = [each.secret for each in world.connections.kept.values()]
    assert sorted(_connection_secrets(world)) == sorted(in_use)
    assert all(map(world.secrets.kept.get, in_use))
    assert world.connections.unused == {}


def test_a_caller_that_dies_before_it_stores_the_connection_leaves_nothing_for_long(world: World) -> None:
    manage = managing(world)
    manage.create(CRM, seed="s", by="k")

    class Dying(_Overtaken):
        def save(self, new: Any, replaces: Any) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(manage, connections=Dying(world)).replace("crm", _bearer("b.example", "b"), version=None, by="k")
    assert secrets_of(world) == {"auth": "s3cret"}
    assert len(_connection_secrets(world)) == 2
    shown = dict(manage.get("crm").document)
    manage.replace("crm", {**shown, "timeout": 3}, version=1, by="k")
    assert len(_connection_secrets(world)) == 2, "a change that goes on may still need it"
    world.clock.move(seconds=LATER.total_seconds())
    manage.replace("crm", {**shown, "timeout": 4}, version=2, by="k")
    assert _connection_secrets(world) == [world.connections.get("crm").secret]
    assert secrets_of(world) == {"auth": "s3cret"}


def test_a_connection_whose_secret_has_the_former_name_works_and_gets_one_of_its_own(world: World) -> None:
    manage = managing(world)
    manage.create(CRM, seed="s", by="k")
    current = world.connections.get("crm")
    world.secrets.kept["connections/crm"] = world.secrets.kept.pop(current.secret)
    world.connections.kept["crm"] = replace(current, secret="connections/crm")
    called(world)
    assert world.http.sent[-1].headers["authorization"] == "Bearer s3cret"
    manage.replace("crm", {**dict(current.document), "timeout": 3}, version=1, by="k")
    assert secrets_of(world) == {"auth": "s3cret"}
    manage.replace("crm", {**CRM, "auth": {"kind": "bearer", "token": "new"}}, version=2, by="k")
    assert secrets_of(world) == {"auth": "new"}
    assert "connections/crm" not in world.secrets.kept


def test_a_connection_without_secrets_has_none_in_the_vault(world: World) -> None:
    manage = managing(world)
    bare = {"name": "crm", "base_url": "https://a.example"}
    manage.create(bare, seed="s", by="k")
    assert _connection_secrets(world) == []
    manage.replace("crm", {**bare, "secrets": {"key": "1234"}}, version=1, by="k")
    assert secrets_of(world) == {"secrets.key": "1234"}
    manage.replace("crm", bare, version=2, by="k")
    manage.delete("crm", version=3)
    assert _connection_secrets(world) == []


@pytest.mark.parametrize("first", [_bearer("a.example", "of-a"), _oauth("a.example")])
def test_a_call_that_began_before_a_replacement_is_made_with_the_new_credentials(world: World, first: Any) -> None:
    manage = managing(world, circuits=world.circuits)
    manage.create(first, seed="s", by="k")
    send = world.http.send

    def replacing(request: Any) -> Any:
        if world.connections.get("crm").version == 1:
            manage.replace("crm", _bearer("b.example", "of-b"), version=1, by="k")
        return send(request)

    world.http.send = replacing  # type: ignore[method-assign]
    answers(world, 401)
    assert called(world).status is JobStatus.DONE
    hosts = [(request.url.split("/")[2], request.headers["authorization"]) for request in world.http.sent]
    assert hosts[-1] == ("b.example", "Bearer of-b")
    assert all("of-b" not in credentials for host, credentials in hosts[:-1])
    assert not any(circuit.blocks for circuit in world.circuits.of_channel("api").values())


def test_a_change_finds_the_secret_that_another_one_just_replaced(world: World) -> None:
    manage = managing(world)
    manage.create(CRM, seed="s", by="k")

    class Reading(Vault):
        def read(self, name: str) -> Any:
            if world.connections.get("crm").version == 1:
                managing(world).replace("crm", _bearer("b.example", "of-b"), version=1, by="another")
            return super().read(name)

    shown = dict(manage.get("crm").document)
    with pytest.raises(Stale) as raised:
        replace(manage, vault=Reading(world)).replace("crm", {**shown, "timeout": 3}, version=1, by="k")
    assert raised.value.reason.code == MOVED_ON.code
    assert secrets_of(world) == {"auth": "of-b"}
