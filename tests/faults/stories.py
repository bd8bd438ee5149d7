"""The stories that the crash sweeps tell: how each begins, and what must have come of it in the end.

They are told in terms of what a world of any kind (fakes here, AWS elsewhere) can do and show: see `telling.Stage`.
Here are the three of leads, payments and questions; `other_stories` has those of the clock, of records, of mail and
of what providers report.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.faults.telling import Ending, Stage, Story, signed
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import JobStatus

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
