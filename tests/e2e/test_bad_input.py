"""Bad input gets a clear answer and loses nothing, on the deployed stack."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from dev import web
from dev.client import Api
from dev.demo import account
from dev.signing import post, signed
from dev.stack import Stack


def rule(**changes: Any) -> dict[str, Any]:
    document = {
        "name": "A rule",
        "trigger": {"event": "test.happened"},
        "steps": [{"id": "one", "action": "add_tags", "with": {"tags": ["x"]}}],
    }
    return {**document, **changes}


@pytest.mark.parametrize("source", ["meta", "payments"])
def test_a_wrong_signature_is_refused(stack: Stack, source: str) -> None:
    hook = stack.hook(source)
    headers = signed(hook, b'{"another": "body"}', "msg_1")
    answer = web.call("POST", hook.url, b'{"object": "page", "entry": []}', headers)
    assert answer.status == 401
    assert answer.json()["title"] == "Not authenticated"


@pytest.mark.parametrize("source", ["meta", "payments"])
def test_a_missing_signature_is_refused(stack: Stack, source: str) -> None:
    assert web.call("POST", stack.hook(source).url, {"object": "page", "entry": []}).status == 401


def test_an_unknown_source_is_not_found(stack: Stack) -> None:
    answer = web.call("POST", f"{stack.api_url}/hooks/nobody", {})
    assert answer.status == 404
    assert "nobody" in answer.json()["detail"]


def test_a_body_over_200_kb_is_too_large(stack: Stack) -> None:
    answer = post(stack.hook("payments"), json.dumps({"type": "a.b", "data": "x" * 200_001}).encode(), "msg_large")
    assert answer.status == 413
    assert "200000" in answer.json()["detail"]


@pytest.mark.parametrize("source", ["meta", "payments"])
def test_a_signed_body_that_is_not_json_is_malformed(stack: Stack, source: str) -> None:
    answer = post(stack.hook(source), b"{not json", "msg_broken")
    assert answer.status == 400
    assert "JSON" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"trigger": {}}, "trigger"),
        ({"trigger": {"event": "nonsense"}}, "trigger.event"),
        ({"conditions": {"all": [{"field": "record.a", "op": "resembles", "value": 1}]}}, "conditions.all[0].op"),
        ({"steps": []}, "steps"),
        ({"steps": [{"id": "one", "action": "fly"}]}, "steps[0].action"),
        ({"steps": [{"id": "one", "action": "send_email", "with": {"text": "Hi"}}]}, "steps[0].with.subject"),
        (
            {"steps": [{"id": "one", "action": "add_tags", "with": {"tags": ["{% for x in y %}"]}}]},
            "steps[0].with.tags[0]",
        ),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_rule_that_does_not_hold_names_the_field(stack: Stack, changes: dict[str, Any], field: str) -> None:
    answer = stack.api.call("POST", "/v1/rules", rule(**changes))
    assert answer.status == 422, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_a_rule_that_is_not_json_is_malformed(stack: Stack) -> None:
    headers = {"authorization": f"Bearer {stack.admin_key}", "content-type": "application/json"}
    answer = web.call("POST", f"{stack.api_url}/v1/rules", b"{", headers)
    assert (answer.status, answer.json()["title"]) == (400, "Malformed request")


@pytest.mark.parametrize("key", ["", "not-a-key"])
def test_the_api_is_closed_without_a_key(stack: Stack, key: str) -> None:
    answer = Api(stack.api_url, key).call("GET", "/v1/rules")
    assert answer.status in (401, 403)


def test_a_message_that_cannot_be_processed_is_dead_lettered_with_its_reason(stack: Stack) -> None:
    marker = uuid.uuid4().hex
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=stack.queues["email"], MessageBody=json.dumps({"nonsense": marker}))

    def look() -> dict[str, Any] | None:
        found = sqs.receive_message(
            QueueUrl=stack.queues["email_dead_letters"],
            MessageAttributeNames=["All"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
        )
        return next((message for message in found.get("Messages", []) if marker in message["Body"]), None)

    message = account.wait_for(look)
    assert message is not None
    assert message["MessageAttributes"]["reason"]["StringValue"]


def test_a_stale_change_is_refused(stack: Stack) -> None:
    made = stack.api.post("/v1/rules", rule(name="First"))
    stack.api.put(f"/v1/rules/{made['id']}", rule(name="Second"), if_match='"1"')
    answer = stack.api.call("PUT", f"/v1/rules/{made['id']}", rule(name="Third"), {"if-match": '"1"'})
    assert answer.status == 412
    assert stack.api.get(f"/v1/rules/{made['id']}")["name"] == "Second"
