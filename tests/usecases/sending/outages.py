"""Let the provider of a channel be out of order for a time, while runs of every channel start minute after minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.channels.api.calling import has_connection
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import Temporary, WhenthenError
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.reason_codes import NOT_REACHED, UNAVAILABLE

STEPS: dict[str, dict[str, Any]] = {
    "email": {"action": "send_email", "with": {"subject": "Hello", "text": "Hello"}},
    "whatsapp": {"action": "send_whatsapp", "with": {"template": "welcome", "to": "+905321234567"}},
    "sms": {"action": "send_sms", "with": {"text": "Hello", "to": "+905321234567", "purpose": "service"}},
    "chat": {
        "action": "send_chat",
        "with": {"connection": "chat", "to": "c-1", "text": "Hello", "purpose": "service"},
    },
    "webhook": {"action": "call_webhook", "with": {"url": "https://example.com/hook"}},
    "api": {
        "action": "call_api",
        "with": {"url": "https://api.example.com/orders", "method": "POST", "json": {"a": 1}},
    },
    "audience": {"action": "update_audience", "with": {"audience": "23847000000000001"}},
    "staff": {"action": "notify", "with": {"to": ["agent:budi"], "via": ["email"], "text": "Hello"}},
    "record": {"action": "set_fields", "with": {"fields": {"noted": "{{ event.id }}"}}},
}
OUTAGE = timedelta(minutes=30)
DOWN = UNAVAILABLE(provider="it", error="ServiceUnavailable")
EXPIRED = Reason("meta.token_expired")
COLLEAGUE = "budi@corp.example"
TICK = timedelta(minutes=5)

OUTSIDE = ["email", "whatsapp", "sms", "chat", "webhook", "api", "audience"]
"""The channels that call a provider once for each job."""

KEYLESS = ["email", "whatsapp", "sms", "chat", "api"]
"""Those of them that do not repeat a call whose answer was lost; a chat and `call_api` repeat no POST without a key."""


@dataclass
class Store:
    """The record channel's store is out of order from one moment to another."""

    world: World
    begin: datetime
    end: datetime

    def before(self, call: str) -> None:
        if call == "runs.complete_with" and self.begin <= self.world.clock.now() < self.end:
            raise Temporary(NOT_REACHED(provider="DynamoDB", error="ConnectTimeoutError"))

    def after(self, call: str) -> None:
        pass


def goes_down(world: World, channel: str, error: WhenthenError, lasts: timedelta = OUTAGE) -> datetime:
    """Let the channel's provider fail from now on. Returns when that ends."""
    begin, end = world.clock.now(), world.clock.now() + lasts
    if channel == "record":
        world.functions = world.wire(Store(world, begin, end))
        return end
    is_asked: dict[str, Callable[[], bool]] = {
        "email": lambda: world.mailer.asked != COLLEAGUE,
        "staff": lambda: world.mailer.asked == COLLEAGUE,
        "chat": lambda: world.http.asked.startswith("https://chat.example.com/"),
        "webhook": lambda: world.http.asked.startswith("https://example.com/"),
        "api": lambda: world.http.asked.startswith("https://api.example.com/"),
        "whatsapp": lambda: world.graph.begun == "message",
        "audience": lambda: world.graph.begun == "audience",
    }
    provider = provider_of(world, channel)
    provider.outage = lambda: (
        Fails(error) if begin <= world.clock.now() < end and is_asked.get(channel, lambda: True)() else None
    )
    return end


def provider_of(world: World, channel: str) -> Any:
    mailer, graph = world.mailer, world.graph
    found = {"email": mailer, "staff": mailer, "sms": world.sms, "whatsapp": graph, "audience": graph}
    return found.get(channel, world.http)


class Sender:
    """Starts runs of one step for each channel, minute after minute, about a lead who lets all channels act."""

    def __init__(self, world: World, channels: tuple[str, ...] = tuple(STEPS)) -> None:
        self.world = world
        fields = world.records.stored["lead:1"].fields
        world.has_record("lead:1", **{**fields, "consent": {"audience": True}})
        world.has_record("agent:budi", email=COLLEAGUE)
        has_connection(world, name="chat", base_url="https://chat.example.com/out")
        self.rules = {each: world.has_rule(rule({"id": "it", **STEPS[each]}, name=each)) for each in channels}
        self.events: list[Event] = []
        self.ticked = world.clock.now()

    def start(self) -> None:
        event = self.world.happens("lead.created", str(len(self.events)), subject="lead:1")
        self.events.append(event)

    def pass_minutes(self, minutes: int, *, starting: bool = False) -> None:
        for _ in range(minutes):
            if starting:
                self.start()
            self.world.pass_time(minutes=1)
            if self.world.clock.now() - self.ticked >= TICK:
                self.ticked = self.world.clock.now()
                self.world.functions.resume_runs(lambda: True)

    def jobs(self, channel: str) -> Iterator[Job]:
        for event in self.events:
            yield self.world.job(self.world.run_of(event, self.rules[channel]), "it")

    def statuses(self, channel: str) -> set[JobStatus]:
        return {job.status for job in self.jobs(channel)}


def at(job: Job) -> datetime:
    assert job.finished_at is not None
    return job.finished_at


def published(world: World) -> list[tuple[str, str]]:
    return [(event.type, event.data["channel"]) for event in world.bus.published if event.type.startswith("channel.")]
