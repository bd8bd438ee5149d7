"""Enrolments through the API, the deployed worker and the deployed matcher, on real stores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import Api
from tests.functions.payloads import batch, envelope, failed
from tests.functions.stack import Stack

STEP = {"id": "mail", "action": "send_email", "with": {"subject": "Hello", "text": "Hello"}}


class Machines:
    """Notes the executions that are started."""

    def __init__(self) -> None:
        self.started: dict[str, str] = {}

    def start_execution(self, *, name: str, input: str, **_: Any) -> None:  # noqa: A002 - AWS's name
        self.started[name] = input


@pytest.fixture
def machines(stack: Stack) -> Machines:
    stack.replaced["stepfunctions"] = machines = Machines()
    return machines


@pytest.fixture
def enrolment(stack: Stack, machines: Machines) -> str:
    """The id of an enrolment of four contacts, of whom two have one address."""
    api = Api(stack)
    for number in range(4):
        api.call("PUT", f"/v1/records/contact/{number}", {"email": f"p{number % 3}@example.com"})
    stack.events()
    rule = api.has_rule(trigger={"manual": True}, steps=[STEP], mode="on")
    answer = api.call("POST", f"/v1/rules/{rule['id']}/run", {"kind": "contact"})
    assert (answer.status, list(answer.document)) == (202, ["enrolment"])
    return str(answer.document["enrolment"])


def work(stack: Stack, enrolment: str, turn: int = 1) -> dict[str, Any]:
    """A call of the state machine."""
    answer = stack.invoke("enrol_view", {"work": {"enrolment": enrolment, "turn": turn}, "cursor": None})
    return dict(answer)


def match(stack: Stack) -> int:
    """The matcher takes what is on the bus."""
    events = stack.events()
    for event in events:
        assert failed(stack.consume("EventQueue", batch(envelope(event, event["type"])))) == []
    return len(events)


def test_an_enrolment_tells_how_far_it_came_and_what_became_of_whom(stack: Stack, enrolment: str) -> None:
    api = Api(stack, "runs:read")
    begun = api.get(f"/v1/enrolments/{enrolment}")
    assert (begun["status"], begun["progress"], begun["counts"]) == ("running", {"done": 0, "of": None}, {})
    assert work(stack, enrolment) == {"more": True, "wait": 2, "cursor": 1}
    counted = api.get(f"/v1/enrolments/{enrolment}")
    assert (counted["progress"], counted["counts"]) == ({"done": 1, "of": 4}, {"duplicate": 1})
    assert match(stack) == 3
    assert work(stack, enrolment) == {"more": False, "wait": 0, "cursor": None}
    done = api.get(f"/v1/enrolments/{enrolment}?lang=tr")
    assert (done["status"], done["progress"]) == ("done", {"done": 4, "of": 4})
    assert done["counts"] == {"entered": 3, "duplicate": 1}
    assert [(each["code"], each["count"]) for each in done["outcomes"]] == [
        ("enrolled.entered", 3),
        ("enrolled.duplicate", 1),
    ]
    assert done["outcomes"][0]["text"] == "girdi"
    assert (done["asked"], done["kind"], done["per_person"], done["created_by"]) == ("run", "contact", True, "key_1")


def test_it_is_paused_resumed_and_stopped(stack: Stack, machines: Machines, enrolment: str) -> None:
    api = Api(stack, "runs:read runs:write")
    paused = api.call("POST", f"/v1/enrolments/{enrolment}/pause")
    assert (paused.status, paused.document["status"]) == (200, "paused")
    assert paused.document["reason"]["params"] == {"by": "key_1"}
    assert work(stack, enrolment) == {"more": False, "wait": 0, "cursor": None}
    assert stack.events() == []
    resumed = api.call("POST", f"/v1/enrolments/{enrolment}/resume")
    assert (resumed.status, resumed.document["status"], resumed.document["reason"]) == (202, "running", None)
    assert set(machines.started) == {f"{enrolment}-1", f"{enrolment}-2"}
    assert work(stack, enrolment, turn=1) == {"more": False, "wait": 0, "cursor": None}, "of the turn before"
    assert work(stack, enrolment, turn=2)["more"]
    assert match(stack) == 3
    stopped = api.call("POST", f"/v1/enrolments/{enrolment}/stop")
    assert stopped.document["status"] == "stopped"
    work(stack, enrolment, turn=2)
    assert api.get(f"/v1/enrolments/{enrolment}")["counts"] == {"entered": 3, "duplicate": 1}
    refused = api.call("POST", f"/v1/enrolments/{enrolment}/resume")
    assert (refused.status, refused.document["code"]) == (409, "enrolment.over")


def test_enrolments_are_listed_all_or_by_rule(stack: Stack, enrolment: str) -> None:
    api = Api(stack)
    rule = api.get(f"/v1/enrolments/{enrolment}")["rule"]
    for target in ("/v1/enrolments", f"/v1/enrolments?rule={rule}"):
        assert [each["id"] for each in api.get(target)["items"]] == [enrolment]
    assert api.get("/v1/enrolments?rule=rule_none")["items"] == []


@pytest.mark.parametrize(
    ("method", "target", "scope"),
    [
        ("GET", "", "runs:write"),
        ("GET", "/{id}", "runs:write"),
        ("POST", "/{id}/pause", "runs:read"),
        ("POST", "/{id}/resume", "runs:read"),
        ("POST", "/{id}/stop", "runs:read"),
    ],
)
def test_a_key_without_the_scope_is_refused(stack: Stack, enrolment: str, method: str, target: str, scope: str) -> None:
    answer = Api(stack, scope).call(method, f"/v1/enrolments{target.format(id=enrolment)}")
    assert (answer.status, answer.document["code"]) == (403, "api_key.missing_scope")


def test_one_that_is_not_there_is_not_found(stack: Stack) -> None:
    for method, action in (("GET", ""), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/stop")):
        answer = Api(stack).call(method, f"/v1/enrolments/evt_none{action}")
        assert (answer.status, answer.document["code"]) == (404, "enrolment.not_found")


VIP = {"field": "record.tags", "op": "has", "value": "vip"}


@pytest.fixture
def vips(stack: Stack, machines: Machines) -> str:
    """The id of a continuous rule that is off; two of three contacts fit it."""
    api = Api(stack)
    for number, tags in enumerate((["vip"], [], ["vip", "new"])):
        api.call("PUT", f"/v1/records/contact/{number}", {"tags": tags})
    stack.events()
    rule = api.has_rule(trigger={"enters": {"kind": "contact", "filter": VIP}}, mode="off")
    return str(rule["id"])


def test_to_switch_a_rule_on_enrols_who_fits_already(stack: Stack, vips: str) -> None:
    body, key = {"mode": "on", "existing": "enrol"}, {"Idempotency-Key": "once"}
    first, again = (Api(stack).call("PUT", f"/v1/rules/{vips}/mode", body, key) for _ in range(2))
    assert first.status == again.status == 200
    assert first.document["mode"] == "on"
    assert first.document["enrolment"] == again.document["enrolment"]
    enrolment = first.document["enrolment"]
    assert work(stack, enrolment)["more"]
    assert match(stack) == 2
    assert not work(stack, enrolment)["more"]
    told = Api(stack).get(f"/v1/enrolments/{enrolment}")
    assert (told["asked"], told["status"], told["counts"]) == ("existing", "done", {"entered": 2})
    runs = Api(stack).get(f"/v1/runs?rule={vips}")["items"]
    assert sorted(run["record"] for run in runs) == ["contact:0", "contact:2"]


def test_a_key_stands_for_one_request(stack: Stack, vips: str) -> None:
    """Of either way to begin an enrolment: another body under the same key is refused, and begins nothing."""
    api, key = Api(stack), {"Idempotency-Key": "once"}
    manual = api.has_rule(trigger={"manual": True}, mode="on")["id"]
    first = api.call("POST", f"/v1/rules/{manual}/run", {"record": "contact:0"}, key)
    again = api.call("POST", f"/v1/rules/{manual}/run", {"record": "contact:0"}, key)
    assert (first.status, again.document) == (202, first.document)
    for body in ({"record": "contact:1"}, {"kind": "contact"}, {}):
        refused = api.call("POST", f"/v1/rules/{manual}/run", body, key)
        assert (refused.status, refused.document["code"]) == (409, "idempotency_key.reused")
    assert len({event["id"] for event in stack.events()}) == 1
    body = {"mode": "on", "existing": "enrol"}
    assert api.call("PUT", f"/v1/rules/{vips}/mode", body, key).status == 200
    refused = api.call("PUT", f"/v1/rules/{vips}/mode", {**body, "mode": "shadow"}, key)
    assert (refused.status, refused.document["code"]) == (409, "idempotency_key.reused")
    assert api.get(f"/v1/rules/{vips}")["mode"] == "on"


@pytest.mark.parametrize("body", [{"mode": "on"}, {"mode": "on", "existing": "skip"}])
def test_to_switch_a_rule_on_enrols_nobody_otherwise(
    stack: Stack, machines: Machines, vips: str, body: dict[str, str]
) -> None:
    answer = Api(stack).call("PUT", f"/v1/rules/{vips}/mode", body)
    assert (answer.status, answer.document["enrolment"]) == (200, None)
    assert machines.started == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [({"mode": "off", "existing": "enrol"}, "existing"), ({"mode": "on", "existing": "all"}, "existing")],
)
def test_what_cannot_be_meant_switches_nothing(stack: Stack, vips: str, body: dict[str, str], field: str) -> None:
    answer = Api(stack).call("PUT", f"/v1/rules/{vips}/mode", body)
    assert (answer.status, answer.fields) == (422, [field])
    assert Api(stack).get(f"/v1/rules/{vips}")["mode"] == "off"


def test_to_enrol_takes_the_scope_to_run(stack: Stack, vips: str) -> None:
    body = {"mode": "on", "existing": "enrol"}
    answer = Api(stack, "rules:read rules:write").call("PUT", f"/v1/rules/{vips}/mode", body)
    assert (answer.status, answer.document["params"]) == (403, {"scope": "runs:write"})
    assert Api(stack).get(f"/v1/rules/{vips}")["mode"] == "off"
