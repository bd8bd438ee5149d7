"""Let a rule call an API over a stored connection, as the tests of the channel do."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from tests.channels.performing import performed
from tests.usecases.fakes.sending import FakeCircuits
from tests.usecases.fakes.stores import FakeRules
from tests.usecases.fakes.world import World
from whenthen.domain.runs.run import Job
from whenthen.ports.outgoing import HttpAnswer
from whenthen.usecases.connections.manage_connections import ManageConnections

CRM: dict[str, Any] = {
    "name": "crm",
    "base_url": "https://api.example.com/v1",
    "auth": {"kind": "bearer", "token": "s3cret"},
}


class Vault:
    """Secrets in the same place from which the world reads them."""

    def __init__(self, world: World) -> None:
        self.kept = world.secrets.kept

    def put(self, name: str, document: Any) -> None:
        self.kept[name] = dict(document)

    def new_name(self, name: str) -> str:
        return f"{name}/{uuid4().hex}"

    def read(self, name: str) -> Any:
        return self.kept.get(name)

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


def secrets_of(world: World, name: str = "crm") -> Any:
    """The secrets of the connection as it is stored now."""
    return world.secrets.kept[world.connections.get(name).secret]


def managing(world: World, rules: Any = None, circuits: Any = None) -> ManageConnections:
    """The use case by which admins manage connections, on the world's stores."""
    return ManageConnections(
        world.connections, Vault(world), rules or FakeRules(), circuits or FakeCircuits(), world.clock
    )


def has_connection(world: World, **more: Any) -> None:
    """Save the connection `crm`."""
    managing(world).create({**CRM, **more}, seed="seed", by="key_1")


def answers(world: World, status: int, body: Any = b"", **headers: str) -> None:
    """Let the API answer so next. `body`: bytes, or a value of JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    world.http.answers.append(HttpAnswer(status, named, raw))


def called(world: World, **parameters: Any) -> Job:
    """The job of a rule with this one call, when it is over."""
    return performed(world, "call_api", **{"connection": "crm", "url": "/contacts", **parameters})
