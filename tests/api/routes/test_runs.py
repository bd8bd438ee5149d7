"""/v1/runs through the handler."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.functions.api import Api
from tests.functions.payloads import batch


def test_runs_are_listed_by_rule_record_or_status(api: Api, seen: str) -> None:
    (run,) = api.get("/v1/runs?record=contact:7")["items"]
    for query in (f"rule={run['rule']['id']}", "status=running"):
        assert [found["id"] for found in api.get(f"/v1/runs?{query}")["items"]] == [run["id"]]
    assert api.get("/v1/runs?status=done")["items"] == []


@pytest.mark.parametrize("query", ["", "?rule=a&status=done", "?record=a&rule=b"])
def test_a_list_of_runs_is_about_one_thing(api: Api, query: str) -> None:
    answer = api.call("GET", f"/v1/runs{query}")
    assert (answer.status, answer.fields) == (422, ["rule"])


def test_a_run_shows_its_event_and_each_step(api: Api, seen: str) -> None:
    (listed,) = api.get("/v1/runs?record=contact:7")["items"]
    run = api.get(f"/v1/runs/{listed['id']}")
    assert run["event"]["id"] == seen
    assert [(job["step"], job["action"], job["status"]) for job in run["jobs"]] == [("tag", "add_tags", "pending")]


WAITING = {
    "name": "Call later",
    "mode": "on",
    "kind": "contact",
    "trigger": {"event": "call.incoming_missed"},
    "steps": [
        {"id": "tag", "action": "add_tags", "with": {"tags": ["called"]}, "wait": {"days": 2}},
        {"id": "also", "action": "add_tags", "with": {"tags": ["seen"]}, "start": "with_previous"},
        {"id": "last", "action": "add_tags", "with": {"tags": ["last"]}, "wait": {"days": 1, "at": "10:00"}},
    ],
}


@pytest.fixture
def waiting(api: Api) -> str:
    """The id of a run that waits for its first steps."""
    machine = {"stop_execution": lambda *_, **__: None, "start_execution": lambda *_, **__: None}
    api.stack.replaced["stepfunctions"] = type("Machine", (), machine)()
    api.call("PUT", "/v1/records/contact/9", {"phone": "+905321230000"})
    assert api.call("POST", "/v1/rules", WAITING).status == 201
    assert api.call("POST", "/v1/events", {"type": "call.incoming_missed", "subject": "contact:9"}).status == 202
    api.stack.consume("EventQueue", batch(*api.stack.bodies("EventQueue")))
    (run,) = api.get("/v1/runs?record=contact:9")["items"]
    return str(run["id"])


def test_a_run_says_what_it_waits_for_until_when_and_which_steps_are_to_come(api: Api, waiting: str) -> None:
    run = api.get(f"/v1/runs/{waiting}")
    until, waits = run["waits_until"], run["waits"]
    assert (run["status"], waits["for"], waits["until"]) == ("waiting", "time", until)
    assert (waits["reason"]["code"], waits["reason"]["params"]) == ("waits.time", {"step": "tag", "due": until})
    assert [(each["step"], each["due"]) for each in run["to_come"]] == [("tag", until), ("also", until), ("last", None)]
    assert run["to_come"][0]["sentence"].startswith("add tags")
    assert run["not_reached"] == []
    api.scopes = "runs:read"
    masked = api.get(f"/v1/runs/{waiting}")
    assert (masked["waits"], {each["sentence"] for each in masked["to_come"]}) == (waits, {""})


def test_a_run_says_what_is_held_why_and_until_when(api: Api) -> None:
    started: list[str] = []
    machine = {"start_execution": lambda *_, **request: started.append(request["input"])}
    api.stack.replaced["stepfunctions"] = type("Machine", (), machine)()
    now = datetime.now(UTC)
    hours = {"from": (now - timedelta(hours=2)).strftime("%H:%M"), "to": (now - timedelta(hours=3)).strftime("%H:%M")}
    assert api.call("PUT", "/v1/settings/limits", {"quiet_hours": hours}).status == 200
    api.call("PUT", "/v1/records/contact/9", {"email": "ayse@example.com"})
    mail = {"id": "mail", "action": "send_email", "with": {"subject": "Hi", "text": "Hi"}}
    assert api.call("POST", "/v1/rules", {**WAITING, "steps": [mail]}).status == 201
    api.call("POST", "/v1/events", {"type": "call.incoming_missed", "subject": "contact:9"})
    api.stack.consume("EventQueue", batch(*api.stack.bodies("EventQueue")))
    assert api.stack.consume("EmailQueue", batch(*api.stack.bodies("EmailQueue")))["batchItemFailures"] == []
    (listed,) = api.get("/v1/runs?record=contact:9")["items"]
    run = api.get(f"/v1/runs/{listed['id']}")
    (job,) = run["jobs"]
    assert (run["status"], job["status"], job["attempts"]) == ("running", "pending", 0)
    until = job["held_until"]
    assert datetime.fromisoformat(until) - now > timedelta(hours=20)
    assert (job["reason"]["code"], job["reason"]["params"]) == ("hold.quiet_hours", {"until": until})
    assert (run["waits"]["for"], run["waits"]["until"]) == ("limits", until)
    assert run["waits"]["reason"]["params"]["reason"]["code"] == "hold.quiet_hours"
    assert [json.loads(wait)["due"] for wait in started] == [until]


def test_a_run_in_line_names_the_rule_that_it_waits_for(api: Api) -> None:
    machine = {"start_execution": lambda *_, **__: None}
    api.stack.replaced["stepfunctions"] = type("Machine", (), machine)()
    api.call("PUT", "/v1/records/contact/9", {"phone": "+905321230000"})
    first = api.call("POST", "/v1/rules", {**WAITING, "order": 1}).document["id"]
    api.has_rule(name="Second", mode="on", order=2)
    api.call("POST", "/v1/events", {"type": "call.incoming_missed", "subject": "contact:9"})
    api.stack.consume("EventQueue", batch(*api.stack.bodies("EventQueue")))
    (listed,) = [run for run in api.get("/v1/runs?status=waiting")["items"] if run["rule"]["name"] == "Second"]
    assert (listed["reason"]["code"], listed["reason"]["params"]) == (
        "waits.rule",
        {"rule": first, "name": "Call later"},
    )
    assert "Call later" in listed["sentence"]
    run = api.get(f"/v1/runs/{listed['id']}")
    assert (run["waits"]["for"], run["waits"]["until"], run["waits"]["reason"]) == ("rule", None, listed["reason"])
    automation = api.get("/v1/records/contact/9/automation")["items"]
    assert {item["rule"]["name"]: (item["state"], item["order"]) for item in automation} == {
        "Call later": ("waiting", 1),
        "Second": ("waiting", 2),
    }


def test_a_skipped_step_says_what_its_condition_demanded_and_what_there_was(api: Api) -> None:
    vip = {"field": "record.level", "op": "equals", "value": "gold"}
    skipped = {"id": "gift", "action": "add_tags", "with": {"tags": ["gift"]}, "only_if": vip}
    api.call("PUT", "/v1/records/contact/9", {"phone": "+905321230000", "level": "silver"})
    api.has_rule(mode="on", steps=[skipped])
    api.call("POST", "/v1/events", {"type": "call.incoming_missed", "subject": "contact:9"})
    api.stack.consume("EventQueue", batch(*api.stack.bodies("EventQueue")))
    (run,) = api.get("/v1/runs?record=contact:9")["items"]
    (job,) = api.get(f"/v1/runs/{run['id']}")["jobs"]
    assert (job["status"], job["reason"]["code"]) == ("skipped", "condition.false")
    (decided,) = job["result"]["conditions"]
    assert decided == {
        "field": "record.level",
        "op": "equals",
        "expected": "gold",
        "actual": "silver",
        "result": False,
    }
    assert "gold" in job["sentence"]
    assert "silver" in job["sentence"]
    for scopes in ("runs:read", "runs:read records:read", "runs:read rules:read"):
        api.scopes = scopes
        (masked,) = api.get(f"/v1/runs/{run['id']}")["jobs"]
        assert masked["result"] == {}
        assert "gold" not in masked["sentence"]


def test_a_stopped_run_says_which_steps_it_never_reached(api: Api, waiting: str) -> None:
    stopped = api.call("POST", f"/v1/runs/{waiting}/stop").document
    assert (stopped["waits"], stopped["to_come"]) == (None, [])
    assert [each["step"] for each in stopped["not_reached"]] == ["tag", "also", "last"]


def test_a_stopped_run_stays_stopped_and_its_job_does_nothing(api: Api, seen: str) -> None:
    api.stack.replaced["stepfunctions"] = type("Machine", (), {"stop_execution": lambda *_, **__: None})()
    (listed,) = api.get("/v1/runs?record=contact:7")["items"]
    for _ in range(2):
        stopped = api.call("POST", f"/v1/runs/{listed['id']}/stop")
        assert (stopped.status, stopped.document["status"]) == (200, "stopped")
    reason = stopped.document["reason"]
    assert (reason["code"], reason["params"]) == ("admin.stopped", {"by": "key_1"})
    api.stack.consume("RecordQueue", batch(*api.stack.bodies("RecordQueue")))
    assert "tags" not in api.get("/v1/records/contact/7")["fields"]


@pytest.mark.parametrize(("lang", "text"), [("en", "1 of 1 step done"), ("hu", "1 lépésből 1 elkészült")])
def test_an_outcome_has_a_code_and_a_text_in_the_callers_language(api: Api, seen: str, lang: str, text: str) -> None:
    assert [run["reason"] for run in api.get("/v1/runs?record=contact:7")["items"]] == [None]
    api.stack.consume("RecordQueue", batch(*api.stack.bodies("RecordQueue")))
    (listed,) = api.get("/v1/runs?record=contact:7")["items"]
    run = api.get(f"/v1/runs/{listed['id']}?lang={lang}")
    assert (run["event"]["id"], run["status"]) == (seen, "done")
    assert (run["reason"]["code"], run["reason"]["params"]) == ("run.steps_done", {"done": 1, "count": 1})
    plain = str.maketrans("", "", "\u2068\u2069")
    assert run["reason"]["text"].translate(plain) == text
    assert run["sentence"].translate(plain).endswith(text)
    [job] = run["jobs"]
    assert job["reason"]["params"] == {"ref": "contact:7", "tags": ["called"]}


@pytest.mark.parametrize("call", ["stop", "pause", "resume"])
def test_a_run_that_is_not_there_cannot_be_changed(api: Api, call: str) -> None:
    assert api.call("POST", f"/v1/runs/run_gone/{call}").status == 404


def test_a_paused_run_does_nothing_until_it_is_resumed(api: Api, seen: str) -> None:
    begun: list[Any] = []
    machine = type("Machine", (), {"start_execution": lambda *_, **asked: begun.append(json.loads(asked["input"]))})
    api.stack.replaced["stepfunctions"] = machine()
    (listed,) = api.get("/v1/runs?record=contact:7")["items"]
    paused = api.call("POST", f"/v1/runs/{listed['id']}/pause").document
    assert (paused["status"], paused["reason"]["code"], paused["paused_until"]) == ("paused", "admin.paused", None)
    assert [run["id"] for run in api.get("/v1/runs?status=paused")["items"]] == [listed["id"]]
    (job,) = api.stack.bodies("RecordQueue")
    answer = api.stack.consume("RecordQueue", batch(job))
    assert (answer, begun) == ({"batchItemFailures": []}, [])
    assert "tags" not in api.get("/v1/records/contact/7")["fields"]
    resumed = api.call("POST", f"/v1/runs/{listed['id']}/resume").document
    assert (resumed["status"], resumed["reason"]) == ("running", None)
    assert api.call("POST", f"/v1/runs/{listed['id']}/resume").status == 200
    for wait in begun:
        api.stack.invoke("advance_sequence", wait)
    api.stack.consume("RecordQueue", batch(*api.stack.bodies("RecordQueue")))
    assert api.get("/v1/records/contact/7")["fields"]["tags"] == ["called"]
    assert api.call("POST", f"/v1/runs/{listed['id']}/pause").status == 409
    assert api.call("POST", f"/v1/runs/{listed['id']}/resume").status == 409


@pytest.mark.parametrize("call", ["pause", "resume"])
def test_pausing_and_resuming_need_the_scope_of_changing_runs(api: Api, seen: str, call: str) -> None:
    (listed,) = api.get("/v1/runs?record=contact:7")["items"]
    reader = Api(api.stack, "runs:read records:write rules:write")
    assert reader.call("POST", f"/v1/runs/{listed['id']}/{call}").status == 403


def test_a_step_is_skipped_and_an_unknown_one_refused(api: Api, seen: str) -> None:
    api.stack.replaced["stepfunctions"] = type("Machine", (), {"start_execution": lambda *_, **__: None})()
    (listed,) = api.get("/v1/runs?record=contact:7")["items"]
    target = f"/v1/runs/{listed['id']}/skip"
    assert api.call("POST", target, {"step": "other"}).fields == ["step"]
    assert api.call("POST", target, {}).status == 422
    assert Api(api.stack, "runs:read").call("POST", target, {"step": "tag"}).status == 403
    skipped = api.call("POST", target, {"step": "tag"}).document
    assert [(job["status"], job["reason"]["code"]) for job in skipped["jobs"]] == [("skipped", "admin.skipped")]
    assert api.call("POST", target.replace(listed["id"], "run_x"), {"step": "tag"}).status == 404
