"""Tell one story on each channel that brings messages to customers and from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import Job
from whenthen.usecases.sending.break_loops import ANSWERS_TOO_OFTEN

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
PHONE, MAIL = "+905321234567", "ayse@example.com"
HOURLY, DAILY = ANSWERS_TOO_OFTEN(count=10, hours=1), ANSWERS_TOO_OFTEN(count=50, hours=24)


@dataclass(frozen=True)
class Way:
    """A channel: how a message of the customer comes in, and how one goes out."""

    received: str
    identity: str
    data: dict[str, Any]
    step: dict[str, Any]
    sent: Callable[[World], int]

    def step_with(self, step_id: str = "it", **parameters: Any) -> dict[str, Any]:
        return {"id": step_id, **self.step, "with": {**self.step["with"], "purpose": "service", **parameters}}


WAYS = {
    "email": Way(
        "email.received",
        f"email#{MAIL}",
        {"from": MAIL},
        {"action": "send_email", "with": {"subject": "Re", "text": "Thanks"}},
        lambda world: len(world.mailer.sent),
    ),
    "sms": Way(
        "sms.received",
        f"phone#{PHONE}",
        {"phone": PHONE},
        {"action": "send_sms", "with": {"text": "Thanks"}},
        lambda world: len(world.sms.sent),
    ),
    "whatsapp": Way(
        "whatsapp.message_received",
        f"phone#{PHONE}",
        {"phone": PHONE},
        {"action": "send_whatsapp", "with": {"template": "thanks"}},
        lambda world: len(world.graph.sent),
    ),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
"""Tell a test's story on each channel."""


def about_contacts(*steps: dict[str, Any], on: str, name: str = "answer", **more: Any) -> dict[str, Any]:
    return rule(*steps, on=on, name=name) | {"kind": "contact"} | more


def answering(world: World, way: Way, **parameters: Any) -> Rule:
    return world.has_rule(about_contacts(way.step_with(**parameters), on=way.received))


def writes(world: World, way: Way, number: int = 0, **data: Any) -> Event:
    """A message of the customer, and all that it starts."""
    given = {**way.data, "message_id": f"m{number}@mail.example", **data}
    event = world.happens(way.received, str(number), identities=(way.identity,), data=given)
    world.run_out()
    return event


def answer_to(world: World, way: Way, written: Rule, number: int = 0, **data: Any) -> Job:
    return world.job(world.run_of(writes(world, way, number, **data), written), "it")


def through_the_record(world: World, way: Way) -> None:
    """Let one rule note the message in the record, and another write to the record whose note changed."""
    note = {"id": "note", "action": "set_fields", "with": {"fields": {"last_message": "{{ event.id }}"}}}
    world.has_rule(about_contacts(note, on=way.received, name="note"))
    told = {"event": "contact.updated", "field": "last_message"}
    world.has_rule(about_contacts(way.step_with(), on="contact.updated", name="write", trigger=told))


def jobs_of(world: World, run_id: str) -> tuple[Job, ...]:
    state = world.runs.load(run_id)
    assert state is not None
    return tuple(state.jobs)
