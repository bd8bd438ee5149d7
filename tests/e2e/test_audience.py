"""Customers who agreed enter an audience at the Graph stand-in, hashed, and leave it when they withdraw."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from dev.demo import account
from dev.demo.stories import Customer
from dev.stack import Stack

AUDIENCE = "23847000000000001"


def rule(stack: Stack, name: str, kind: str, change: str, trigger: dict[str, Any]) -> str:
    written = stack.api.post(
        "/v1/rules",
        {
            "name": name,
            "kind": kind,
            "trigger": trigger,
            "steps": [{"id": "it", "action": "update_audience", "with": {"audience": AUDIENCE, "change": change}}],
            "mode": "on",
        },
    )
    return str(written["id"])


def members(stack: Stack, phone: str) -> list[dict[str, str]]:
    found = stack.graph.received()["audiences"].get(AUDIENCE, {"members": []})["members"]
    return [row for row in found if row.get("PHONE") == sha256(phone.encode()).hexdigest()]


def outcome(stack: Stack, rule_id: str, record: str) -> tuple[str, str]:
    def look() -> dict[str, Any] | None:
        found = [run for run in stack.api.items(f"/v1/runs?rule={rule_id}") if run["record"] == record]
        return stack.api.get(f"/v1/runs/{found[0]['id']}") if found and found[0]["finished_at"] else None

    run = account.wait_for(look)
    assert run is not None
    [job] = run["jobs"]
    return job["status"], job["reason"]["code"]


def test_who_agreed_enters_and_who_withdraws_leaves(stack: Stack) -> None:
    agreed = Customer.new()
    silent = replace(agreed, number=agreed.number[::-1])
    kind = f"member{agreed.number}"
    entering = rule(stack, f"{kind} in", kind, "add", {"event": f"{kind}.created"})
    leaving = rule(stack, f"{kind} out", kind, "remove", {"event": f"{kind}.status_changed", "field": "status"})
    person = {"phone": f"+{agreed.phone}", "first_name": "Ayşe", "status": "customer"}
    stack.api.put(f"/v1/records/{kind}/yes", {**person, "consent": {"audience": True}})
    stack.api.put(f"/v1/records/{kind}/none", {"phone": f"+{silent.phone}"})
    assert outcome(stack, entering, f"{kind}:yes") == ("done", "audience.changed")
    assert outcome(stack, entering, f"{kind}:none") == ("skipped", "audience.not_agreed")
    [row] = members(stack, agreed.phone)
    assert row["FN"] == sha256("ayşe".encode()).hexdigest()
    assert members(stack, silent.phone) == []
    stack.api.patch(f"/v1/records/{kind}/yes", {"status": "gone", "consent": {"audience": False}})
    assert outcome(stack, leaving, f"{kind}:yes") == ("done", "audience.changed")
    assert members(stack, agreed.phone) == []
