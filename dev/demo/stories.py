"""The demo's three events, signed as their providers sign, and the effects that each is expected to have."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from dev import web
from dev.client import Api
from dev.paths import ROOT
from dev.provision import SAMPLE_SOURCE
from dev.signing import post
from dev.stack import Hook, Stack
from whenthen.domain.common import ids

EVENTS = ROOT / "events"
RULES = ROOT / "dev/demo/rules"


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that must be seen outside, exactly so many times."""

    name: str
    seen: Callable[[], int]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that was sent, and what is to come of it."""

    title: str
    event_id: str
    status: int
    effects: list[Effect] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer of this demo: new in every demo, so that one can follow another on the same stack.

    `mailbox` makes the customer's mail addresses of a name and the number.
    """

    number: str
    mailbox: str = "{name}.{number}@example.com"

    @classmethod
    def new(cls, mailbox: str = mailbox) -> Customer:
        """A customer nobody has heard of."""
        return cls(str(time.time_ns() // 1_000_000)[-9:], mailbox)

    def address(self, name: str) -> str:
        """The mail address under which this customer appears as `name`."""
        return self.mailbox.format(name=name, number=self.number)

    @property
    def lead_id(self) -> str:
        """The lead's id at Meta."""
        return f"77{self.number}"

    @property
    def phone(self) -> str:
        """The phone number, bare as WhatsApp writes it."""
        return f"905{self.number}"


class Reached(Protocol):
    """A stack with an API and with addresses for webhooks, wherever it runs."""

    @property
    def api(self) -> Api:
        """The management API, with the admin key."""

    def hook(self, source: str) -> Hook:
        """The webhook address of one source."""


def load_rules(stack: Stack) -> dict[str, str]:
    """Create the sample rules through the API; returns their names by id."""
    rules = {}
    for file in sorted(RULES.glob("*.json")):
        text = file.read_text().replace("$RECEIVER", stack.webhooks.base_url)
        made = stack.api.post("/v1/rules", json.loads(text), idempotency_key=f"demo-{file.stem}")
        rules[made["id"]] = made["name"]
    return rules


def meta_lead(stack: Stack, customer: Customer) -> Sent:
    """A lead of the spring campaign: Meta notifies its id alone, the rest is asked of the Graph API."""
    lead = json.loads((EVENTS / "meta/lead.json").read_text())
    lead |= {"id": customer.lead_id, "campaign_name": "Spring 2026"}
    lead["created_time"] = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime())
    _answer(lead, "phone_number", f"+{customer.phone}")
    _answer(lead, "email", customer.address("elif"))
    stack.graph.program(leads=[lead])
    notification = json.loads((EVENTS / "meta/leadgen.json").read_text())
    notification["entry"][0]["changes"][0]["value"]["leadgen_id"] = customer.lead_id
    answer = post(stack.hook("meta"), notification)
    ref = f"lead:{customer.lead_id}"
    return Sent(
        "Meta notifies a new lead",
        ids.event_id("meta", f"lead:{customer.lead_id}"),
        answer.status,
        [
            Effect("the lead's record", lambda: exists(stack, ref)),
            Effect("its owner", lambda: owner(stack, ref)),
            Effect("a WhatsApp template", lambda: _whatsapp(stack, customer, "template")),
            Effect("a task two days later", lambda: tasks(stack, ref)),
        ],
    )


def payment(stack: Stack, customer: Customer) -> Sent:
    """A payment that a shop reports (Standard Webhooks)."""
    sent = post_payment(stack, customer)
    return replace(
        sent,
        effects=[
            Effect("a mail of thanks", lambda: _mails(stack, customer.address("payer"))),
            Effect("a webhook to accounting", lambda: _webhooks(stack, f"INV-{customer.number}")),
        ],
    )


def post_payment(stack: Reached, customer: Customer) -> Sent:
    """Report a payment; its effects are for the caller to say."""
    body = json.loads((EVENTS / "hooks/payment_received.json").read_text())
    body["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    body["data"] |= {"amount": 1250, "invoice": f"INV-{customer.number}"}
    body["data"]["customer"] = {"name": "Deniz", "email": customer.address("payer")}
    answer = post(stack.hook(SAMPLE_SOURCE), body, delivery_id=f"msg_{customer.number}")
    return Sent("The shop reports a payment", _event_of(answer), answer.status)


def _event_of(answer: web.Answer) -> str:
    return str(answer.json()["events"][0]) if answer.status == 202 else ""


def whatsapp_question(stack: Stack, customer: Customer, lead_run: str) -> Sent:
    """The customer asks for the price: an answer goes out, and the sequence that ran for them stops."""
    sent = post_question(stack, customer, "Hello! What is the price?")
    return replace(
        sent,
        effects=[
            Effect("an automatic reply", lambda: _whatsapp(stack, customer, "text")),
            Effect("the sequence stopped", lambda: stopped(stack, lead_run)),
            Effect("no reminder mail", lambda: _mails(stack, customer.address("elif")), times=0),
        ],
    )


def post_question(stack: Reached, customer: Customer, question: str) -> Sent:
    """Let the customer write on WhatsApp; the effects are for the caller to say."""
    body = json.loads((EVENTS / "whatsapp/text.json").read_text())
    value = body["entry"][0]["changes"][0]["value"]
    value["contacts"][0] = {"profile": {"name": "Ayşe Yılmaz"}, "wa_id": customer.phone}
    message = value["messages"][0]
    del message["from_user_id"]
    message |= {"from": customer.phone, "id": f"wamid.{customer.number}", "timestamp": str(int(time.time()))}
    message["text"]["body"] = question
    answer = post(stack.hook("meta"), body)
    return Sent("The customer writes on WhatsApp", ids.event_id("whatsapp", message["id"]), answer.status)


def _answer(lead: dict[str, Any], question: str, value: str) -> None:
    """Set the lead's answer to a question of the form."""
    for item in lead["field_data"]:
        if item["name"] == question:
            item["values"] = [value]
            return
    lead["field_data"].append({"name": question, "values": [value]})


def exists(stack: Reached, ref: str) -> int:
    """How many records there are of this ref: 1 or none."""
    return int(stack.api.call("GET", _path(ref)).status == 200)


def owner(stack: Reached, ref: str) -> int:
    """How many owners the record has: 1 or none."""
    answer = stack.api.call("GET", _path(ref))
    return int(answer.status == 200 and bool(answer.json()["fields"].get("owner")))


def _path(ref: str) -> str:
    kind, _, external_id = ref.partition(":")
    return f"/v1/records/{kind}/{external_id}"


def tasks(stack: Reached, parent: str) -> int:
    """How many tasks there are about a record."""
    found = stack.api.items("/v1/records/task")
    return sum(1 for task in found if task["fields"].get("parent") == parent)


def _whatsapp(stack: Stack, customer: Customer, kind: str) -> int:
    messages = [item["message"] for item in stack.graph.received()["messages"]]
    return sum(1 for message in messages if message["to"] == customer.phone and message["type"] == kind)


def _mails(stack: Stack, address: str) -> int:
    return sum(1 for mail in stack.mail.received()["messages"] if address in mail["to"])


def _webhooks(stack: Stack, invoice: str) -> int:
    return sum(1 for call in stack.webhooks.received()["calls"] if invoice in call["body"])


def stopped(stack: Reached, run_id: str) -> int:
    """Whether a run was stopped, as the number of times that this was seen."""
    return int(bool(run_id) and stack.api.get(f"/v1/runs/{run_id}")["status"] == "stopped")
