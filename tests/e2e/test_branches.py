"""Runs that branch, and steps that are tried again later, on the deployed stack."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dev.demo import account
from dev.stack import Stack

VIP = {"field": "record.vip", "op": "equals", "value": True}


@pytest.fixture
def kind() -> str:
    """A kind of record that no other test uses."""
    return f"b{uuid.uuid4().hex[:10]}"


def note(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "set_fields", "with": {"fields": {step_id: "yes"}}, **more}


def rule_of(stack: Stack, kind: str, *steps: dict[str, Any], **more: Any) -> str:
    document = {"name": kind, "kind": kind, "trigger": {"event": f"{kind}.created"}, "steps": [*steps], "mode": "on"}
    return str(stack.api.post("/v1/rules", {**document, **more})["id"])


def ended(stack: Stack, rule: str, kind: str, record: str) -> dict[str, Any]:
    """The record's run of the rule, once it is over."""

    def look() -> dict[str, Any] | None:
        found = [run for run in stack.api.get(f"/v1/runs?rule={rule}")["items"] if run["record"] == f"{kind}:{record}"]
        run: dict[str, Any] = stack.api.get(f"/v1/runs/{found[0]['id']}") if found else {}
        return run if run.get("finished_at") else None

    run = account.wait_for(look)
    assert run is not None, stack.api.get(f"/v1/runs?rule={rule}")
    return run


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {job["step"]: job["status"] for job in run["jobs"]}


def test_each_record_goes_its_way_and_the_steps_passed_over_say_why(stack: Stack, kind: str) -> None:
    rule = rule_of(
        stack,
        kind,
        note("gift", only_if=VIP, **{"else": "card"}),
        note("call", wait={"days": 1}),
        note("card", wait={"hours": 1}, only_if={"not": VIP}),
        note("thanked"),
    )
    stack.api.put(f"/v1/records/{kind}/ada", {"vip": True})
    stack.api.put(f"/v1/records/{kind}/bob", {"vip": False})
    ada, bob = ended(stack, rule, kind, "ada"), ended(stack, rule, kind, "bob")
    assert statuses(ada) == {"gift": "done", "call": "done", "card": "skipped", "thanked": "done"}
    assert statuses(bob) == {"gift": "skipped", "call": "skipped", "card": "done", "thanked": "done"}
    reasons = {job["step"]: job["reason"] for job in bob["jobs"]}
    assert reasons["gift"]["code"] == "condition.false"
    assert (reasons["call"]["code"], reasons["call"]["params"]) == (
        "step.passed_over",
        {"step": "gift", "target": "card"},
    )
    assert [job["step"] for job in bob["jobs"]] == ["gift", "call", "card", "thanked"]


def test_a_step_that_fails_hands_over_to_its_fallback(stack: Stack, kind: str) -> None:
    lost = {"id": "lost", "action": "set_fields", "with": {"record": f"{kind}:nobody", "fields": {"a": 1}}}
    rule = rule_of(stack, kind, {**lost, "on_error": {"go_to": "told"}}, note("usual"), note("told"))
    stack.api.put(f"/v1/records/{kind}/ada", {})
    run = ended(stack, rule, kind, "ada")
    assert (run["status"], statuses(run)) == ("failed", {"lost": "failed", "usual": "skipped", "told": "done"})
    fields = stack.api.get(f"/v1/records/{kind}/ada")["fields"]
    assert ("usual" in fields, fields["told"]) == (False, "yes")


def test_a_branch_backwards_is_refused_with_its_field_its_step_and_why(stack: Stack, kind: str) -> None:
    steps = [note("first"), note("again", only_if=VIP, **{"else": "first"})]
    document = {"name": kind, "kind": kind, "trigger": {"event": f"{kind}.created"}, "steps": steps}
    answer = stack.api.call("POST", "/v1/rules", document)
    assert answer.status == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("steps[1].else", "step.target_not_later")
    assert error["params"] == {"step": "again", "target": "first"}


def test_a_step_is_tried_again_after_its_own_delay(stack: Stack, kind: str) -> None:
    """The receiver is down once. A day is waited for on the state machine, whose waits are short here."""
    stack.webhooks.program(faults=[{"path": f"/{kind}", "status": 503}])
    tell = {"id": "tell", "action": "call_webhook", "with": {"url": f"{stack.webhooks.base_url}/{kind}"}}
    rule = rule_of(stack, kind, {**tell, "retry": {"delays": [{"days": 1}]}})
    stack.api.put(f"/v1/records/{kind}/ada", {})
    run = ended(stack, rule, kind, "ada")
    (job,) = run["jobs"]
    assert (job["status"], job["attempts"]) == ("done", 2)
