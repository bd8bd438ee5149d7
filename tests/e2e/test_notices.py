"""Notices on the deployed stack: a rule tells the owner, who reads it in their application, in a mail and in rooms."""

from __future__ import annotations

import json
import uuid
from typing import Any

from dev.demo import account
from dev.stack import Stack


def has_room(stack: Stack, room: str) -> None:
    """Keep the addresses of a room of Slack and of Teams."""
    addresses = {way: f"{stack.rooms.base_url}/{way}/{room}" for way in ("slack", "teams")}
    secrets = stack.client("secretsmanager")
    secrets.create_secret(Name=f"{stack.stack_name}/staff/{room}", SecretString=json.dumps(addresses))


def told(stack: Stack, rule_id: str) -> dict[str, Any]:
    """The only job of the rule's only run, once it has its outcome."""

    def look() -> dict[str, Any] | None:
        runs = stack.api.get(f"/v1/runs?rule={rule_id}")["items"]
        jobs = [job for run in runs for job in stack.api.get(f"/v1/runs/{run['id']}")["jobs"]]
        return jobs[0] if jobs and jobs[0]["status"] in ("done", "failed", "unknown", "skipped") else None

    found = account.wait_for(look)
    assert found is not None, stack.api.get(f"/v1/runs?rule={rule_id}")
    return found


def test_a_rule_tells_the_owner_who_reads_it(stack: Stack) -> None:
    name = uuid.uuid4().hex[:8]
    agent, address = f"agent:{name}", f"{name}@corp.example"
    has_room(stack, name)
    stack.api.put(f"/v1/records/agent/{name}", {"email": address, "name": "Ayşe"})
    rule = {
        "name": f"Tell {name}",
        "kind": "deal",
        "trigger": {"event": "deal.created"},
        "conditions": {"field": "record.owner", "op": "equals", "value": agent},
        "steps": [
            {
                "id": "tell",
                "action": "notify",
                "with": {
                    "to": "owner",
                    "title": "New deal",
                    "text": "Deal over {{ record.amount }}",
                    "link": "https://crm.example.com/deals/{{ record.id }}",
                    "via": ["notice", "email", "slack", "teams"],
                    "room": name,
                },
            }
        ],
        "mode": "on",
    }
    rule_id = stack.api.post("/v1/rules", rule)["id"]
    stack.api.put(f"/v1/records/deal/{name}", {"owner": agent, "amount": 1200})
    job = told(stack, rule_id)
    told_by = {"notice": [agent], "email": [address], "slack": [name], "teams": [name]}
    assert (job["status"], job["result"]) == ("done", {"told": told_by})
    query = f"/v1/notices?agent={agent}&unread=true"
    notices = account.wait_for(lambda: stack.api.get(query)["items"])
    assert notices is not None
    (notice,) = notices
    assert (notice["title"], notice["text"], notice["record"]) == ("New deal", "Deal over 1200", f"deal:{name}")
    assert notice["link"] == f"https://crm.example.com/deals/{name}"
    mails = [mail for mail in stack.mail.received()["messages"] if address in str(mail)]
    assert len(mails) == 1
    assert "Deal over 1200" in str(mails[0])
    text = f"*New deal*\nDeal over 1200\nhttps://crm.example.com/deals/{name}\n— Ayşe"
    posted = [message for message in stack.rooms.received()["messages"] if message["room"] == name]
    assert [(message["way"], message["text"]) for message in posted] == [
        ("slack", text),
        ("teams", "New deal\nDeal over 1200\n— Ayşe"),
    ]
    read = stack.api.post(f"/v1/notices/{notice['id']}/read", None)
    assert read["read_at"] is not None
    assert account.wait_for(lambda: stack.api.get(query)["items"] == []) is True
    assert [each["id"] for each in stack.api.get(f"/v1/notices?agent={agent}")["items"]] == [notice["id"]]


def test_a_room_that_fails_for_a_while_repeats_no_notice(stack: Stack) -> None:
    name = uuid.uuid4().hex[:8]
    agent = f"agent:{name}"
    has_room(stack, name)
    stack.rooms.program(faults=[{"path": f"/slack/{name}", "status": 429, "headers": {"retry-after": "1"}}])
    step = {"to": "owner", "text": "New {{ record.ref }}", "via": ["notice", "slack"], "room": name}
    rule = {
        "name": f"Tell {name}",
        "kind": "deal",
        "trigger": {"event": "deal.created"},
        "conditions": {"field": "record.owner", "op": "equals", "value": agent},
        "steps": [{"id": "tell", "action": "notify", "with": step}],
        "mode": "on",
    }
    rule_id = stack.api.post("/v1/rules", rule)["id"]
    stack.api.put(f"/v1/records/deal/{name}", {"owner": agent})
    job = told(stack, rule_id)
    assert (job["status"], job["result"]) == ("done", {"told": {"notice": [agent], "slack": [name]}})
    assert len(stack.api.get(f"/v1/notices?agent={agent}")["items"]) == 1
    calls = [call["status"] for call in stack.rooms.received()["calls"] if call["path"] == f"/slack/{name}"]
    assert calls == [429, 200]
