"""WhatsApp messages of every kind leave the deployed stack in Meta's form, free content only while it may go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dev.demo import account
from dev.demo.stories import Customer
from dev.stack import Stack
from tests.e2e.test_people import writes

BUTTONS = {
    "type": "button",
    "body": {"text": "Shall we call, {{ record.first_name }}?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "{{ record.id }}", "title": "Yes"}}]},
}
COMPONENTS = [
    {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/{{ record.id }}.png"}}]},
    {"type": "body", "parameters": [{"type": "text", "text": "{{ record.first_name }}"}]},
]
IMAGE = {"type": "image", "link": "https://example.com/{{ record.id }}.png", "caption": "For {{ record.first_name }}"}


def sent_to(stack: Stack, customer: Customer, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a step with these parameters sends to this customer's lead."""
    lead = f"wa{customer.number}"
    rule = stack.api.post(
        "/v1/rules",
        {
            "name": lead,
            "kind": "lead",
            "trigger": {"event": "lead.created"},
            "conditions": {"field": "record.id", "op": "equals", "value": lead},
            "steps": [{"id": "it", "action": "send_whatsapp", "with": parameters}],
            "mode": "on",
        },
    )
    fields = {"phone": f"+{customer.phone}", "first_name": "Elif"}
    stack.api.put(f"/v1/records/lead/{lead}", fields)

    def look() -> dict[str, Any] | None:
        found = stack.api.get(f"/v1/runs?rule={rule['id']}")["items"]
        return stack.api.get(f"/v1/runs/{found[0]['id']}") if found and found[0]["finished_at"] else None

    run = account.wait_for(look)
    assert run is not None
    assert [job["status"] for job in run["jobs"]] == ["done"]
    received = [item["message"] for item in stack.graph.received()["messages"]]
    [message] = [message for message in received if message.get("to") == customer.phone]
    return message


@pytest.mark.parametrize("wrote", [True, False], ids=["who wrote", "who did not write"])
def test_free_content_goes_to_a_customer_who_wrote_and_the_template_to_others(stack: Stack, wrote: bool) -> None:
    customer = Customer.new()
    if wrote:
        writes(stack, customer, "Hello", 1)
    both = {"interactive": BUTTONS, "template": "call", "language": "tr", "components": COMPONENTS}
    message = sent_to(stack, customer, both)
    lead = f"wa{customer.number}"
    if wrote:
        assert message["type"] == "interactive"
        assert message["interactive"]["body"]["text"] == "Shall we call, Elif?"
        assert message["interactive"]["action"]["buttons"][0]["reply"]["id"] == lead
    else:
        assert message["type"] == "template"
        header, body = message["template"]["components"]
        assert header["parameters"][0]["image"]["link"] == f"https://example.com/{lead}.png"
        assert body["parameters"] == [{"type": "text", "text": "Elif"}]


def test_media_goes_with_its_caption(stack: Stack) -> None:
    customer = Customer.new()
    message = sent_to(stack, customer, {"media": IMAGE})
    assert message["type"] == "image"
    assert message["image"] == {"link": f"https://example.com/wa{customer.number}.png", "caption": "For Elif"}
