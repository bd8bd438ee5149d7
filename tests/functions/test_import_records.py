"""import_records and /v1/imports on the functions as deployed: a file is ordered, uploaded, and worked off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws import client
from tests.functions.api import Api
from tests.functions.stack import BUCKET, Stack
from whenthen.usecases.records import import_records

WRITTEN = {"kind": "contact", "format": "csv", "rules": "run", "columns": {"Mail": "email"}}


@pytest.fixture(autouse=True)
def bucket(stack: Stack) -> None:
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})


class Machine:
    """Notes what was started."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []

    def start(self, import_id: str, turn: int) -> None:
        self.started.append((import_id, turn))


@pytest.fixture
def machine(stack: Stack) -> Machine:
    stack.adapters["import_workers"] = Machine()
    found: Machine = stack.adapters["import_workers"]
    return found


def ordered(stack: Stack, data: bytes, **more: Any) -> dict[str, Any]:
    answer = Api(stack).call("POST", "/v1/imports", {**WRITTEN, **more})
    assert answer.status == 201, answer.document
    assert answer.headers["location"] == f"/v1/imports/{answer.document['id']}"
    client("s3").put_object(Bucket=BUCKET, Key=f"imports/{answer.document['id']}", Body=data)
    found: dict[str, Any] = answer.document
    return found


def test_a_file_becomes_records(stack: Stack, machine: Machine) -> None:
    work = ordered(stack, b"id,Mail\na,a@example.com\nb,nonsense\n")
    address = f"/v1/imports/{work['id']}"
    assert Api(stack).call("POST", f"{address}/start").document["status"] == "running"
    assert machine.started == [(work["id"], 1)]
    assert stack.invoke("import_records", {"work": {"import": work["id"]}, "cursor": None}) == {
        "more": False,
        "cursor": None,
    }
    told = Api(stack).get(address)
    assert (told["status"], told["rows"]) == ("done", {"created": 1, "updated": 0, "unchanged": 0, "refused": 1})
    assert told["progress"] == {"bytes": 35, "of": 35, "line": 4}
    assert [row["line"] for row in told["refused"]] == [3]
    assert told["refused"][0]["reason"]["code"] == "input.at_field"
    turkish = Api(stack).get(f"{address}?lang=tr")["refused"][0]["reason"]
    assert {**turkish, "text": ""} == {**told["refused"][0]["reason"], "text": ""}
    assert turkish["text"] != told["refused"][0]["reason"]["text"]
    assert Api(stack).get("/v1/records/contact/a")["origin"] == "import"
    assert [item["id"] for item in Api(stack).get("/v1/imports")["items"]] == [work["id"]]


def test_an_import_that_was_stopped_does_nothing_more(stack: Stack, machine: Machine) -> None:
    work = ordered(stack, b"Mail\na@example.com\n")
    Api(stack).call("POST", f"/v1/imports/{work['id']}/start")
    assert Api(stack).call("POST", f"/v1/imports/{work['id']}/stop").document["status"] == "stopped"
    assert not stack.invoke("import_records", {"work": {"import": work["id"]}, "cursor": None})["more"]
    assert Api(stack).get(f"/v1/imports/{work['id']}")["rows"]["created"] == 0


def test_the_cursor_counts_the_calls(stack: Stack, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_records, "BATCHES", 1)
    monkeypatch.setattr(import_records, "MAX_CALLS", 2)
    work = ordered(stack, b"id,Mail\n" + b"".join(b"a,a%d@example.com\n" % number for number in range(5)))
    address = f"/v1/imports/{work['id']}"
    Api(stack).call("POST", f"{address}/start")
    event = {"work": {"import": work["id"]}, "cursor": None}
    assert stack.invoke("import_records", event) == {"more": True, "cursor": 1}
    assert stack.invoke("import_records", {**event, "cursor": 1}) == {"more": False, "cursor": None}
    told = Api(stack).get(address)
    assert (told["status"], told["reason"]["code"], told["reason"]["params"]) == (
        "stopped",
        "import.rests",
        {"count": 2},
    )


def test_what_is_wrong_with_an_order_is_named(stack: Stack) -> None:
    answer = Api(stack).call("POST", "/v1/imports", {"kind": "contact", "format": "xml"})
    assert (answer.status, answer.fields) == (422, ["rules", "format"])


def test_a_file_that_was_not_uploaded_is_no_import(stack: Stack) -> None:
    work = Api(stack).call("POST", "/v1/imports", WRITTEN).document
    assert Api(stack).call("POST", f"/v1/imports/{work['id']}/start").status == 409


def test_to_let_records_enter_rules_takes_the_scope_of_starting_them(stack: Stack) -> None:
    body = {**WRITTEN, "rules": "enrol", "enrol": ["rule_1"]}
    assert Api(stack, "records:write").call("POST", "/v1/imports", body).status == 403
    assert Api(stack, "records:write runs:write").call("POST", "/v1/imports", body).fields == ["enrol[0]"]


def test_so_does_to_start_what_another_ordered(stack: Stack, machine: Machine) -> None:
    rule = Api(stack).has_rule(trigger={"manual": True}, mode="on")
    work = ordered(stack, b"Mail\na@example.com\n", rules="enrol", enrol=[rule["id"]])
    address = f"/v1/imports/{work['id']}/start"
    assert Api(stack, "records:write").call("POST", address).status == 403
    assert machine.started == []
    assert Api(stack, "records:write runs:write").call("POST", address).status == 202
    assert Api(stack, "records:write").call("POST", "/v1/imports/imp_none/start").status == 404
