"""docs/openapi.json is what the routes say, and what they answer is what it says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.openapi import OPENAPI, document, text
from tests.functions.api import RULE, Api
from tests.functions.payloads import batch, http
from tests.functions.stack import Stack
from whenthen.sources.meta.lead_forms import LeadForm

TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


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


def _faults(value: Any, schema: Any, where: str = "") -> list[str]:
    """Where a value does not have the shape of a schema, of those that the document uses."""
    if "$ref" in schema:
        return _faults(value, document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]], where)
    if "anyOf" in schema:
        options = [_faults(value, option, where) for option in schema["anyOf"]]
        return [] if [] in options else options[0]
    faults = [fault for part in schema.get("allOf", ()) for fault in _faults(value, part, where)]
    wanted = schema.get("type", [])
    names = wanted if isinstance(wanted, list) else [wanted]
    if names and not isinstance(value, tuple(TYPES[name] for name in names)):
        return [f"{where} is {value!r}, not {wanted}"]
    if isinstance(value, dict):
        faults += [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, inner in schema.get("properties", {}).items():
            faults += _faults(value[name], inner, f"{where}.{name}") if name in value else []
    for place, item in enumerate(value if isinstance(value, list) else ()):
        faults += _faults(item, schema.get("items", {}), f"{where}[{place}]")
    return faults


def _check(api: Api, method: str, path: str, body: Any = None, **names: str) -> Any:
    answer = api.call(method, path.format(**names), body)
    told = document()["paths"][path][method.lower()]["responses"][str(answer.status)]
    told = document()["components"]["responses"][str(answer.status)] if "$ref" in told else told
    for header in told.get("headers", ()):
        assert header.lower() in answer.headers
    assert ("content" in told) == (answer.document is not None)
    for kind, content in told.get("content", {}).items():
        assert answer.headers["content-type"] == kind
        assert _faults(answer.document, content["schema"]) == []
    return answer.document


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


def test_real_answers_have_the_shapes_that_are_told(api: Api) -> None:
    rule = _check(api, "POST", "/v1/rules", RULE)["id"]
    for method, path, body in (
        ("GET", "/v1/rules/{rule_id}", None),
        ("PUT", "/v1/rules/{rule_id}", {**RULE, "name": "Second"}),
        ("PUT", "/v1/rules/{rule_id}/mode", {"mode": "on"}),
        ("GET", "/v1/rules/{rule_id}/versions", None),
        ("DELETE", "/v1/rules/{rule_id}", None),
        ("GET", "/v1/rules/{rule_id}", None),
    ):
        _check(api, method, path, body, rule_id=rule)
    _check(api, "GET", "/v1/rules")
    _check(api, "POST", "/v1/rules", {})
    _check(api, "POST", "/v1/records/{kind}", {"email": "budi@example.com"}, kind="contact")
    _check(api, "GET", "/v1/records/{kind}", kind="contact")
    for method, body in (("GET", None), ("PUT", {"a": 1}), ("PATCH", {"a": 2}), ("DELETE", None)):
        _check(api, method, "/v1/records/{kind}/{record_id}", body, kind="contact", record_id="7")


def test_real_histories_have_the_shapes_that_are_told(api: Api) -> None:
    (run,) = api.get("/v1/runs?record=contact:7")["items"]
    _check(api, "GET", "/v1/events/{event_id}", event_id=run["event"]["id"])
    _check(api, "GET", "/v1/events/{event_id}/explain", event_id=run["event"]["id"])
    _check(api, "GET", "/v1/runs/{run_id}", run_id=run["id"])
    _check(api, "POST", "/v1/runs/{run_id}/stop", run_id=run["id"])
    _check(api, "POST", "/v1/events", {"type": "test.happened"})
    _check(api, "GET", "/v1/runs")  # names a field: neither rule nor record nor status
    _check(api, "PUT", "/v1/sources/{name}", {"scheme": {"kind": "bearer"}}, name="shop")
    _check(api, "GET", "/v1/sources/{name}", name="shop")
    _check(api, "GET", "/v1/sources")
    _check(api, "POST", "/v1/sources/{name}/try", {"body": {"a": 1}}, name="shop")
    hook = http("POST", "/hooks/shop", b"{}", {}, route="POST /hooks/{source}", path={"source": "shop"})
    assert api.stack.invoke("receive_webhook", hook)["statusCode"] == 401
    assert _check(api, "GET", "/v1/sources/{name}/refused", name="shop")["items"]
    _check(api, "GET", "/v1/records/{kind}/{record_id}/timeline", kind="contact", record_id="7")
    _check(api, "PUT", "/v1/settings/{name}", {"forms": ["4711"]}, name="leads")
    api.stack.wiring("fetch_lead").lead_forms.note(LeadForm("4711", datetime(2026, 3, 14, tzinfo=UTC)))
    assert _check(api, "GET", "/v1/sources/meta/forms")["items"]
    _check(api, "PUT", "/v1/settings/{name}", {"create": {"email": "contact"}}, name="people")
    _check(api, "GET", "/v1/settings/{name}", name="people")
