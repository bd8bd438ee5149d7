"""The authorizer: simple responses of payload format 2.0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws import client
from tests.functions.payloads import http
from tests.functions.stack import ADMIN_KEY, STACK, Stack
from whenthen.adapters.aws.secret_reader import FRESH_FOR
from whenthen.domain.common.errors import Misconfigured, Unauthenticated
from whenthen.ports.values import ApiKey
from whenthen.usecases.admin.authorize import hash_of


def _ask(stack: Stack, **headers: str) -> Any:
    request = http("GET", "/v1/rules", headers=headers, route="ANY /v1/{proxy+}")
    arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/$default/GET/v1/rules"
    own = {"type": "REQUEST", "routeArn": arn, "identitySource": [headers.get("authorization", "")]}
    return stack.invoke("authorize", {**request, **own})


def test_the_stack_s_first_key_may_do_everything(stack: Stack) -> None:
    assert _ask(stack, authorization=f"Bearer {ADMIN_KEY}") == {
        "isAuthorized": True,
        "context": {"key": "admin", "scopes": "admin"},
    }


def test_a_kept_key_has_its_scopes(stack: Stack) -> None:
    key = ApiKey("key_1", hash_of("secret"), "Reports", ("runs:read", "rules:read"))
    stack.wiring("authorize").keys.add(key)
    assert _ask(stack, Authorization="bearer secret") == {
        "isAuthorized": True,
        "context": {"key": "key_1", "scopes": "runs:read rules:read"},
    }


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer nobody", f"Basic {ADMIN_KEY}", ADMIN_KEY, f"Bearer {ADMIN_KEY}x", "Bearer é" * 9],
)
def test_anything_else_has_no_key_and_no_scope(stack: Stack, header: str) -> None:
    answer = _ask(stack, authorization=header)
    assert answer["context"].keys() == {"refused"}
    assert answer["context"]["refused"] in ("api_key.required", "api_key.unknown")


@pytest.mark.parametrize("refused", ["api_key.required", "api_key.unknown", "another"])
@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/v1/rules"), ("POST", "/v1/events"), ("GET", "/v1/nothing"), ("GET", "/v1/rules?x=1")],
)
def test_the_api_answers_a_refused_key_with_401_and_a_problem(
    stack: Stack, refused: str, method: str, target: str
) -> None:
    event = http(method, target, "{not json", {}, route="ANY /v1/{proxy+}", authorizer={"refused": refused})
    answer = stack.invoke("manage", event)
    document = json.loads(answer["body"])
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (401, "application/problem+json")
    assert document["code"] == (refused if refused != "another" else "api_key.unknown")


def test_a_refusal_goes_before_every_scope(stack: Stack) -> None:
    authorizer = {"refused": "api_key.unknown", "key": "admin", "scopes": "admin"}
    event = http("GET", "/v1/rules", route="ANY /v1/{proxy+}", authorizer=authorizer)
    assert stack.invoke("manage", event)["statusCode"] == 401


def test_no_header_at_all_is_refused(stack: Stack) -> None:
    refused = {"isAuthorized": True, "context": {"refused": "api_key.required"}}
    assert _ask(stack) == refused
    assert stack.invoke("authorize", {"version": "2.0", "type": "REQUEST"}) == refused


def _set(text: str) -> None:
    client("secretsmanager").put_secret_value(SecretId=f"{STACK}/admin-key", SecretString=text)


def test_a_new_first_key_works_at_once_and_none_falls_between(stack: Stack) -> None:
    process, seconds = stack.wiring("authorize").authorize, [0.0]
    process.secrets._seconds = lambda: seconds[0]
    assert process(f"Bearer {ADMIN_KEY}").id == "admin"
    _set(json.dumps({"key": "another"}))
    seconds[0] = FRESH_FOR
    assert process(f"Bearer {ADMIN_KEY}").id == "admin", "the old one is still kept"
    assert process("Bearer another").id == "admin", "and the new one is good already"
    with pytest.raises(Unauthenticated):
        process(f"Bearer {ADMIN_KEY}")


@pytest.mark.parametrize("text", ["another", "{'key': 'another'}", "[]", '{"Key": "another"}'])
def test_a_first_key_that_is_no_json_fails_aloud(stack: Stack, text: str) -> None:
    _set(text)
    with pytest.raises(Misconfigured):  # the gateway answers 500, and two alarms ring
        _ask(stack, authorization="Bearer another")
