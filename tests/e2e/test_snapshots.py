"""Snapshots of rules on the deployed stack: manage writes them under its role, the matcher reads them under its own."""

from __future__ import annotations

import uuid

from dev.demo import account
from dev.stack import Stack
from whenthen.adapters.dynamodb.config_table.snapshots import RENEWED_EVERY


def test_rules_in_a_snapshot_and_those_after_it_are_in_force(stack: Stack) -> None:
    event_type = f"s{uuid.uuid4().hex[:10]}.happened"
    steps = [{"id": "tag", "action": "add_tags", "with": {"tags": ["x"]}}]
    rule = {"name": "Seen", "trigger": {"event": event_type}, "steps": steps, "mode": "shadow"}
    made = [stack.api.post("/v1/rules", rule)["id"] for _ in range(RENEWED_EVERY + 1)]
    kept = stack.client("dynamodb").query(
        TableName=stack.tables["config"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"snapshot#{event_type}"}},
    )["Items"]
    assert [item["count"]["N"] for item in kept] == [str(RENEWED_EVERY)]
    stack.api.put(f"/v1/rules/{made[0]}/mode", {"mode": "off"})
    stack.api.delete(f"/v1/rules/{made[1]}")
    [sent] = stack.api.post("/v1/events", {"type": event_type})["events"]
    found = account.handled(stack, sent["id"])
    assert found is not None
    assert sorted(each["id"] for each in found["rules"]) == sorted(made[2:])
