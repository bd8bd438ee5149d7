"""Entrances of the built-in store, of people and of the clock: the records API, a rule's run route, the sweep."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dev import web
from dev.stack import Stack
from tests.e2e.triggers.cases import Document, Own, Send, World, of_project


@dataclass(frozen=True, slots=True)
class _OnRecord:
    """Share what entrances of records have in common: a record of `kind` that is the case's own."""

    kind: str

    def mark(self, own: Own) -> Document | None:
        return of_project(own)

    def about(self, own: Own) -> str | None:
        return f"{self.kind}:{own.id}"

    def _path(self, own: Own, by: str = "human") -> str:
        return f"/v1/records/{self.kind}/{own.id}?origin={by}"

    def _put(self, world: World, own: Own, fields: Document) -> None:
        world.stack.api.put(self._path(own), {"project": own.key, **fields})


@dataclass(frozen=True, slots=True)
class Made(_OnRecord):
    """A record is created with these fields. `by`: human or api."""

    fields: Document = field(default_factory=dict)
    by: str = "human"

    @property
    def said(self) -> str:
        return f"PUT /v1/records/{self.kind}"

    def open(self, world: World, own: Own) -> Send:
        fields = {"project": own.key, **self.fields}
        return lambda: world.stack.api.put(self._path(own, self.by), fields)


@dataclass(frozen=True, slots=True)
class Changed(_OnRecord):
    """A record that went through `before`, one state after the other, is changed to `after`."""

    before: tuple[Document, ...]
    after: Document

    @property
    def said(self) -> str:
        return f"PATCH /v1/records/{self.kind}"

    def open(self, world: World, own: Own) -> Send:
        for fields in self.before:
            self._put(world, own, fields)
        return lambda: world.stack.api.patch(self._path(own), self.after)


@dataclass(frozen=True, slots=True)
class Deleted(_OnRecord):
    """A record is deleted. Deleting it again finds nothing."""

    @property
    def said(self) -> str:
        return f"DELETE /v1/records/{self.kind}"

    def open(self, world: World, own: Own) -> Send:
        self._put(world, own, {})
        return lambda: _deleted(world.stack, self._path(own))


@dataclass(frozen=True, slots=True)
class ChildAdded(_OnRecord):
    """A customer gets a sub-customer: a record of the same kind names it as its parent."""

    @property
    def said(self) -> str:
        return f"PUT /v1/records/{self.kind} with a parent"

    def open(self, world: World, own: Own) -> Send:
        self._put(world, own, {})
        child, parent = f"/v1/records/{self.kind}/{own.id}-child?origin=human", f"{self.kind}:{own.id}"
        return lambda: world.stack.api.put(child, {"parent": parent})


@dataclass(frozen=True, slots=True)
class Found(_OnRecord):
    """A person is handed in without an id, by phone and e-mail, and is not known yet."""

    said: str = "POST /v1/records/contact"

    def about(self, own: Own) -> str | None:
        return None

    def open(self, world: World, own: Own) -> Send:
        person = {"email": own.email, "phone": f"+{own.phone}", "project": own.key}
        return lambda: world.stack.api.post("/v1/records/contact", person)


@dataclass(frozen=True, slots=True)
class Imported(_OnRecord):
    """A file with one row is imported. Ordered again under its `Idempotency-Key`, it is the import that is done."""

    said: str = "POST /v1/imports"

    def open(self, world: World, own: Own) -> Send:
        row = {"id": own.id, "email": own.email, "project": own.key}
        return lambda: _imported(world.stack, self.kind, own, json.dumps(row).encode())


@dataclass(frozen=True, slots=True)
class ByHand(_OnRecord):
    """A person starts the case's rule for one record. `Idempotency-Key` tells a second press from a second wish."""

    said: str = "POST /v1/rules/{id}/run"

    def mark(self, own: Own) -> Document | None:
        return None

    def open(self, world: World, own: Own) -> Send:
        self._put(world, own, {})
        path = f"/v1/rules/{world.rules[own.id]}/run"
        return lambda: world.stack.api.post(path, {"record": f"{self.kind}:{own.id}"}, idempotency_key=own.id)


@dataclass(frozen=True, slots=True)
class Clock(_OnRecord):
    """The scheduler ticks once the world's moment is past. `fields`: what the record holds, by that moment."""

    fields: Callable[[datetime], Document]
    said: str = "the scheduler's sweep"

    def open(self, world: World, own: Own) -> Send:
        self._put(world, own, self.fields(world.due))
        return lambda: _tick(world)


@dataclass(frozen=True, slots=True)
class Moment:
    """As Clock, about no record."""

    said: str = "the scheduler's sweep"

    def mark(self, own: Own) -> Document | None:
        return None

    def about(self, own: Own) -> str | None:
        return None

    def open(self, world: World, own: Own) -> Send:
        return lambda: _tick(world)


def _deleted(stack: Stack, path: str) -> None:
    answer = stack.api.call("DELETE", path)
    assert answer.status in (204, 404), answer.body


def _imported(stack: Stack, kind: str, own: Own, file: bytes) -> None:
    order = {"kind": kind, "format": "json_lines", "rules": "run"}
    work = stack.api.post("/v1/imports", order, idempotency_key=own.id)
    assert web.call("PUT", work["upload"]["url"], file).status == 200
    started = stack.api.call("POST", f"/v1/imports/{work['id']}/start")
    assert started.status in (202, 409), started.body  # 409: it is done


def _tick(world: World) -> None:
    """Do what the scheduler does by itself every five minutes."""
    time.sleep(max(0.0, (world.due - datetime.now(UTC)).total_seconds() + 0.5))
    queue = world.stack.queues["sweep"]
    world.stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"sweep": "dates"}))
