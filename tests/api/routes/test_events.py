"""/v1/events through the handler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.routes.calls import CALL
from tests.functions.api import Api


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


def test_a_key_that_came_with_another_body_is_a_conflict(api: Api) -> None:
    key = {"idempotency-key": "k1"}
    first = api.call("POST", "/v1/events", CALL, key)
    again = api.call("POST", "/v1/events", CALL, key)
    assert (first.status, again.status) == (202, 202)
    assert first.document == again.document
    other = api.call("POST", "/v1/events", [CALL, CALL], key)
    assert (other.status, other.document["code"]) == (409, "idempotency_key.reused")
    assert Api(api.stack, key="key_2").call("POST", "/v1/events", [CALL, CALL], key).status == 202


GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_the_callers_trace_goes_on_with_the_event(api: Api) -> None:
    api.call("POST", "/v1/events", [CALL, CALL], {"traceparent": GIVEN})
    assert [event["traceparent"] for event in api.stack.events()] == [GIVEN, GIVEN]


@pytest.mark.parametrize("text", ["", "mine", GIVEN.upper(), GIVEN + "-x", 3000 * "0"])
def test_a_trace_that_is_not_valid_is_ignored(api: Api, text: str) -> None:
    assert api.call("POST", "/v1/events", CALL, {"traceparent": text}).status == 202
    (event,) = api.stack.events()
    assert event["traceparent"] not in (text, GIVEN)
    assert len(event["traceparent"]) == len(GIVEN)
