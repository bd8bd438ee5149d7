"""/v1/events, /v1/runs and /v1/sources through the handler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import Api
from tests.functions.payloads import batch
from tests.functions.stack import Stack, client

CALL = {"type": "call.incoming_missed", "person": {"phone": "+905321234567"}, "time": "2026-03-14T09:30:00Z"}
RULE_CONDITIONS = {"field": "event.data.line", "op": "equals", "value": "sales"}


@pytest.fixture
def api(stack: Stack) -> Api:
    """A client that may do everything."""
    return Api(stack)


@pytest.fixture
def seen(api: Api) -> str:
    """The id of an event that started one rule and not another, about a contact."""
    api.has_rule(mode="on")
    api.has_rule(mode="on", name="Sales only", conditions=RULE_CONDITIONS)
    api.call("PUT", "/v1/records/contact/7", {"phone": "+905321234567"})
    api.call("POST", "/v1/events", CALL)
    envelopes = api.stack.messages("EventQueue")
    api.stack.consume("EventQueue", batch(*(message["Body"] for message in envelopes)))
    return str(api.get("/v1/runs?record=contact:7")["items"][0]["event"]["id"])


def test_an_event_is_on_the_bus_when_the_answer_is_given(api: Api) -> None:
    answer = api.call("POST", "/v1/events", CALL)
    (event,) = api.stack.events()
    assert answer.status == 202
    assert answer.document == {"events": [{"id": event["id"], "type": CALL["type"]}]}
    assert event["identities"] == ["phone#+905321234567"]


def test_a_list_of_events_keeps_its_order(api: Api) -> None:
    answer = api.call("POST", "/v1/events", [{"type": f"test.number_{place}"} for place in range(12)])
    assert [event["type"] for event in answer.document["events"]] == [f"test.number_{place}" for place in range(12)]
    assert len(api.stack.events()) == 12


@pytest.mark.parametrize(("headers", "own"), [({"idempotency-key": "a"}, {}), ({}, {"id": "call-1"})])
def test_a_repetition_has_the_same_id(api: Api, headers: dict[str, str], own: dict[str, str]) -> None:
    first, second = (api.call("POST", "/v1/events", {**CALL, **own}, headers) for _ in range(2))
    assert first.document == second.document


def test_without_a_key_or_an_id_each_event_is_one_of_its_own(api: Api) -> None:
    first, second = (api.call("POST", "/v1/events", CALL) for _ in range(2))
    assert first.document != second.document


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "Nonsense"}, "type"),
        ({"type": "lead.created"}, "type"),
        ({**CALL, "time": "yesterday"}, "time"),
        ({**CALL, "person": {"phone": "1"}}, "person"),
        ({**CALL, "subject": "nobody"}, "subject"),
        ({**CALL, "origin": "rule"}, "origin"),
        ({**CALL, "colour": "red"}, "colour"),
        ([CALL, {}], "events[1].type"),
        ([CALL, 1], "events[1]"),
        ([], "events"),
        ([CALL] * 101, "events"),
    ],
)
def test_what_does_not_hold_is_named_and_nothing_is_sent(api: Api, body: Any, field: str) -> None:
    answer = api.call("POST", "/v1/events", body)
    assert answer.status == 422
    assert field in answer.fields
    assert api.stack.events() == []


def test_an_event_shows_its_record_rules_and_runs(api: Api, seen: str) -> None:
    found = api.get(f"/v1/events/{seen}")
    assert (found["event"]["id"], found["record"]["ref"], found["handled"]) == (seen, "contact:7", True)
    (rule,), (run,) = found["rules"], found["runs"]
    assert (run["rule"]["id"], run["status"]) == (rule["id"], "running")


def test_an_explanation_tells_why_a_rule_did_not_start(api: Api, seen: str) -> None:
    explained = api.get(f"/v1/events/{seen}/explain")
    started = {rule["name"]: rule["started"] for rule in explained["rules"]}
    assert started == {"Tag a missed call": True, "Sales only": False}


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
    assert "key_1" in stopped.document["reason"]
    api.stack.consume("RecordQueue", batch(*api.stack.bodies("RecordQueue")))
    assert "tags" not in api.get("/v1/records/contact/7")["fields"]


def test_a_run_that_is_not_there_cannot_be_stopped(api: Api) -> None:
    assert api.call("POST", "/v1/runs/run_gone/stop").status == 404


def test_a_new_source_shows_its_secret_once(api: Api) -> None:
    made = api.call("PUT", "/v1/sources/shop", {"scheme": "standard_webhooks"})
    assert made.status == 200
    kept = client("secretsmanager").get_secret_value(SecretId="whenthen/sources/shop")["SecretString"]
    assert made.document["secret"] in kept
    assert "secret" not in api.call("PUT", "/v1/sources/shop", {"scheme": "standard_webhooks"}).document
    assert api.get("/v1/sources/shop") == {"name": "shop", "scheme": "standard_webhooks"}
    assert api.get("/v1/sources")["items"] == [api.get("/v1/sources/shop")]


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("shop", {"scheme": "trust_me"}, "scheme"),
        ("Shop", {"scheme": "stripe"}, "name"),
        ("meta", {"scheme": "stripe"}, "name"),
        ("shop", {"scheme": "stripe", "secret": ""}, "secret"),
        ("shop", {"scheme": "stripe", "colour": "red"}, "colour"),
    ],
)
def test_a_source_that_does_not_hold_is_named_and_not_kept(api: Api, name: str, body: Any, field: str) -> None:
    answer = api.call("PUT", f"/v1/sources/{name}", body)
    assert answer.status == 422
    assert field in answer.fields
    assert api.call("GET", f"/v1/sources/{name}").status == 404


def test_a_records_timeline_has_its_events_and_runs_newest_first(api: Api, seen: str) -> None:
    told = api.get("/v1/records/contact/7/timeline")
    assert [entry["at"] for entry in told["items"]] == sorted((entry["at"] for entry in told["items"]), reverse=True)
    (event,) = [entry for entry in told["items"] if entry.get("event", {}).get("id") == seen]
    assert len(event["rules"]) == 1
    assert [entry["run"]["event"]["id"] for entry in told["items"] if "run" in entry] == [seen]
    first = api.get("/v1/records/contact/7/timeline?limit=1")
    rest = api.get(f"/v1/records/contact/7/timeline?cursor={first['cursor']}")
    assert first["items"] + rest["items"] == told["items"]


def test_settings_are_checked_and_kept(api: Api) -> None:
    assert api.get("/v1/settings/people") == {}
    refused = api.call("PUT", "/v1/settings/people", {"create": {"email": "deal"}})
    assert (refused.status, refused.fields) == (422, ["create.email"])
    assert api.call("PUT", "/v1/settings/people", {"create": {"email": "contact"}}).status == 200
    assert api.get("/v1/settings/people") == {"create": {"email": "contact"}}
    assert api.call("GET", "/v1/settings/colours").status == 404
    assert Api(api.stack, scopes="rules:write").call("GET", "/v1/settings/people").status == 403
