"""Strangers become contacts, and their word about messages is kept, on the deployed stack."""

from __future__ import annotations

import json
import time
from typing import Any

from dev.demo import account
from dev.demo.stories import EVENTS, Customer
from dev.signing import post
from dev.stack import Stack
from whenthen.domain.common import ids


def writes(stack: Stack, customer: Customer, text: str, number: int) -> str:
    body = json.loads((EVENTS / "whatsapp/text.json").read_text())
    value = body["entry"][0]["changes"][0]["value"]
    user_id = f"TR.{customer.number}"
    value["contacts"][0] = {"profile": {"name": "Elif"}, "wa_id": customer.phone, "user_id": user_id}
    message = value["messages"][0]
    message |= {"from": customer.phone, "from_user_id": user_id, "id": f"wamid.p{customer.number}{number}"}
    message |= {"timestamp": str(int(time.time()) + number), "text": {"body": text}}
    assert post(stack.hook("meta"), body).status == 200
    event_id = ids.event_id("whatsapp", message["id"])
    assert account.handled(stack, event_id) is not None
    return event_id


def contact_of(stack: Stack, event_id: str) -> dict[str, Any]:
    seen = stack.api.get(f"/v1/events/{event_id}")["record"]
    assert seen is not None, "the rules of this very event see its contact"
    found: dict[str, Any] = stack.api.get(f"/v1/records/contact/{seen['id']}")
    return found


def test_a_stranger_becomes_a_contact_says_stop_and_gets_no_more(stack: Stack) -> None:
    customer = Customer.new()
    made = contact_of(stack, writes(stack, customer, "Hello", 1))
    assert made["fields"] == {"phone": f"+{customer.phone}", "whatsapp": f"TR.{customer.number}", "full_name": "Elif"}
    again = contact_of(stack, writes(stack, customer, "STOP", 2))
    assert (again["ref"], again["fields"]["consent"]) == (made["ref"], {"whatsapp": False})
    tag = f"refused-{customer.number}"
    rule = stack.api.post(
        "/v1/rules",
        {
            "name": tag,
            "kind": "contact",
            "trigger": {"event": "contact.tag_added"},
            "conditions": {"field": "record.tags", "op": "has", "value": tag},
            "steps": [{"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}}],
            "mode": "on",
        },
    )
    stack.api.patch(f"/v1/records/contact/{made['id']}", {"tags": [tag]})

    def look() -> dict[str, Any] | None:
        found = stack.api.get(f"/v1/runs?rule={rule['id']}")["items"]
        return stack.api.get(f"/v1/runs/{found[0]['id']}") if found and found[0]["finished_at"] else None

    run = account.wait_for(look)
    assert run is not None
    [job] = run["jobs"]
    assert (job["status"], job["reason"]["code"]) == ("skipped", "consent.refused")
    assert not [item for item in stack.graph.received()["messages"] if item["message"].get("to") == customer.phone]
    told = stack.api.get(f"/v1/records/contact/{made['id']}/timeline")["items"]
    assert [entry["at"] for entry in told] == sorted((entry["at"] for entry in told), reverse=True)
    assert {entry["event"]["type"] for entry in told if "event" in entry} >= {
        "whatsapp.message_received",
        "contact.replied",
        "contact.tag_added",
    }
    assert [entry["run"]["id"] for entry in told if "run" in entry] == [run["id"]]
