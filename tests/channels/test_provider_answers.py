"""Walk the table of all answers of providers: what happens to a job next, through the real clients."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.channels.provider_answers import ANSWERS, Answered
from tests.usecases.fakes.wiring import functions_of
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.adapters.providers import graph_errors, ses
from whenthen.adapters.providers.graph import GraphApi
from whenthen.channels.sms.client import EumSms
from whenthen.channels.webhook import effect as webhook
from whenthen.domain.common.answers import Next
from whenthen.domain.connections import answers as api
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.outgoing import HttpAnswer, HttpRequest

STEPS: dict[str, dict[str, Any]] = {
    "email": {"action": "send_email", "with": {"to": "ayse@example.com", "subject": "Hello", "text": "Hello"}},
    "whatsapp": {"action": "send_whatsapp", "with": {"template": "welcome", "to": "+905321234567"}},
    "sms": {"action": "send_sms", "with": {"text": "Hello", "to": "+36301234567", "purpose": "service"}},
    "webhook": {"action": "call_webhook", "with": {"url": "https://example.com/hook"}},
    "api": {"action": "call_api", "with": {"url": "https://example.com/contacts"}},
    "record": {"action": "set_fields", "with": {"fields": {"noted": "yes"}}},
}
_SENT = b'{"messages": [{"id": "wamid.1"}]}'


@dataclass
class Outside:
    """Gives the scripted answers, then takes everything."""

    answers: deque[Any] = field(default_factory=deque)
    calls: int = 0

    def send_raw_email(self, **_request: Any) -> dict[str, str]:
        self._next()
        return {"MessageId": "ses-1"}

    def send_text_message(self, **_request: Any) -> dict[str, str]:
        self._next()
        return {"MessageId": "sms-1"}

    def send(self, request: HttpRequest) -> HttpAnswer:
        return self._next() or HttpAnswer(200, {}, _SENT)

    def before(self, call: str) -> None:
        if call == "runs.complete_with":
            self._next()

    def after(self, call: str) -> None:
        pass

    def _next(self) -> Any:
        self.calls += 1
        said = self.answers.popleft() if self.answers else None
        if isinstance(said, Exception):
            raise said
        return said


def world_with(outside: Outside) -> World:
    """A whenthen in memory on the real clients of providers."""
    world = World()
    world.has_record("lead:1", first_name="Ayşe", email="ayse@example.com")
    world.secrets.kept["meta"] = {"access_token": "token", "phone_number_id": "1059"}
    graph = GraphApi(outside, world.secrets, "https://graph.example", "v25.0")
    sms = EumSms(outside)
    ports = replace(world.ports, mailer=ses.SesMailer(outside), sms=sms, http=outside, graph=graph)  # type: ignore[arg-type]
    world.ports = ports
    world.functions = functions_of(ports.tapped(outside))
    world.wire = lambda tap: functions_of(ports.tapped(outside))  # type: ignore[method-assign]
    return world


def begun(world: World, channel: str) -> Any:
    written = world.has_rule(rule({"id": "it", **STEPS[channel]}))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return lambda: world.job(world.run_of(event, written), "it")


def is_tried_again(job: Job, outside: Outside) -> bool:
    return (job.status, job.attempts, outside.calls) == (JobStatus.DONE, 2, 2)


@pytest.mark.parametrize("row", ANSWERS, ids=str)
def test_what_happens_next(row: Answered) -> None:
    outside = Outside(deque([row.said]))
    world = world_with(outside)
    job = begun(world, row.channel)
    world.settle()
    first = job()
    world.run_out()
    last = job()
    assert world.queues[row.channel].dead == []
    match row.next:
        case Next.LATER | Next.STOP if row.channel == "record":
            assert (first.status, last.status, outside.calls) == (JobStatus.PENDING, JobStatus.DONE, 2)
        case Next.LATER:
            assert (first.status, first.failing_since) == (JobStatus.PENDING, first.due)
            assert is_tried_again(last, outside)
        case Next.STOP:
            assert first.status is JobStatus.PENDING, "it waits"
            assert (last.status, outside.calls) == (JobStatus.DONE, 2)
        case Next.NOT_NOW:
            assert (first.status, first.attempts, first.postponed) == (JobStatus.PENDING, 0, 1)
            assert (last.status, last.attempts, outside.calls) == (JobStatus.DONE, 1, 2)
        case Next.NEVER:
            assert (first.status, outside.calls) == (JobStatus.FAILED, 1)
        case Next.LOST if row.channel == "webhook":
            assert is_tried_again(last, outside)
        case Next.LOST:
            assert (first.status, outside.calls) == (JobStatus.UNKNOWN, 1)


def test_every_code_that_a_client_knows_is_in_the_table() -> None:
    known = {(row.channel, row.code) for row in ANSWERS}
    assert {("email", code) for code in ses.ANSWERS if code != ses.DAILY_QUOTA} <= known
    assert {("whatsapp", code) for code in graph_errors.ANSWERS} <= known
    statuses = {row.said.status for row in ANSWERS if row.channel == "webhook" and isinstance(row.said, HttpAnswer)}
    assert set(webhook.ANSWERS) <= statuses
    statuses = {row.said.status for row in ANSWERS if row.channel == "api" and isinstance(row.said, HttpAnswer)}
    assert set(api.ANSWERS) <= statuses


def test_the_daily_quota_of_ses_is_waited_for_longer_than_its_rate() -> None:
    assert ses.row_of("Throttling", "Maximum sending rate exceeded.") == ses.ANSWERS["Throttling"]
    assert ses.row_of("Throttling", "Daily message quota exceeded.") == ses.ANSWERS[ses.DAILY_QUOTA]
    assert (ses.ANSWERS[ses.DAILY_QUOTA].pause or 0) > (ses.ANSWERS["Throttling"].pause or 0)
