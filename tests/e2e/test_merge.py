"""Merging two records of one customer on the deployed stack: addresses, history, and runs under way."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dev.demo import account
from dev.stack import Stack
from tests.e2e.test_time import put, rule_of, runs_of


@pytest.fixture
def marker() -> str:
    return f"m{uuid.uuid4().hex[:10]}"


def status_of(stack: Stack, run: dict[str, Any], status: str) -> str | None:
    return status if stack.api.get(f"/v1/runs/{run['id']}")["status"] == status else None


def test_two_contacts_become_one(stack: Stack, marker: str) -> None:
    one = put(stack, "contact", f"{marker}1", email=f"{marker}1@example.com", city="Izmir")
    two = put(stack, "contact", f"{marker}2", email=f"{marker}2@example.com", tags=["vip"])
    waits = [{"id": "later", "action": "set_fields", "wait": {"days": 300}, "with": {"fields": {"called": "yes"}}}]
    begun = rule_of(stack, "contact", {"event": f"{marker}.asked"}, steps=waits, exit={"on": [f"{marker}.answered"]})
    stack.api.post("/v1/events", {"type": f"{marker}.asked", "subject": two})
    [run] = runs_of(stack, begun, 1)

    told = rule_of(stack, "contact", {"event": "contact.merged"}, conditions={
        "field": "event.data.from", "op": "equals", "value": two})  # fmt: skip
    greeted = rule_of(stack, "contact", {"event": "contact.tag_added"}, conditions={
        "field": "record.id", "op": "starts_with", "value": marker})  # fmt: skip
    merged = stack.api.post(f"/v1/records/contact/{marker}1/merge", {"from": two})
    assert (merged["absorbed"], merged["fields"]) == (
        [two],
        {
            "email": f"{marker}1@example.com",
            "other_emails": [f"{marker}2@example.com"],
            "city": "Izmir",
            "tags": ["vip"],
        },
    )
    assert stack.api.get(f"/v1/records/contact/{marker}2") == merged
    assert stack.api.post("/v1/records/contact", {"email": f"{marker}2@example.com"})["ref"] == one
    assert [found["record"] for found in runs_of(stack, told, 1)] == [one]
    assert runs_of(stack, greeted, 0) == [], "the tag is no news of the customer"

    stack.api.post("/v1/events", {"type": f"{marker}.answered", "person": {"email": f"{marker}1@example.com"}})
    assert account.wait_for(lambda: status_of(stack, run, "stopped")) is not None
    timeline = stack.api.get(f"/v1/records/contact/{marker}1/timeline")["items"]
    types = {item["event"]["type"] for item in timeline if "event" in item}
    assert {"contact.created", "contact.merged", f"{marker}.asked", f"{marker}.answered"} <= types
    assert run["id"] in {item["run"]["id"] for item in timeline if "run" in item}
