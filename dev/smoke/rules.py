"""The demo's rules, made harmless: they act for the smoke test's customer alone, soon, and towards nobody.

Mail goes to the mailbox simulator of SES, which takes it also from accounts in the sandbox. What would go out by
WhatsApp goes there too. The call to the accounting system goes to a source of the stack itself, which checks its
signature. Waits of days take a minute. Longer ones stay: the customer's answer must find the sequence waiting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dev.client import HasApi
from dev.demo.stories import RULES, Customer

MAILBOX = "success+{name}.{number}@simulator.amazonses.com"
"""The addresses of the mailbox simulator that take every mail, with a label."""

_WAIT = {"minutes": 1}
_DAYS_AT_MOST = 7
"""Shorten no wait that is longer than this."""

_TRIGGERS = {"meta_lead.created": "lead.created"}
"""Meta's leads have to be fetched from Meta: here, the lead is made through the API."""


def harmless_rules(customer: Customer, receiver: str) -> list[dict[str, Any]]:
    """The demo's rules for this customer; `receiver` is the URL that outgoing calls go to."""
    texts = [file.read_text().replace("$RECEIVER/accounting", receiver) for file in sorted(RULES.glob("*.json"))]
    return [_harmless(json.loads(text), customer) for text in texts]


def load(stack: HasApi, customer: Customer, receiver: str) -> dict[str, str]:
    """Create the rules; returns their names by id."""
    made = [stack.api.post("/v1/rules", rule) for rule in harmless_rules(customer, receiver)]
    return {rule["id"]: rule["name"] for rule in made}


def _harmless(rule: Mapping[str, Any], customer: Customer) -> dict[str, Any]:
    event = rule["trigger"]["event"]
    return {
        **rule,
        "name": f"Smoke test {customer.number}: {rule['name']}",
        "trigger": {"event": _TRIGGERS.get(event, event)},
        "conditions": {"all": [rule["conditions"], _only_for(event, customer)]},
        "steps": [_harmless_step(step, customer) for step in rule["steps"]],
    }


def _only_for(event: str, customer: Customer) -> dict[str, Any]:
    """The condition that the event is about this customer."""
    mine: dict[str, dict[str, Any]] = {
        "meta_lead.created": {"field": "record.email", "op": "equals", "value": customer.address("elif")},
        "payment.received": {"field": "event.data.customer.email", "op": "equals", "value": customer.address("payer")},
        "whatsapp.message_received": {"field": "event.data.text", "op": "contains", "value": customer.number},
    }
    return mine[event]


def _harmless_step(step: Mapping[str, Any], customer: Customer) -> dict[str, Any]:
    short = step.get("wait", {}).get("days", 0) <= _DAYS_AT_MOST
    changed = {**step, "wait": _WAIT} if "wait" in step and short else dict(step)
    if step["action"] == "send_whatsapp":
        text = {"subject": "Smoke test", "text": "This would have been a message on WhatsApp."}
        changed |= {"action": "send_email", "with": {"to": customer.address(step["id"]), **text}}
    return changed
