"""Runs that wait for an event, on the deployed stack."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dev.demo import account
from dev.stack import Stack

LONG = {"days": 300}
"""Nine minutes on a stack whose waits are that much shorter: no test waits so long."""


@pytest.fixture
def kind() -> str:
    """A kind of record that no other test uses."""
    return f"w{uuid.uuid4().hex[:10]}"


def note(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "set_fields", "with": {"fields": {step_id: "yes"}}, **more}


def rule_of(stack: Stack, kind: str, timeout: dict[str, int], *steps: dict[str, Any], **ways: str) -> str:
    wait = {"for_event": {"on": [f"{kind}.answered"], "timeout": timeout, **ways}}
    document = {
        "name": kind,
        "kind": kind,
        "trigger": {"event": f"{kind}.created"},
        "steps": [note("first"), note("ask", wait=wait), *steps],
        "mode": "on",
    }
    return str(stack.api.post("/v1/rules", document)["id"])


def run_of(stack: Stack, rule: str, status: str) -> dict[str, Any]:
    """The rule's only run, once it has this status."""

    def look() -> dict[str, Any] | None:
        found = [run for run in stack.api.get(f"/v1/runs?rule={rule}")["items"] if run["status"] == status]
        run: dict[str, Any] = stack.api.get(f"/v1/runs/{found[0]['id']}") if found else {}
        return run or None

    run = account.wait_for(look)
    assert run is not None, stack.api.get(f"/v1/runs?rule={rule}")
    return run


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {job["step"]: job["status"] for job in run["jobs"]}


def answer(stack: Stack, kind: str) -> None:
    stack.api.post("/v1/events", {"type": f"{kind}.answered", "subject": f"{kind}:ada"})


WAYS = (note("thank"), note("remind", only_if={"not": {"field": "record.thank", "op": "exists"}}))


def test_with_the_event_the_run_goes_on_one_way_and_says_before_for_what_it_waits(stack: Stack, kind: str) -> None:
    rule = rule_of(stack, kind, LONG, *WAYS, then="thank", **{"else": "remind"})
    stack.api.put(f"/v1/records/{kind}/ada", {})
    waiting = run_of(stack, rule, "waiting")
    assert (waiting["waits"]["for"], waiting["waits"]["until"]) == ("event", waiting["waits_until"])
    assert waiting["waits"]["reason"]["params"]["events"] == [f"{kind}.answered"]
    assert [each["step"] for each in waiting["to_come"]] == ["ask", "thank", "remind"]
    answer(stack, kind)
    run = run_of(stack, rule, "done")
    assert statuses(run) == {"first": "done", "ask": "skipped", "thank": "done", "remind": "skipped"}
    reason = next(job["reason"] for job in run["jobs"] if job["step"] == "ask")
    assert (reason["code"], reason["params"]["event_type"]) == ("step.event_came", f"{kind}.answered")


def test_without_it_the_run_goes_on_the_other_way(stack: Stack, kind: str) -> None:
    rule = rule_of(stack, kind, {"days": 2}, *WAYS, then="thank", **{"else": "remind"})
    stack.api.put(f"/v1/records/{kind}/ada", {})
    run = run_of(stack, rule, "done")
    assert statuses(run) == {"first": "done", "ask": "skipped", "thank": "skipped", "remind": "done"}
    assert {job["reason"]["code"] for job in run["jobs"] if job["status"] == "skipped"} == {"step.no_event_came"}
    answer(stack, kind)
    assert statuses(run_of(stack, rule, "done")) == statuses(run)


def test_without_ways_the_step_itself_follows_the_event(stack: Stack, kind: str) -> None:
    rule = rule_of(stack, kind, LONG)
    stack.api.put(f"/v1/records/{kind}/ada", {})
    run_of(stack, rule, "waiting")
    answer(stack, kind)
    assert statuses(run_of(stack, rule, "done")) == {"first": "done", "ask": "done"}
