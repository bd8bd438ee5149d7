"""docs/openapi.json is what the routes and models say, and what they answer is what it says.

Every call of `Api` holds its answer against the document.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.openapi import OPENAPI, document, text
from tests.functions.api import RULE, Api
from tests.functions.contract import faults_of
from tests.functions.payloads import batch, http
from tests.functions.stack import Stack
from whenthen.api.models.base import EXTENDS, SCHEMA
from whenthen.sources.meta.lead_forms import LeadForm

RECORD = "/v1/records/{kind}/{record_id}"


def test_the_committed_document_is_the_generated_one() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == text(), "run: python -m dev.openapi"


def test_every_operation_is_named_described_and_secured() -> None:
    found = document()
    operations = [operation for item in found["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] and operation["description"] for operation in operations)
    assert found["security"] == [{name: []} for name in found["components"]["securitySchemes"]]


def test_every_reference_leads_somewhere() -> None:
    found = document()
    for target in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(found))):
        place: Any = found
        for part in target.split("/"):
            place = place[part]
        assert place, target


def test_every_body_and_every_answer_refers_to_a_schema_that_has_a_name() -> None:
    untyped = set()
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            shown = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            for each in (operation.get("requestBody", {}), *shown):
                if "content" in each and "#/components/schemas/" not in json.dumps(each["content"]):
                    untyped.add((method, path))
    # A record's fields are the customer's own, and a JSON Schema is described by its own specification.
    own = {("post", "/v1/records/{kind}"), ("put", RECORD), ("patch", RECORD), ("get", "/v1/catalogue/schemas/{name}")}
    assert untyped <= own


def test_marks_of_schemas_are_all_resolved() -> None:
    assert not re.search(rf'"({SCHEMA}|{EXTENDS})"', text())


def test_a_saved_rule_has_the_members_of_a_rule_beside_its_own() -> None:
    schemas = document()["components"]["schemas"]
    rule, saved = schemas["Rule"], schemas["SavedRule"]
    assert rule["properties"].keys() < saved["properties"].keys()
    assert saved["properties"]["steps"] == rule["properties"]["steps"]
    assert {"name", "trigger", "id", "version", "sentence", "updated_at", "updated_by"} == set(saved["required"])


def test_a_source_is_put_without_its_name_and_with_its_secret() -> None:
    schemas = document()["components"]["schemas"]
    body = schemas["SourceWithSecret"]
    assert (body["required"], body["additionalProperties"]) == (["scheme"], False)
    assert {"secret", "previous_secret", "mappings"} < body["properties"].keys()
    assert faults_of("SourceWithSecret", {"scheme": "stripe", "form": {"honeypot": "website"}}) != []
    assert faults_of("SourceWithSecret", {"scheme": "form_token", "form": {"honeypot": "website"}}) == []


@pytest.fixture
def api(stack: Stack) -> Api:
    """A client of a stack on which one event has started one rule."""
    api = Api(stack)
    api.has_rule(mode="on")
    api.call("PUT", "/v1/records/contact/7", {"first_name": "Ayşe"})
    api.call("POST", "/v1/events", {"type": "call.incoming_missed", "subject": "contact:7"})
    stack.consume("EventQueue", batch(*(message["Body"] for message in stack.messages("EventQueue"))))
    stack.replaced["stepfunctions"] = type("Machine", (), {"stop_execution": lambda *_, **__: None})()
    return api


def test_a_rule_and_a_record_through_their_lives_answer_as_declared(api: Api) -> None:
    rule = api.call("POST", "/v1/rules", RULE).document["id"]
    for method, path, body, status in (
        ("GET", "", None, 200),
        ("PUT", "", {**RULE, "name": "Second"}, 200),
        ("PUT", "/mode", {"mode": "on"}, 200),
        ("GET", "/versions", None, 200),
        ("GET", "/lint", None, 200),
        ("DELETE", "", None, 204),
        ("GET", "", None, 404),
    ):
        assert api.call(method, f"/v1/rules/{rule}{path}", body).status == status
    assert api.call("GET", "/v1/rules").document["items"]
    assert api.call("POST", "/v1/rules", {}).status == 422
    assert api.call("POST", "/v1/records/contact", {"email": "budi@example.com"}).status == 200
    assert api.call("GET", "/v1/records/contact").document["items"]
    for method, body in (("GET", None), ("PUT", {"a": 1}), ("PATCH", {"a": 2}), ("DELETE", None)):
        assert api.call(method, "/v1/records/contact/7", body).status in (200, 204)


def test_a_view_and_its_rules_answer_as_declared(api: Api) -> None:
    view = {"name": "Important", "kind": "contact", "filter": {"field": "record.tags", "op": "has", "value": "vip"}}
    made = api.call("POST", "/v1/views", view)
    assert made.status == 201
    address = made.headers["location"]
    for method, body in (("GET", None), ("PUT", {**view, "name": "Very important"}), ("DELETE", None)):
        assert api.call(method, address, body).status in (200, 204)
    api.call("POST", "/v1/views", view)
    assert api.get("/v1/views")["items"]


def test_histories_answer_as_declared(api: Api) -> None:
    (run,) = api.get("/v1/runs?record=contact:7")["items"]
    event = run["event"]["id"]
    assert api.get(f"/v1/events/{event}")["record"]["ref"] == "contact:7"
    assert api.get(f"/v1/events/{event}/explain")["rules"]
    assert api.get(f"/v1/runs/{run['id']}")["jobs"]
    assert api.call("POST", f"/v1/runs/{run['id']}/stop").document["reason"]["code"] == "admin.stopped"
    assert api.call("POST", "/v1/events", {"type": "test.happened"}).status == 202
    assert api.call("GET", "/v1/runs").status == 422  # neither rule nor record nor status
    assert {"run", "event"} <= {name for item in api.get("/v1/records/contact/7/timeline")["items"] for name in item}


def test_sources_and_settings_answer_as_declared(api: Api) -> None:
    assert api.call("PUT", "/v1/sources/shop", {"scheme": {"kind": "bearer"}}).document["secret"]
    assert api.get("/v1/sources")["items"] == [api.get("/v1/sources/shop")]
    assert api.call("POST", "/v1/sources/shop/try", {"body": {"a": 1}}).document["items"]
    hook = http("POST", "/hooks/shop", b"{}", {}, route="POST /hooks/{source}", path={"source": "shop"})
    assert api.stack.invoke("receive_webhook", hook)["statusCode"] == 401
    assert api.get("/v1/sources/shop/refused")["items"][0]["reason"]["text"]
    assert api.call("PUT", "/v1/settings/leads", {"forms": ["4711"]}).document == {"forms": ["4711"]}
    api.stack.wiring("fetch_lead").lead_forms.note(LeadForm("4711", datetime(2026, 3, 14, tzinfo=UTC)))
    assert api.get("/v1/sources/meta/forms")["items"][0]["error"] is None
    assert api.call("PUT", "/v1/settings/people", {"create": {"email": "contact"}}).status == 200
    assert api.get("/v1/settings/people") == {"create": {"email": "contact"}}
