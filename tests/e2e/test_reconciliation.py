"""A lead whose webhook was lost appears on the deployed stack, once, whoever else tells of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.demo import account
from dev.signing import post
from dev.stack import Stack
from whenthen.sources.meta.leads import lead_event_id

FORM = f"77{time.time_ns() % 10**12}"


def watch(stack: Stack, *, days: int) -> None:
    since = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    stack.api.put("/v1/settings/leads", {"forms": [{"id": FORM, "since": since}]})


@pytest.fixture
def watched(stack: Stack) -> Iterator[None]:
    """A form is asked for its leads since yesterday."""
    watch(stack, days=1)
    yield
    stack.api.put("/v1/settings/leads", {})


def submitted(stack: Stack, count: int, *, minutes_ago: float) -> list[str]:
    """So many people filled in the form; Meta knows of them, and says nothing."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    first = time.time_ns() // 1_000 * 1_000
    leads = [
        {
            "id": str(first + number),
            "form_id": FORM,
            "created_time": f"{at:%Y-%m-%dT%H:%M:%S+0000}",
            "field_data": [{"name": "full_name", "values": [f"Lost {number}"]}],
        }
        for number in range(count)
    ]
    stack.graph.program(leads=leads)
    return [str(lead["id"]) for lead in leads]


def tick(stack: Stack) -> None:
    """Send what the scheduler sends every ten minutes."""
    stack.client("sqs").send_message(QueueUrl=stack.queues["reconcile"], MessageBody=json.dumps({"sweep": "leads"}))


def missed(stack: Stack) -> int:
    forms = stack.api.get("/v1/sources/meta/forms")["items"]
    return sum(form["missed"] for form in forms if form["id"] == FORM)


def test_leads_whose_webhook_was_lost_appear_once(stack: Stack, watched: None) -> None:
    rule = {
        "name": "Count the lost",
        "kind": "lead",
        "trigger": {"event": "meta_lead.created"},
        "conditions": {"field": "event.data.form_id", "op": "equals", "value": FORM},
        "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["found"]}}],
        "mode": "on",
    }
    rule_id = stack.api.post("/v1/rules", rule)["id"]
    lost = submitted(stack, 2, minutes_ago=30)
    young = submitted(stack, 100, minutes_ago=0.1)  # Meta's first page; their webhooks are on their way
    tick(stack)
    assert all(account.handled(stack, lead_event_id(lead)) for lead in lost)
    assert missed(stack) == len(lost)
    record = stack.api.get(f"/v1/records/lead/{lost[0]}")
    assert (record["fields"]["full_name"], record["fields"]["form_id"]) == ("Lost 0", FORM)
    assert stack.api.call("GET", f"/v1/records/lead/{young[0]}").status == 404

    # Meta repeats what it could not deliver, and an admin asks once more from further back.
    value = {"leadgen_id": lost[0], "form_id": FORM, "page_id": "1", "created_time": int(time.time()) - 1800}
    payload = {"object": "page", "entry": [{"id": "1", "time": 1, "changes": [{"field": "leadgen", "value": value}]}]}
    assert post(stack.hook("meta"), payload).status == 200
    (last,) = submitted(stack, 1, minutes_ago=29)
    watch(stack, days=2)
    tick(stack)
    assert account.handled(stack, lead_event_id(last))
    assert missed(stack) == len(lost) + 1

    def all_runs() -> Any:
        runs = stack.api.get(f"/v1/runs?rule={rule_id}&limit=100")["items"]
        return runs if len(runs) > len(lost) else None

    runs = account.wait_for(all_runs)
    assert runs is not None
    assert sorted(run["record"] for run in runs) == sorted(f"lead:{lead}" for lead in [*lost, last])
