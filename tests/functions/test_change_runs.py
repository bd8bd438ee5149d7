"""change_runs through its handler, asked for through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.api import Api
from tests.functions.payloads import batch
from tests.functions.stack import SEQUENCE, WORK, Stack

CALL = {"type": "call.incoming_missed", "person": {"phone": "+905321234567"}}
WAIT = [{"id": "tag", "action": "add_tags", "with": {"tags": ["called"]}, "wait": {"days": 1}}]


class Machines:
    """Executions that were begun, of each state machine."""

    def __init__(self) -> None:
        self.begun: dict[str, dict[str, Any]] = {}
        self.stopped: list[str] = []

    def start_execution(self, **asked: str) -> None:
        self.begun.setdefault(asked["stateMachineArn"], {})[asked["name"]] = json.loads(asked["input"])

    def stop_execution(self, **asked: str) -> None:
        self.stopped.append(asked["executionArn"].rpartition(":")[2])


@pytest.fixture
def machines(stack: Stack) -> Machines:
    found = Machines()
    stack.replaced["stepfunctions"] = found
    return found


@pytest.fixture
def api(stack: Stack, machines: Machines) -> Api:
    """A client, and two runs that wait, of one rule."""
    api = Api(stack)
    api.has_rule(mode="on", steps=WAIT)
    for time in ("2026-03-14T09:30:00Z", "2026-03-14T09:31:00Z"):
        api.call("POST", "/v1/events", {**CALL, "time": time})
    stack.consume("EventQueue", batch(*(message["Body"] for message in stack.messages("EventQueue"))))
    return api


def _work_off(stack: Stack, machines: Machines) -> None:
    """What the state machine does."""
    for document in machines.begun.pop(WORK).values():
        answer = {"more": True, "cursor": None}
        while answer["more"]:
            answer = stack.invoke("change_runs", {"work": document, "cursor": answer["cursor"]})


def _rule(api: Api) -> str:
    return str(api.get("/v1/rules")["items"][0]["id"])


def test_all_runs_of_a_rule_are_stopped_in_the_background(api: Api, stack: Stack, machines: Machines) -> None:
    answer = api.call("POST", "/v1/runs/stop", {"rule": _rule(api)}, {"idempotency-key": "once"})
    assert (answer.status, answer.headers["location"]) == (202, f"/v1/work/{answer.document['id']}")
    assert (answer.document["status"], answer.document["of"], answer.document["done"]) == ("running", 2, 0)
    again = api.call("POST", "/v1/runs/stop", {"rule": _rule(api)}, {"idempotency-key": "once"})
    assert again.document["id"] == answer.document["id"]
    _work_off(stack, machines)
    work = api.get(f"/v1/work/{answer.document['id']}")
    assert (work["status"], work["counts"], work["failures"]) == ("done", {"stopped": 2}, [])
    assert (work["change"], work["created_by"], api.get("/v1/work")["items"]) == ("stop", "key_1", [work])
    runs = api.get(f"/v1/runs?rule={_rule(api)}")["items"]
    assert {(run["status"], run["reason"]["code"]) for run in runs} == {("stopped", "work.stopped")}
    assert len(machines.stopped) == 2


def test_runs_are_paused_and_resumed_in_the_background(api: Api, stack: Stack, machines: Machines) -> None:
    for call, status, counted in (("pause", "waiting", "paused"), ("resume", "paused", "resumed")):
        asked = api.call("POST", f"/v1/runs/{call}", {"status": status}).document
        _work_off(stack, machines)
        assert api.get(f"/v1/work/{asked['id']}")["counts"] == {counted: 2}
        if call == "pause":
            assert len(api.get("/v1/runs?status=paused")["items"]) == 2
    for wait in machines.begun[SEQUENCE].values():
        stack.invoke("advance_sequence", wait)
    assert len(api.get("/v1/runs?status=waiting")["items"]) + len(api.get("/v1/runs?status=running")["items"]) == 2


def test_work_is_stopped_and_resumed(api: Api, stack: Stack, machines: Machines) -> None:
    asked = api.call("POST", "/v1/runs/stop", {"status": "waiting"}).document
    assert api.call("POST", f"/v1/work/{asked['id']}/stop").document["status"] == "stopped"
    _work_off(stack, machines)
    assert api.get(f"/v1/work/{asked['id']}")["done"] == 0
    assert api.call("POST", f"/v1/work/{asked['id']}/resume").status == 202
    _work_off(stack, machines)
    assert api.get(f"/v1/work/{asked['id']}")["done"] == 2
    assert api.call("POST", f"/v1/work/{asked['id']}/stop").status == 409


@pytest.mark.parametrize("call", ["stop", "pause", "resume"])
@pytest.mark.parametrize(
    ("body", "fields"),
    [({}, [""]), ({"rules": "x"}, ["", "rules"]), ({"status": "done"}, ["status"]), ({"record": "x"}, ["record"])],
)
def test_a_change_of_many_runs_says_of_which(api: Api, call: str, body: dict[str, str], fields: list[str]) -> None:
    answer = api.call("POST", f"/v1/runs/{call}", body)
    assert (answer.status, answer.fields) == (422, fields)


def test_who_may_not_change_runs_begins_no_work(api: Api, stack: Stack) -> None:
    asked = api.call("POST", "/v1/runs/stop", {"status": "waiting"}).document
    reader = Api(stack, "runs:read rules:write records:write")
    assert reader.get(f"/v1/work/{asked['id']}")["id"] == asked["id"]
    for target in ("/v1/runs/stop", f"/v1/work/{asked['id']}/stop", f"/v1/work/{asked['id']}/resume"):
        assert reader.call("POST", target, {"status": "waiting"} if "runs" in target else None).status == 403
    assert Api(stack, "runs:write").call("GET", f"/v1/work/{asked['id']}").status == 403
    assert api.call("GET", "/v1/work/work_x").status == 404
