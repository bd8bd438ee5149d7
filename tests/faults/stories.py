"""The three stories that the crash sweeps tell: how each begins, and what must have come of it in the end.

They are told in terms of what a world of any kind (fakes here, AWS elsewhere) can do and show: see `Stage`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from whenthen.domain.events import Event
from whenthen.domain.records import Record
from whenthen.domain.runs import JobStatus
from whenthen.ports.values import RunState

SECRET = "app-secret"
LEAD_ID = "811204577136940"
PHONE = "+905321234567"
AGENTS = ["agent:ayse", "agent:budi"]
LEAD: Mapping[str, Any] = {
    "id": LEAD_ID,
    "created_time": "2026-03-14T09:30:00+0000",
    "campaign_name": "Spring offer",
    "field_data": [
        {"name": "first_name", "values": ["Ayşe"]},
        {"name": "email", "values": ["ayse@example.com"]},
        {"name": "phone_number", "values": [PHONE]},
    ],
}

WELCOME: Mapping[str, Any] = {
    "id": "rule_welcome",
    "name": "Welcome a lead",
    "kind": "lead",
    "mode": "on",
    "time_zone": "Europe/Istanbul",
    "trigger": {"event": "meta_lead.created"},
    "conditions": {"field": "record.campaign_name", "op": "contains", "value": "Spring"},
    "steps": [
        {"id": "assign", "action": "assign_owner", "with": {"from": AGENTS, "by": "round_robin"}},
        {"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}, "start": "with_previous"},
        {
            "id": "call",
            "action": "create_task",
            "wait": {"days": 2, "at": "10:00"},
            "with": {"title": "Call {{ record.first_name }}"},
        },
    ],
    "entry": {"again": "once_per_record"},
    "exit": {"on": ["contact.replied"]},
}
THANK: Mapping[str, Any] = {
    "id": "rule_thank",
    "name": "Thank for a payment",
    "mode": "on",
    "trigger": {"event": "payment.received"},
    "conditions": {"field": "event.data.amount", "op": ">=", "value": 100},
    "steps": [
        {"id": "mail", "action": "send_email", "with": {"to": "{{ event.data.email }}", "subject": "Ok", "text": "Ok"}},
        {
            "id": "tell",
            "action": "call_webhook",
            "with": {"url": "https://books.example/hook"},
            "start": "with_previous",
        },
    ],
}
ANSWER: Mapping[str, Any] = {
    "id": "rule_answer",
    "name": "Answer a question about prices",
    "mode": "on",
    "trigger": {"event": "whatsapp.message_received"},
    "conditions": {"field": "event.data.text", "op": "contains", "value": "price", "ignore_case": True},
    "steps": [{"id": "reply", "action": "send_whatsapp", "with": {"to": PHONE, "text": "Our prices: …"}}],
}


class Stage(Protocol):
    """What a story needs to be told on."""

    def now(self) -> datetime: ...

    def has_rule(self, document: Mapping[str, Any]) -> object:
        """Put a rule in force."""

    def graph_knows(self, lead: Mapping[str, Any]) -> None:
        """Let the Graph API answer for this lead."""

    def post_to_meta_hook(self, headers: Mapping[str, str], body: bytes) -> None:
        """What Meta does: post, and post again until it is taken."""

    def publish(self, event: Event) -> None:
        """What a source does: give the event, and give it again until it is taken."""

    def settle(self) -> None:
        """Let everything happen that is to happen now."""

    def run_out(self) -> None:
        """Let time pass until nothing is under way."""

    def states(self) -> Sequence[RunState]:
        """Every run."""

    def records(self, kind: str) -> Sequence[Record]:
        """Every record of a kind."""

    def effects(self) -> Counter[str]:
        """How often the outside saw each effect: `<channel> <job id>`; what it can tell for a repetition, once."""

    def left_over(self) -> Sequence[str]:
        """Messages that are in a queue or a dead-letter queue, executions that did not end."""


@dataclass(frozen=True)
class Ending:
    """How a run of a rule must have ended: its status, and each step's."""

    rule: str
    status: str
    steps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """`prepare` happens undisturbed; `begin` and all that follows from it is where functions are killed."""

    name: str
    prepare: Callable[[Stage], None]
    begin: Callable[[Stage], None]
    endings: tuple[Ending, ...]
    check: Callable[[Stage], None]


