"""Notices on the deployed stack: a rule tells the owner, who reads it in their application and in a mail."""

from __future__ import annotations

import uuid
from typing import Any

from dev.demo import account
from dev.stack import Stack


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
                    "via": ["notice", "email"],
                },
            }
        ],
        "mode": "on",
    }
    rule_id = stack.api.post("/v1/rules", rule)["id"]
    stack.api.put(f"/v1/records/deal/{name}", {"owner": agent, "amount": 1200})
    job = told(stack, rule_id)
    assert (job["status"], job["result"]) == ("done", {"told": {"notice": [agent], "email": [address]}})
    query = f"/v1/notices?agent={agent}&unread=true"
    notices = account.wait_for(lambda: stack.api.get(query)["items"])
    assert notices is not None
    (notice,) = notices
    assert (notice["title"], notice["text"], notice["record"]) == ("New deal", "Deal over 1200", f"deal:{name}")
    assert notice["link"] == f"https://crm.example.com/deals/{name}"
    mails = [mail for mail in stack.mail.received()["messages"] if address in str(mail)]
    assert len(mails) == 1
    assert "Deal over 1200" in str(mails[0])
    read = stack.api.post(f"/v1/notices/{notice['id']}/read", None)
    assert read["read_at"] is not None
    assert account.wait_for(lambda: stack.api.get(query)["items"] == []) is True
    assert [each["id"] for each in stack.api.get(f"/v1/notices?agent={agent}")["items"]] == [notice["id"]]
