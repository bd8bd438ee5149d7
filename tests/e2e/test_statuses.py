"""WhatsApp's statuses, on the deployed stack: a message whose answer was lost finds its outcome."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from dev.demo import account
from dev.demo.stories import EVENTS, Customer
from dev.signing import post
from dev.stack import Stack
from whenthen.domain.common import ids


def greeted(stack: Stack, customer: Customer) -> dict[str, Any]:
    """A run whose one WhatsApp message Meta took, and whose answer never came."""
    tag = f"lost-{customer.number}"
    rule = {
        "name": f"Greet {tag}",
        "kind": "contact",
        "trigger": {"event": "contact.created"},
        "conditions": {"field": "record.tags", "op": "has", "value": tag},
        "steps": [{"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}}],
        "mode": "on",
    }
    made = stack.api.post("/v1/rules", rule)
    stack.graph.program(faults=[{"path": "*/messages", "holds": customer.phone, "drop": "after"}])
    stack.api.post("/v1/records/contact", {"phone": f"+{customer.phone}", "tags": [tag]})
    return made


def run_with(stack: Stack, rule_id: str, status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = stack.api.get(f"/v1/runs?rule={rule_id}")["items"]
        return stack.api.get(f"/v1/runs/{found[0]['id']}") if found and found[0]["status"] == status else None

    run = account.wait_for(look)
    assert run is not None, f"no run became {status}: {stack.api.get(f'/v1/runs?rule={rule_id}')['items']}"
    return run


def report(stack: Stack, customer: Customer, sent: dict[str, Any], status: str) -> str:
    """Post what WhatsApp would; returns the id of its event."""
    body = json.loads((EVENTS / f"whatsapp/status_{status}.json").read_text())
    found = body["entry"][0]["changes"][0]["value"]["statuses"][0]
    found |= {"id": sent["id"], "recipient_id": customer.phone, "timestamp": str(int(time.time()))}
    found["biz_opaque_callback_data"] = sent["message"]["biz_opaque_callback_data"]
    assert post(stack.hook("meta"), body).status == 200
    return ids.event_id("whatsapp", f"{sent['id']}:{status}")


@pytest.mark.parametrize(("status", "becomes"), [("delivered", "done"), ("failed", "failed")])
def test_an_unknown_message_is_settled_by_its_status_and_not_sent_again(
    stack: Stack, status: str, becomes: str
) -> None:
    customer = Customer.new()
    rule = greeted(stack, customer)
    run = run_with(stack, rule["id"], "unknown")
    [sent] = [item for item in stack.graph.received()["messages"] if item["message"].get("to") == customer.phone]
    event_id = report(stack, customer, sent, status)
    run = run_with(stack, rule["id"], becomes)
    [job] = run["jobs"]
    assert (job["status"], job["result"]["reported"]) == (becomes, status)
    assert job["reason"]["code"].startswith("delivery.reported")
    assert job["reason"]["params"].items() >= {"provider": "WhatsApp", "report": status}.items()
    assert account.handled(stack, event_id) is not None
    late = report(stack, customer, sent, "sent")
    assert account.handled(stack, late) is not None
    assert stack.api.get(f"/v1/runs/{run['id']}")["jobs"] == [job], "a late `sent` changes nothing"
    sent_at_all = [item for item in stack.graph.received()["messages"] if item["message"].get("to") == customer.phone]
    assert len(sent_at_all) == 1
