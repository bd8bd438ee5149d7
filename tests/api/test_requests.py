"""Every route of the API: scopes, bodies, unknown paths, and that refusals are problem documents."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.docs.pages import ROOT, blocks
from tests.functions.api import RULE, Api
from tests.functions.stack import Stack
from whenthen.api.app import whole

MODE, EVENT, SOURCE = {"mode": "on"}, {"type": "call.incoming_missed"}, {"scheme": "standard_webhooks"}
VIEW = {"name": "New leads", "kind": "lead", "filter": {"field": "record.status", "op": "equals", "value": "new"}}
IMPORT = {"kind": "lead", "format": "csv", "rules": "skip"}

TEMPLATE = {"name": "T", "texts": {"en": {"text": "t"}}}
CONNECTION = {"name": "crm", "base_url": "https://api.example.com"}
ROUTES: list[tuple[str, str, Any, str]] = [
    ("POST", "/v1/rules", RULE, "rules:write"),
    ("GET", "/v1/rules", None, "rules:read"),
    ("GET", "/v1/rules/rule_1", None, "rules:read"),
    ("PUT", "/v1/rules/rule_1", RULE, "rules:write"),
    ("PUT", "/v1/rules/rule_1/mode", MODE, "rules:write"),
    ("DELETE", "/v1/rules/rule_1", None, "rules:write"),
    ("POST", "/v1/rules/lint", RULE, "rules:read"),
    ("GET", "/v1/rules/rule_1/lint", None, "rules:read"),
    ("GET", "/v1/rules/rule_1/versions", None, "rules:read"),
    ("POST", "/v1/rules/rule_1/run", {"record": "lead:1"}, "runs:write"),
    ("POST", "/v1/views", VIEW, "rules:write"),
    ("GET", "/v1/views", None, "rules:read"),
    ("GET", "/v1/views/view_1", None, "rules:read"),
    ("PUT", "/v1/views/view_1", VIEW, "rules:write"),
    ("DELETE", "/v1/views/view_1", None, "rules:write"),
    ("POST", "/v1/templates", TEMPLATE, "rules:write"),
    ("GET", "/v1/templates", None, "rules:read"),
    ("GET", "/v1/templates/template_1", None, "rules:read"),
    ("PUT", "/v1/templates/template_1", TEMPLATE, "rules:write"),
    ("DELETE", "/v1/templates/template_1", None, "rules:write"),
    ("GET", "/v1/templates/template_1/versions", None, "rules:read"),
    ("POST", "/v1/templates/template_1/restore", {"version": 1}, "rules:write"),
    ("GET", "/v1/templates/template_1/uses", None, "rules:read"),
    ("POST", "/v1/templates/template_1/preview", {"language": "tr"}, "rules:read"),
    ("POST", "/v1/templates/preview", {"template": TEMPLATE}, "rules:read"),
    ("POST", "/v1/records/lead", {"phone": "+905321234567"}, "records:write"),
    ("PUT", "/v1/records/lead/1", {"a": 1}, "records:write"),
    ("PATCH", "/v1/records/lead/1", {"a": 1}, "records:write"),
    ("POST", "/v1/records/lead/1/merge", {"from": "lead:2"}, "records:write"),
    ("GET", "/v1/records/lead/1", None, "records:read"),
    ("DELETE", "/v1/records/lead/1", None, "records:write"),
    ("GET", "/v1/records/lead", None, "records:read"),
    ("POST", "/v1/imports", IMPORT, "records:write"),
    ("GET", "/v1/imports", None, "records:read"),
    ("GET", "/v1/imports/imp_1", None, "records:read"),
    ("POST", "/v1/imports/imp_1/start", None, "records:write"),
    ("POST", "/v1/imports/imp_1/stop", None, "records:write"),
    ("POST", "/v1/events", EVENT, "records:write"),
    ("GET", "/v1/events/evt_1", None, "runs:read"),
    ("GET", "/v1/events/evt_1/explain", None, "runs:read"),
    ("GET", "/v1/runs?status=done", None, "runs:read"),
    ("GET", "/v1/runs/run_1", None, "runs:read"),
    ("POST", "/v1/runs/run_1/pause", None, "runs:write"),
    ("POST", "/v1/runs/run_1/resume", None, "runs:write"),
    ("POST", "/v1/runs/run_1/skip", {"step": "a"}, "runs:write"),
    ("POST", "/v1/runs/stop", {"rule": "rule_1"}, "runs:write"),
    ("POST", "/v1/runs/pause", {"rule": "rule_1"}, "runs:write"),
    ("POST", "/v1/runs/resume", {"rule": "rule_1"}, "runs:write"),
    ("POST", "/v1/runs/retry", {"rule": "rule_1"}, "runs:write"),
    ("GET", "/v1/channels", None, "admin"),
    ("GET", "/v1/channels/email", None, "admin"),
    ("POST", "/v1/channels/email/pause", None, "admin"),
    ("POST", "/v1/channels/email/resume", None, "admin"),
    ("GET", "/v1/figures", None, "runs:read"),
    ("GET", "/v1/work", None, "runs:read"),
    ("GET", "/v1/work/work_1", None, "runs:read"),
    ("POST", "/v1/work/work_1/stop", None, "runs:write"),
    ("POST", "/v1/work/work_1/resume", None, "runs:write"),
    ("GET", "/v1/enrolments", None, "runs:read"),
    ("GET", "/v1/enrolments/evt_1", None, "runs:read"),
    ("POST", "/v1/enrolments/evt_1/pause", None, "runs:write"),
    ("POST", "/v1/enrolments/evt_1/resume", None, "runs:write"),
    ("POST", "/v1/enrolments/evt_1/stop", None, "runs:write"),
    ("GET", "/v1/notices?agent=agent:ayse", None, "records:read"),
    ("GET", "/v1/notices/notice_1", None, "records:read"),
    ("POST", "/v1/notices/notice_1/read", None, "records:write"),
    ("POST", "/v1/notices/notice_1/unread", None, "records:write"),
    ("POST", "/v1/notices/read", {"agent": "agent:ayse"}, "records:write"),
    ("GET", "/v1/records/lead/1/automation", None, "runs:read"),
    ("GET", "/v1/records/lead/1/consents", None, "records:read"),
    ("PUT", "/v1/records/lead/1/automation", {}, "runs:write"),
    ("PUT", "/v1/rules/order", {"rules": ["rule_1"]}, "rules:write"),
    ("POST", "/v1/runs/run_1/stop", None, "runs:write"),
    ("PUT", "/v1/sources/shop", SOURCE, "admin"),
    ("GET", "/v1/sources/shop", None, "admin"),
    ("GET", "/v1/sources", None, "admin"),
    ("POST", "/v1/sources/shop/try", {"source": SOURCE, "body": {"type": "order.placed"}}, "admin"),
    ("GET", "/v1/sources/shop/refused", None, "admin"),
    ("GET", "/v1/sources/meta/forms", None, "admin"),
    ("POST", "/v1/connections", CONNECTION, "admin"),
    ("GET", "/v1/connections", None, "admin"),
    ("GET", "/v1/connections/crm", None, "admin"),
    ("PUT", "/v1/connections/crm", CONNECTION, "admin"),
    ("DELETE", "/v1/connections/crm", None, "admin"),
    ("POST", "/v1/connections/crm/test", None, "admin"),
    ("PUT", "/v1/settings/leads", {"forms": ["4711"]}, "admin"),
    ("GET", "/v1/catalogue", None, "rules:read"),
    ("GET", "/v1/catalogue/schemas/rule", None, "rules:read"),
    ("GET", "/v1/records/lead/1/timeline", None, "runs:read"),
    ("GET", "/v1/settings/people", None, "admin"),
    ("PUT", "/v1/settings/people", {"create": {"email": "lead"}}, "admin"),
]
"""Method, address, a body that is right, and the scope that is asked for."""

ALL = "rules:read rules:write records:read records:write runs:read runs:write"


def test_these_are_all_the_routes(stack: Stack) -> None:
    paths = whole().get_openapi_schema().model_dump(by_alias=True, exclude_none=True)["paths"]
    routes = {(method.upper(), path) for path, item in paths.items() for method in item}
    called = {(method, target.partition("?")[0]) for method, target, _, _ in ROUTES}
    for method, path in routes:
        pattern = re.sub(r"\{\w+\}", "[^/]+", path)
        assert any(method == found and re.fullmatch(pattern, target) for found, target in called), (method, path)
    assert len(routes) == len(called) - 1, "settings are called for two of their subjects"


@pytest.mark.parametrize(("method", "target", "body", "scope"), ROUTES)
@pytest.mark.parametrize("all_others", [True, False])
def test_a_key_without_the_scope_is_told_which_it_lacks(
    stack: Stack, method: str, target: str, body: Any, scope: str, all_others: bool
) -> None:
    scopes = " ".join(set(ALL.split()) - {scope}) if all_others else ""
    answer = Api(stack, scopes).call(method, target, body)
    assert (answer.status, answer.document["title"]) == (403, "Not allowed")
    assert (answer.document["code"], answer.document["params"]) == ("api_key.missing_scope", {"scope": scope})


@pytest.mark.parametrize(("method", "target", "body", "scope"), ROUTES)
def test_a_key_with_nothing_but_the_scope_may(stack: Stack, method: str, target: str, body: Any, scope: str) -> None:
    stack.replaced["stepfunctions"] = type("Machine", (), {"start_execution": lambda *_, **__: None})()
    assert Api(stack, scope).call(method, target, body).status in (200, 201, 202, 404, 422), "422: it names a rule"


WRITES = [route for route in ROUTES if route[2] is not None]


@pytest.mark.parametrize(("method", "target", "body", "scope"), WRITES)
def test_what_is_no_json_is_malformed(stack: Stack, method: str, target: str, body: Any, scope: str) -> None:
    answer = Api(stack).call(method, target, "{not json")
    assert (answer.status, answer.document["title"]) == (400, "Malformed request")


@pytest.mark.parametrize(
    "bad",
    ['{"a": NaN}', '{"a": 1e999}', '"text"', "[" * 20_000, b"\xff\xfe"],
    ids=["NaN", "infinite", "a text", "deep", "not UTF-8"],
)
def test_what_no_store_takes_is_malformed(stack: Stack, bad: Any) -> None:
    assert Api(stack).call("PUT", "/v1/records/lead/1", bad, binary=isinstance(bad, bytes)).status == 400


@pytest.mark.parametrize("digits", [20, 300, 4_300, 4_301, 5_000, 50_000])
@pytest.mark.parametrize(
    ("target", "document", "field"),
    [
        ("/v1/records/lead", '{{"a": {}}}', "fields.a"),
        ("/v1/records/lead", '{{"a": {{"b": [1, -{}]}}}}', "fields.a.b[1]"),
        ("/v1/events", '{{"type": "a.b", "data": {{"x": {}}}}}', "data.x"),
        (
            "/v1/rules",
            (
                '{{"name": "r", "trigger": {{"event": "a.b"}}, "steps": [{{"id": "s", "action": "set_fields",'
                ' "with": {{"fields": {{"n": {}}}}}}}]}}'
            ),
            "steps[0].with.fields.n",
        ),
        ("/v1/rules", '{{"name": "r", "trigger": {{"event": "a.b"}}, "priority": {}, "steps": []}}', "priority"),
    ],
)
def test_an_integer_that_is_too_long_is_refused_by_the_name_of_its_field(
    stack: Stack, target: str, document: str, field: str, digits: int
) -> None:
    answer = Api(stack).call("POST", target, document.format("9" * digits))
    assert answer.status == 422
    assert field in answer.fields


@pytest.mark.parametrize(("method", "target", "body", "scope"), WRITES)
def test_a_body_of_more_than_200_kb_is_too_large(stack: Stack, method: str, target: str, body: Any, scope: str) -> None:
    assert Api(stack).call(method, target, {**body, "more": "x" * 200_000}).status == 413


@pytest.mark.parametrize(("method", "target", "body", "scope"), WRITES)
@pytest.mark.parametrize("missing", [None, "[]"])
def test_a_body_that_is_missing_or_no_object_is_named(
    stack: Stack, method: str, target: str, body: Any, scope: str, missing: Any
) -> None:
    answer = Api(stack).call(method, target, missing)
    listed = missing is not None and target != "/v1/events"
    assert (answer.status, answer.fields) == (400 if listed else 422, [answer.fields[0]])
    assert answer.fields[0] in ("body", "mode", "from", "events")


@pytest.mark.parametrize(("method", "target", "body", "scope"), WRITES)
def test_a_list_of_bodies_is_refused_where_one_is_required(
    stack: Stack, method: str, target: str, body: Any, scope: str
) -> None:
    answer = Api(stack).call(method, target, [body, body])
    if target == "/v1/events":
        assert answer.status == 202
    else:
        assert (answer.status, answer.fields) == (400, ["body"])


@pytest.mark.parametrize(("method", "target", "body", "scope"), ROUTES)
@pytest.mark.parametrize("name", ["knd", "Limit", "pageSize"])
def test_an_unknown_query_parameter_is_named(
    stack: Stack, method: str, target: str, body: Any, scope: str, name: str
) -> None:
    answer = Api(stack).call(method, f"{target}{'&' if '?' in target else '?'}{name}=1&lang=tr", body)
    assert (answer.status, answer.fields) == (400, [name])


def test_the_problem_that_the_docs_show_is_the_one_that_is_answered(stack: Stack) -> None:
    shown = [json.loads(block) for block in blocks(ROOT / "docs/reference/api.md", "json")]
    [problem] = [each for each in shown if "errors" in each]
    answer = Api(stack).call("POST", "/v1/rules", {**RULE, "name": ""})
    assert json.loads(re.sub("[\u2068\u2069]", "", json.dumps(answer.document, ensure_ascii=False))) == problem


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json"])
@pytest.mark.parametrize("binary", [False, True])
def test_a_body_is_json_whatever_its_sender_calls_it(stack: Stack, content_type: str, binary: bool) -> None:
    body = {**RULE, "name": "Ayşe \u2028 \U0001f600"}
    answer = Api(stack).call("POST", "/v1/rules", body, {"Content-Type": content_type}, binary=binary)
    assert (answer.status, answer.document["name"]) == (201, body["name"])


def test_half_a_surrogate_pair_does_no_harm(stack: Stack) -> None:
    answer = Api(stack).call("PUT", "/v1/records/lead/1", '{"note": "cut \\ud83d"}')
    assert (answer.status, answer.document["fields"]["note"]) == (200, "cut \ufffd")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/nothing"),
        ("GET", "/v1"),
        ("GET", "/"),
        ("POST", "/v1/rules/rule_1"),
        ("PATCH", "/v1/rules/rule_1"),
        ("GET", "/v1/rules/rule_1/mode"),
        ("GET", "/v1/rules/a/b/c"),
        ("DELETE", "/v1/sources/shop"),
    ],
)
def test_an_unknown_path_or_method_is_not_found(stack: Stack, method: str, target: str) -> None:
    assert Api(stack).call(method, target).document["title"] == "Not found"


@pytest.mark.parametrize(
    "target", ["/v1/rules/rule_1", "/v1/records/lead/1", "/v1/events/evt_1", "/v1/runs/run_1", "/v1/imports/imp_1"]
)
def test_what_is_not_there_is_not_found_and_named(stack: Stack, target: str) -> None:
    answer = Api(stack).call("GET", target)
    assert answer.status == 404
    assert target.rpartition("/")[2] in answer.document["detail"]


@pytest.mark.parametrize(("query", "field"), [("limit=0", "limit"), ("limit=101", "limit"), ("limit=many", "limit")])
@pytest.mark.parametrize("target", ["/v1/rules?", "/v1/records/lead?", "/v1/runs?status=done&"])
def test_a_limit_out_of_bounds_is_named(stack: Stack, target: str, query: str, field: str) -> None:
    answer = Api(stack).call("GET", target + query)
    assert (answer.status, answer.fields) == (422, [field])


@pytest.mark.parametrize("target", ["/v1/rules?", "/v1/records/lead?", "/v1/runs?status=done&", "/v1/runs?rule=a&"])
@pytest.mark.parametrize("cursor", ["nonsense", "e30", "eyJwayI6ICJ4In0", "é", "x" * 1_999])
def test_a_cursor_that_is_none_of_this_list_is_named(stack: Stack, target: str, cursor: str) -> None:
    answer = Api(stack).call("GET", f"{target}cursor={cursor}")
    assert (answer.status, answer.fields) == (422, ["cursor"])


def test_a_request_without_an_authorizer_may_nothing(stack: Stack) -> None:
    event = json.loads(json.dumps({"version": "2.0", "rawPath": "/v1/rules", "headers": {}, "rawQueryString": ""}))
    event["requestContext"] = {"http": {"method": "GET", "path": "/v1/rules"}, "stage": "$default"}
    assert stack.invoke("manage", event)["statusCode"] == 403
