"""/v1/runs through the handler."""

from __future__ import annotations

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


def test_a_run_that_is_not_there_cannot_be_stopped(api: Api) -> None:
    assert api.call("POST", "/v1/runs/run_gone/stop").status == 404