def signed(document: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    """A notification as Meta sends it."""
    body = json.dumps(document).encode()
    proof = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={proof}", "content-type": "application/json"}, body


def _lead_notification() -> tuple[dict[str, str], bytes]:
    value = {"leadgen_id": LEAD_ID, "page_id": "1", "form_id": "2", "created_time": 1773480600}
    changes = [{"field": "leadgen", "value": value}]
    return signed({"object": "page", "entry": [{"id": "1", "time": 1773480605, "changes": changes}]})


def _message_notification(text: str, at: datetime) -> tuple[dict[str, str], bytes]:
    message = {
        "from": PHONE.removeprefix("+"),
        "id": "wamid.incoming",
        "timestamp": str(int(at.timestamp())),
        "type": "text",
        "text": {"body": text},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "902129876543", "phone_number_id": "3"},
        "contacts": [{"profile": {"name": "Ayşe"}, "wa_id": PHONE.removeprefix("+")}],
        "messages": [message],
    }
    entry = {"id": "4", "changes": [{"field": "messages", "value": value}]}
    return signed({"object": "whatsapp_business_account", "entry": [entry]})


def _a_lead_comes(stage: Stage) -> None:
    stage.post_to_meta_hook(*_lead_notification())


def _prepare_lead(stage: Stage) -> None:
    stage.has_rule(WELCOME)
    stage.graph_knows(LEAD)


def _prepare_reply(stage: Stage) -> None:
    """The sequence of a lead is under way: it was greeted, and is to be called in two days."""
    _prepare_lead(stage)
    stage.has_rule(ANSWER)
    _a_lead_comes(stage)
    stage.settle()


def _the_lead_is_complete(stage: Stage) -> None:
    (lead,) = stage.records("lead")
    assert lead.fields["owner"] == AGENTS[0], "whose turn it was, once"
    assert lead.version == 2, "written by its fetch and by its assignment, by nothing else"
    (task,) = stage.records("task")
    assert (task.fields["title"], task.fields["parent"]) == ("Call Ayşe", lead.ref)


def _nobody_is_called(stage: Stage) -> None:
    assert list(stage.records("task")) == []


def _nothing(_stage: Stage) -> None:
    pass


def _prepare_payment(stage: Stage) -> None:
    stage.has_rule(THANK)


def _payment(stage: Stage) -> None:
    data = {"amount": 250, "email": "ayse@example.com"}
    stage.publish(Event("evt_payment", "hook/books", "payment.received", stage.now(), data=data))


_DONE = JobStatus.DONE.value
STORIES = (
    Story(
        "a lead is welcomed",
        _prepare_lead,
        _a_lead_comes,
        (Ending("rule_welcome", "done", {"assign": _DONE, "hello": _DONE, "call": _DONE}),),
        _the_lead_is_complete,
    ),
    Story(
        "a payment is thanked for",
        _prepare_payment,
        _payment,
        (Ending("rule_thank", "done", {"mail": _DONE, "tell": _DONE}),),
        _nothing,
    ),
    Story(
        "a customer writes, and is called no more",
        _prepare_reply,
        lambda stage: stage.post_to_meta_hook(*_message_notification("What is the PRICE?", stage.now())),
        (
            Ending("rule_welcome", "stopped", {"assign": _DONE, "hello": _DONE}),
            Ending("rule_answer", "done", {"reply": _DONE}),
        ),
        _nobody_is_called,
    ),
)

KEYLESS = {"hello": "whatsapp", "reply": "whatsapp", "mail": "email"}
"""The steps whose channel takes no idempotency key, where a crash around the send is not to be told from success."""


def verify(story: Story, stage: Stage, *, ambiguous: frozenset[str] = frozenset()) -> None:
    """Everything happened, once; but a step in `ambiguous` may be `unknown`, and then happened at most once."""
    assert list(stage.left_over()) == []
    states = {state.run.rule_id: state for state in stage.states()}
    assert len(states) == len(stage.states()), "no rule ran twice"
    assert set(states) == {ending.rule for ending in story.endings}
    effects = stage.effects()
    for ending in story.endings:
        state = states[ending.rule]
        steps = {job.step_id: job.status.value for job in state.jobs}
        unknown = {step for step, status in steps.items() if status == "unknown"}
        assert unknown <= ambiguous
        assert {step: "done" if step in unknown else status for step, status in steps.items()} == ending.steps
        assert state.run.status.value == ("unknown" if unknown and ending.status == "done" else ending.status)
        for job in state.jobs:
            seen = sum(count for effect, count in effects.items() if effect.endswith(job.id))
            if job.step_id in unknown:
                assert seen <= 1
            elif job.step_id in {*KEYLESS, "tell"}:
                assert seen == 1
    story.check(stage)
