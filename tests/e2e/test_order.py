"""Rules in an order, and how each rule stands for a record, on the deployed stack."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from dev.demo import account
from dev.stack import Stack

DAYS = {"days": 2}


@pytest.fixture
def kind() -> str:
    """A kind of record that no other test uses."""
    return f"o{uuid.uuid4().hex[:10]}"


def note(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "set_fields", "with": {"fields": {step_id: "yes"}}, **more}


def rule_of(stack: Stack, kind: str, name: str, *steps: dict[str, Any], **more: Any) -> str:
    document = {"name": name, "kind": kind, "trigger": {"event": f"{kind}.created"}, "steps": [*steps], "mode": "on"}
    return str(stack.api.post("/v1/rules", {**document, **more})["id"])


def standing(stack: Stack, kind: str) -> dict[str, dict[str, Any]]:
    """How each rule stands for the record `ada` of the kind, by the rule's name."""
    answer = stack.api.call("GET", f"/v1/records/{kind}/ada/automation?limit=100")
    items = answer.json()["items"] if answer.status == 200 else []
    return {item["rule"]["name"]: item for item in items if item["rule"]["name"].startswith(kind)}


def once(stack: Stack, kind: str, holds: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
    def look() -> dict[str, dict[str, Any]] | None:
        found = standing(stack, kind)
        return found if found and holds(found) else None

    found = account.wait_for(look)
    assert found is not None, standing(stack, kind)
    return found


def test_rules_follow_one_another_in_the_order_that_one_call_gave_them(stack: Stack, kind: str) -> None:
    ids = {name: rule_of(stack, kind, f"{kind} {name}", note(name, wait=DAYS)) for name in ("a", "b", "c")}
    free = rule_of(stack, kind, f"{kind} free", note("free"))
    ordered = stack.api.put("/v1/rules/order", {"rules": [ids["c"], ids["a"], ids["b"]]})["items"]
    assert [(each["id"], each["order"]) for each in ordered] == [(ids["c"], 1), (ids["a"], 2), (ids["b"], 3)]
    stack.api.put(f"/v1/records/{kind}/ada", {})
    found = once(stack, kind, lambda rules: all(rule["state"] == "acted" for rule in rules.values()))
    runs = {item["rule"]["id"]: stack.api.get(f"/v1/runs/{item['run']['id']}") for item in found.values()}
    first, second, third = (runs[ids[name]] for name in "cab")
    assert first["finished_at"] <= second["jobs"][0]["finished_at"]
    assert second["finished_at"] <= third["jobs"][0]["finished_at"]
    assert runs[free]["finished_at"] <= first["finished_at"]


def test_all_four_states_of_rules_stand_beside_a_record_with_their_reasons(stack: Stack, kind: str) -> None:
    won = {"field": "record.stage", "op": "equals", "value": "won"}
    rule_of(stack, kind, f"{kind} acts", note("acts"))
    rule_of(stack, kind, f"{kind} does not act", note("never", only_if=won))
    rule_of(stack, kind, f"{kind} waits", note("waits", wait={"days": 300}), order=1)
    rule_of(stack, kind, f"{kind} in line", note("in_line"), order=2)
    rule_of(stack, kind, f"{kind} not met", note("not_met"), conditions=won)
    rule_of(stack, kind, f"{kind} off", note("off"), mode="off")
    stack.api.put(f"/v1/records/{kind}/ada", {"stage": "new"})
    expected = {
        "acts": "acted",
        "does not act": "not_acted",
        "waits": "waiting",
        "in line": "waiting",
        "not met": "not_started",
        "off": "waiting",
    }
    found = once(
        stack,
        kind,
        lambda rules: {name.removeprefix(f"{kind} "): rule["state"] for name, rule in rules.items()} == expected,
    )
    rules = {name.removeprefix(f"{kind} "): rule for name, rule in found.items()}
    assert rules["does not act"]["reason"]["code"] == "run.at_step"
    assert (rules["waits"]["waits"]["for"], rules["waits"]["waits"]["until"] is not None) == ("time", True)
    in_line = rules["in line"]["waits"]
    assert (in_line["for"], in_line["reason"]["params"]["name"]) == ("rule", f"{kind} waits")
    conditions = rules["not met"]["explanation"]["conditions"]
    assert (conditions["expected"], conditions["actual"], conditions["result"]) == ("won", "new", False)
    assert rules["off"]["reason"]["code"] == "rule.off"
    stopped = stack.api.post(f"/v1/runs/{rules['waits']['run']['id']}/stop", {})
    assert [each["step"] for each in stopped["not_reached"]] == ["waits"]
    after = once(stack, kind, lambda rules: rules[f"{kind} in line"]["state"] == "acted")
    assert after[f"{kind} waits"]["state"] == "not_acted"
