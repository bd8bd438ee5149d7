"""A running local stack, as tests, the demo and people use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dev import web
from dev.client import Api
from dev.emulator import Emulator, RootKey


@dataclass(frozen=True, slots=True)
class Sink:
    """A stand-in, by the URL of its list of received calls."""

    url: str

    @property
    def base_url(self) -> str:
        """Where it speaks its own protocol."""
        return self.url.removesuffix("/_received")

    def received(self) -> dict[str, Any]:
        """All that it received; the stand-in's module says in which shape."""
        document: dict[str, Any] = web.call("GET", self.url).json()
        return document

    def reset(self) -> None:
        """Let it forget what it received and what was programmed."""
        web.call("DELETE", self.url)

    def program(self, **program: Any) -> None:
        """Prepare it, as its module says: `faults=[{"path": "/a", "status": 503}]`. Raises ValueError if it refuses."""
        answer = web.call("POST", f"{self.base_url}/_program", program)
        if answer.status != 204:
            raise ValueError(answer.body.decode())


@dataclass(frozen=True, slots=True)
class Hook:
    """Where and how an outside platform posts. `secret` signs; `verify_token` is Meta's alone."""

    url: str
    scheme: str
    secret: str
    verify_token: str = ""


class Stack:
    """The contents of `.local/stack.json`, as calls and attributes."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.api_url: str = document["api_url"]
        self.admin_key: str = document["admin_key"]
        self.tables: dict[str, str] = document["tables"]
        self.queues: dict[str, str] = document["queues"]
        self.state_machine: str = document["state_machine"]
        self.stack_name: str = document["stack_name"]
        self.region: str = document["region"]
        self.graph = Sink(document["sinks"]["graph"])
        self.webhooks = Sink(document["sinks"]["webhooks"])
        self.mail = Sink(document["sinks"]["mail"])
        self.sms = Sink(document["sinks"]["sms"])
        self.rooms = Sink(document["sinks"]["rooms"])
        root = RootKey(document["aws_access_key_id"], document["aws_secret_access_key"])
        self.emulator = Emulator(urlsplit(document["aws_endpoint_url"]).port or 0, root)

    @classmethod
    def load(cls, file: Path) -> Stack:
        """Read a stack file. Raises FileNotFoundError if no stack was started."""
        return cls(json.loads(file.read_text()))

    @property
    def api(self) -> Api:
        """The management API, with the admin key."""
        return Api(self.api_url, self.admin_key)

    def hook(self, source: str) -> Hook:
        """The webhook address of one source: `meta`, or the name of a configured one. Raises KeyError."""
        entry = self.document["hooks"][source]
        if source == "meta":
            return Hook(entry["url"], "meta", entry["app_secret"], entry["verify_token"])
        return Hook(entry["url"], entry["scheme"], entry["secret"])

    def client(self, service: str) -> Any:
        """A boto3 client with the account root's credentials."""
        return self.emulator.client(service)

    def scale_waits(self, factor: float) -> None:
        """Let waits that begin from now on take `factor` of their time: 0 none, 0.001 a day in 86 seconds."""
        self.emulator.scale_waits(factor)
