"""A key that may only watch sees what happened, and neither people's data nor the conditions of rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.routes.calls import CALL
from tests.functions.api import Api
from tests.functions.payloads import batch
from whenthen.api.visibility import HIDDEN, Sight
from whenthen.domain.common.errors import AT_FIELD
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.usecases.sending.attempts import GIVEN_UP

PERSONAL = ("905321234567", "Ayşe", "ayse@example.com", "Secret Street")
CONDITION = "sales"


@pytest.fixture
def told(api: Api) -> str:
    """The id of an event that is full of personal data, and started a rule with conditions."""
    api.has_rule(mode="on", conditions={"field": "record.name", "op": "equals", "value": "Ayşe"})
    api.has_rule(mode="on", name="Sales only", conditions={"field": "record.team", "op": "equals", "value": CONDITION})
    record = {"phone": "+905321234567", "name": "Ayşe", "email": "ayse@example.com", "address": "Secret Street 1"}
    api.call("PUT", "/v1/records/contact/7", record)
    api.call("POST", "/v1/events", {**CALL, "data": {"line": "x", "caller": "Ayşe, Secret Street 1"}})
    api.stack.consume("EventQueue", batch(*(message["Body"] for message in api.stack.messages("EventQueue"))))
    return str(api.get("/v1/runs?record=contact:7")["items"][0]["event"]["id"])


def pages(api: Api, event: str, scopes: str) -> dict[str, Any]:
    reader = Api(api.stack, scopes=scopes)
    run = reader.get("/v1/runs?record=contact:7")["items"][0]["id"]
    targets = {
        "event": f"/v1/events/{event}",
        "explain": f"/v1/events/{event}/explain",
        "runs": "/v1/runs?record=contact:7",
        "run": f"/v1/runs/{run}",
        "timeline": "/v1/records/contact/7/timeline",
    }
    return {name: reader.get(target) for name, target in targets.items()}


def found_in(document: Any, words: tuple[str, ...]) -> list[str]:
    text = json.dumps(document, ensure_ascii=False)
    return [word for word in words if word in text]


def test_runs_read_alone_shows_no_value_of_a_person_and_no_condition(api: Api, told: str) -> None:
    seen = pages(api, told, "runs:read")
    for name, document in seen.items():
        assert found_in(document, (*PERSONAL, CONDITION, "record.team", "record.name")) == [], name
    assert seen["event"]["event"]["id"] == told
    assert (seen["event"]["event"]["data"], seen["event"]["record"]) == ({}, None)
    assert [rule["outcome"] for rule in seen["explain"]["rules"]] == ["started", "not_met"]
    assert all(rule["conditions"] is None and rule["reasons"] == [] for rule in seen["explain"]["rules"])
    assert seen["run"]["jobs"][0]["status"] == "pending"
    assert {"run", "event"} <= {key for entry in seen["timeline"]["items"] for key in entry}


def test_with_rules_read_conditions_are_shown_without_the_values_of_people(api: Api, told: str) -> None:
    seen = pages(api, told, "runs:read rules:read")
    (not_met,) = [rule for rule in seen["explain"]["rules"] if rule["outcome"] == "not_met"]
    assert not_met["conditions"]["expected"] == CONDITION
    assert not_met["conditions"]["actual"] == HIDDEN
    assert HIDDEN in not_met["sentence"]
    for name in ("event", "runs", "run", "timeline"):
        assert found_in(seen[name], PERSONAL) == [], name
    # The rule's own text may name a person: it is the rule's.
    assert found_in(seen["explain"], PERSONAL) == ["Ayşe"]
    (started,) = [rule for rule in seen["explain"]["rules"] if rule["outcome"] == "started"]
    assert started["conditions"]["actual"] == HIDDEN


def test_with_records_read_people_are_shown_and_conditions_are_not(api: Api, told: str) -> None:
    seen = pages(api, told, "runs:read records:read")
    assert seen["event"]["record"]["fields"]["name"] == "Ayşe"
    assert seen["event"]["event"]["data"]["caller"] == "Ayşe, Secret Street 1"
    assert seen["run"]["event"]["identities"] == ["phone#+905321234567"]
    assert found_in(seen["explain"], (CONDITION, "record.team")) == []


@pytest.mark.parametrize("scopes", ["admin", "runs:read records:read rules:read"])
def test_with_all_of_them_everything_is_shown(api: Api, told: str, scopes: str) -> None:
    seen = pages(api, told, scopes)
    (not_met,) = [rule for rule in seen["explain"]["rules"] if rule["outcome"] == "not_met"]
    assert (not_met["conditions"]["expected"], not_met["conditions"]["actual"]) == (CONDITION, None)
    assert found_in(seen["event"], PERSONAL) == list(PERSONAL)


def test_stopping_a_run_shows_no_more_than_reading_it(api: Api, told: str) -> None:
    api.stack.replaced["stepfunctions"] = type("Machine", (), {"stop_execution": lambda *_, **__: None})()
    run = api.get("/v1/runs?record=contact:7")["items"][0]["id"]
    stopped = Api(api.stack, scopes="runs:write").call("POST", f"/v1/runs/{run}/stop")
    assert (stopped.status, stopped.document["reason"]["code"]) == (200, "admin.stopped")
    assert found_in(stopped.document, PERSONAL) == []


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (Reason("mail.invalid_address", {"value": "ayse@"}), Reason("mail.invalid_address", {"value": HIDDEN})),
        (
            AT_FIELD(field="with.to", problem=Reason("mail.invalid_address", {"value": "ayse@"})),
            AT_FIELD(field="with.to", problem=Reason("mail.invalid_address", {"value": HIDDEN})),
        ),
        (
            GIVEN_UP(count=3, reason=Reason("mail.invalid_address", {"value": "ayse@"})),
            GIVEN_UP(count=3, reason=Reason("mail.invalid_address", {"value": HIDDEN})),
        ),
        (Reason("record.owner_set", {"ref": "lead:1", "owner": "Ayşe"}),
         Reason("record.owner_set", {"ref": "lead:1", "owner": HIDDEN})),
        (Reason("x.y", {"values": ["a", 905321234567, None]}), Reason("x.y", {"values": [HIDDEN, HIDDEN, None]})),
    ],
)  # fmt: skip
def test_a_reason_keeps_its_code_and_loses_its_values(reason: Reason, shown: Reason) -> None:
    assert Sight(fields=False, conditions=True).reason(reason) == shown
    assert Sight(fields=True, conditions=False).reason(reason) == reason


def test_a_job_s_result_keeps_ids_only() -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    result = {"message_id": "m1", "answer": "Dear Ayşe"}
    job = Job("r", "s", 0, "send_email", datetime(2026, 1, 1, tzinfo=UTC), status=JobStatus.DONE, result=result)
    assert Sight(fields=False, conditions=False).job(job).result == {"message_id": "m1"}
    assert Sight(fields=True, conditions=False).job(job).result == result
