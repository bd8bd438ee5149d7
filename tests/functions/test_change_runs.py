"""change_runs through its handler, asked for through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.api import Api
from tests.functions.payloads import batch
from tests.functions.stack import SEQUENCE, WORK, Stack

CALL = {"type": "call.incoming_missed", "person": {"phone": "+905321234567"}}
HOOK = {"id": "tell", "action": "call_webhook", "with": {"url": "https://books.example/hook"}}
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
    api.call("PUT", "/v1/records/contact/7", {"phone": "+905321234567"})
    api.has_rule(mode="on", steps=WAIT)
    for time in ("2026-03-14T09:30:00Z", "2026-03-14T09:31:00Z"):
        api.call("POST", "/v1/events", {**CALL, "time": time})
    stack.consume("EventQueue", batch(*(message["Body"] for message in stack.messages("EventQueue"))))
    return api


def _work_off(stack: Stack, machines: Machines) -> None:
    """Do what the state machine does."""
    for document in machines.begun.pop(WORK).values():
        answer = {"more": True, "cursor": None}
        while answer["more"]:
            answer = stack.invoke("change_runs", {"work": document, "cursor": answer["cursor"]})


CAP = {"channel": "any", "most": 3, "per": {"days": 7}}


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


@pytest.mark.parametrize(
    ("runs", "status", "counts"),
    [("", "stopped", {"stopped": 2}), ("stop", "stopped", {"stopped": 2}), ("pause", "paused", {"paused": 2})],
)
@pytest.mark.parametrize("deletes", [False, True])
def test_what_is_under_way_ends_with_its_rule(
    api: Api, stack: Stack, machines: Machines, runs: str, status: str, counts: dict[str, int], deletes: bool
) -> None:
    target = f"/v1/rules/{_rule(api)}"
    if deletes:
        answer = api.call("DELETE", f"{target}?runs={runs}" if runs else target)
    else:
        answer = api.call("PUT", f"{target}/mode", {"mode": "off", **({"runs": runs} if runs else {})})
    under_way = answer.document["runs"]
    assert (answer.status, under_way["do"], under_way["concerned"]) == (200, runs or "stop", 2)
    _work_off(stack, machines)
    work = api.get(f"/v1/work/{under_way['work']}")
    assert (work["status"], work["of"], work["counts"]) == ("done", 2, counts)
    found = api.get("/v1/runs?status=" + status)["items"]
    code = "run.rule_deleted" if deletes else "run.rule_switched_off"
    assert [run["reason"]["code"] for run in found] == [code, code]
    assert all(run["reason"]["text"] for run in found)


@pytest.mark.parametrize("deletes", [False, True])
def test_what_is_under_way_finishes_if_that_is_asked_for(api: Api, machines: Machines, deletes: bool) -> None:
    target = f"/v1/rules/{_rule(api)}"
    if deletes:
        answer = api.call("DELETE", f"{target}?runs=finish")
    else:
        answer = api.call("PUT", f"{target}/mode", {"mode": "off", "runs": "finish"})
    assert answer.document["runs"] == {"do": "finish", "concerned": 2, "work": None}
    assert WORK not in machines.begun
    assert len(api.get("/v1/runs?status=waiting")["items"]) == 2


def test_a_rule_that_is_switched_on_again_resumes_its_runs_if_that_is_asked_for(
    api: Api, stack: Stack, machines: Machines
) -> None:
    target = f"/v1/rules/{_rule(api)}/mode"
    api.call("PUT", target, {"mode": "off", "runs": "pause"})
    _work_off(stack, machines)
    kept = api.call("PUT", target, {"mode": "on"}).document["runs"]
    assert kept == {"do": "keep", "concerned": None, "work": None}
    resumed = api.call("PUT", target, {"mode": "on", "runs": "resume"}).document["runs"]
    assert resumed["concerned"] == 2
    _work_off(stack, machines)
    assert api.get(f"/v1/work/{resumed['work']}")["counts"] == {"resumed": 2}


OTHER_STEPS = [
    {"id": "note", "action": "set_fields", "with": {"fields": {"noted": "yes"}}},
    {**WAIT[0], "with": {"tags": ["new"]}},
]


@pytest.mark.parametrize(
    ("runs", "steps", "counts", "versions"),
    [
        ("keep", OTHER_STEPS, None, {1}),
        ("move", OTHER_STEPS, {"moved": 2}, {2}),
        ("stop", OTHER_STEPS, {"stopped": 2}, {1}),
    ],
)
def test_a_new_version_says_what_becomes_of_runs_of_older_ones(
    api: Api, stack: Stack, machines: Machines, runs: str, steps: Any, counts: Any, versions: set[int]
) -> None:
    rule = api.get("/v1/rules")["items"][0]
    answer = api.call("PUT", f"/v1/rules/{rule['id']}?runs={runs}", {**rule, "steps": steps})
    under_way = answer.document["runs"]
    assert (answer.document["version"], under_way["do"]) == (2, runs)
    if counts is None:
        assert under_way["work"] is None
    else:
        assert under_way["concerned"] == 2
        _work_off(stack, machines)
        assert api.get(f"/v1/work/{under_way['work']}")["counts"] == counts
    found = api.get(f"/v1/runs?rule={rule['id']}")["items"]
    assert {run["rule"]["version"] for run in found} == versions


def test_an_answer_can_be_sent_back_and_a_choice_in_the_document_is_refused(api: Api) -> None:
    target = f"/v1/rules/{_rule(api)}"
    saved = api.call("PUT", target, {**api.get(target), "name": "Second"})
    again = api.call("PUT", target, saved.document)
    assert (again.status, again.document["version"]) == (200, saved.document["version"])
    assert "runs" not in api.get(target)
    refused = api.call("PUT", target, {**api.get(target), "runs": "stop"})
    assert (refused.status, refused.fields) == (422, ["runs"])


@pytest.mark.parametrize(
    ("method", "more", "body"),
    [
        ("PUT", "/mode", {"mode": "off", "runs": "move"}),
        ("PUT", "/mode", {"mode": "shadow", "runs": "stop"}),
        ("PUT", "/mode", {"mode": "on", "runs": "stop"}),
        ("PUT", "?runs=pause", {}),
        ("DELETE", "?runs=keep", None),
        ("DELETE", "?runs=x", None),
    ],
)
def test_a_choice_that_there_is_not_changes_nothing(api: Api, method: str, more: str, body: Any) -> None:
    target = f"/v1/rules/{_rule(api)}"
    before = api.get(target)
    document = {**before, "name": "Second"} if body == {} else body
    answer = api.call(method, target + more, document)
    assert (answer.status, answer.fields, api.get(target)) == (422, ["runs"], before)


def test_one_switch_stops_all_sending_and_lets_it_go_on(api: Api, stack: Stack, machines: Machines) -> None:
    assert api.get("/v1/settings/sending") == {}
    assert api.call("PUT", "/v1/settings/sending", {"paused": True}).document == {"paused": True}
    api.has_rule(mode="on", name="Tell", trigger={"event": "call.missed"}, steps=[HOOK])
    api.call("POST", "/v1/events", {**CALL, "type": "call.missed"})
    stack.consume("EventQueue", batch(*(message["Body"] for message in stack.messages("EventQueue"))))
    assert stack.consume("WebhookQueue", batch(*stack.bodies("WebhookQueue"))) == {"batchItemFailures": []}
    (run,) = api.get("/v1/runs?status=running")["items"]
    assert [job["status"] for job in api.get(f"/v1/runs/{run['id']}")["jobs"]] == ["pending"]
    assert api.get(f"/v1/runs/{run['id']}")["jobs"][0]["reason"]["code"] == "sending.paused"
    answer = api.call("PUT", "/v1/settings/sending", {"paused": False, "rate_per_minute": 60}).document
    work = api.get(f"/v1/work/{answer['work']}")
    assert (work["change"], work["of"], answer["rate_per_minute"]) == ("release", 1, 60)
    assert api.get("/v1/settings/sending") == {"paused": False, "rate_per_minute": 60}
    (document,) = machines.begun[WORK].values()
    rest = stack.invoke("change_runs", {"work": document, "cursor": None})
    assert rest == {"more": True, "cursor": 1, "wait": 10}


def test_limits_that_are_looser_let_go_what_they_held(api: Api, stack: Stack, machines: Machines) -> None:
    quiet = {"quiet_hours": {"from": "00:00", "to": "23:59"}}
    assert api.call("PUT", "/v1/settings/limits", quiet).document == quiet
    assert api.call("PUT", "/v1/settings/limits", {**quiet, "marketing": [CAP]}).document == {
        **quiet,
        "marketing": [CAP],
    }
    answer = api.call("PUT", "/v1/settings/limits", {"marketing": [CAP]}).document
    work = api.get(f"/v1/work/{answer['work']}?lang=hu")
    assert (work["change"], work["of"]) == ("recheck", 0)
    assert api.get("/v1/settings/limits") == {"marketing": [CAP]}
    (document,) = machines.begun[WORK].values()
    rest = stack.invoke("change_runs", {"work": document, "cursor": None})
    assert (rest["more"], 100 < rest["wait"] <= 120) == (True, True), "it looks once more, for what slow workers hold"


@pytest.mark.parametrize("body", [{"paused": "yes"}, {"pause": True}, {"rate_per_minute": 0}, {"work": "x"}])
def test_a_switch_that_is_not_understood_changes_nothing(api: Api, body: Any) -> None:
    assert api.call("PUT", "/v1/settings/sending", body).status == 422
    assert api.get("/v1/settings/sending") == {}


def test_only_who_administers_the_installation_stops_sending(api: Api, stack: Stack) -> None:
    other = Api(stack, "runs:write rules:write records:write")
    assert other.call("PUT", "/v1/settings/sending", {"paused": True}).status == 403


def test_automation_of_a_record_is_paused_and_a_rule_excluded(api: Api, stack: Stack, machines: Machines) -> None:
    ref = api.get("/v1/runs?status=waiting")["items"][0]["record"]
    target = f"/v1/records/{ref.replace(':', '/')}"
    before = api.get(target)
    body = {"paused_until": "2027-01-01T09:00:00+03:00", "excluded_rules": [_rule(api)]}
    answer = api.call("PUT", f"{target}/automation", body).document
    assert (answer["paused_until"], answer["excluded_rules"]) == ("2027-01-01T06:00:00.000Z", [_rule(api)])
    assert {**api.get(target), "version": 0} == {**before, "version": 0}
    _work_off(stack, machines)
    (work,) = answer["work"]
    assert api.get(f"/v1/work/{work}")["counts"] == {"stopped": 2}
    assert {run["status"] for run in api.get(f"/v1/runs?rule={_rule(api)}")["items"]} == {"stopped"}
    assert api.call("PUT", f"{target}/automation", {}).document == {
        "paused_until": None,
        "excluded_rules": [],
        "work": [],
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [({"paused_until": "soon"}, "paused_until"), ({"excluded_rules": [1]}, "excluded_rules"), ({"rules": []}, "rules")],
)
def test_automation_that_is_not_understood_is_refused(api: Api, body: Any, field: str) -> None:
    ref = api.get("/v1/runs?status=waiting")["items"][0]["record"].replace(":", "/")
    answer = api.call("PUT", f"/v1/records/{ref}/automation", body)
    assert (answer.status, answer.fields) == (422, [field])
    assert api.call("PUT", "/v1/records/contact/none/automation", {}).status == 404


def test_automation_takes_the_scope_of_changing_runs(api: Api, stack: Stack) -> None:
    other = Api(stack, "runs:read rules:write records:write")
    assert other.call("PUT", "/v1/records/contact/7/automation", {}).status == 403
