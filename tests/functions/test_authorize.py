"""The authorizer: simple responses of payload format 2.0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.payloads import http
from tests.functions.stack import ADMIN_KEY, Stack
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
def test_anything_else_is_refused_without_a_word(stack: Stack, header: str) -> None:
    assert _ask(stack, authorization=header) == {"isAuthorized": False}


def test_no_header_at_all_is_refused(stack: Stack) -> None:
    assert _ask(stack) == {"isAuthorized": False}
    assert stack.invoke("authorize", {"version": "2.0", "type": "REQUEST"}) == {"isAuthorized": False}
