"""Calls of APIs on the deployed stack: over OAuth and a header, with what the answers bring."""

from __future__ import annotations

import base64
import uuid
from typing import Any
from urllib.parse import parse_qs

import pytest

from dev.demo import account
from dev.stack import Stack


@pytest.fixture
def tag() -> str:
    return uuid.uuid4().hex[:8]


def _run(stack: Stack, tag: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """The run of a rule with these steps, when it is over."""
    rule = {
        "name": f"Call {tag}",
        "kind": "contact",
        "trigger": {"event": "contact.created"},
        "conditions": {"field": "record.code", "op": "equals", "value": tag},
        "steps": list(steps),
        "mode": "on",
    }
    made = stack.api.post("/v1/rules", rule)
    stack.api.post("/v1/records/contact", {"email": f"{tag}@example.com", "code": tag, "age": 41})

    def look() -> dict[str, Any] | None:
        found = stack.api.get(f"/v1/runs?rule={made['id']}")["items"]
        over = found and found[0]["status"] in ("done", "failed", "unknown", "stopped")
        return stack.api.get(f"/v1/runs/{found[0]['id']}") if over else None

    run = account.wait_for(look)
    assert run is not None, stack.api.get(f"/v1/runs?rule={made['id']}")["items"]
    return run


def _calls(stack: Stack, path: str) -> list[dict[str, Any]]:
    return [call for call in stack.webhooks.received()["calls"] if call["path"] == path]


def _connection(stack: Stack, tag: str, auth: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = f"{stack.webhooks.base_url}/{tag}"
    made: dict[str, Any] = stack.api.post(
        "/v1/connections", {"name": f"crm-{tag}", "base_url": base, "auth": auth, **more}
    )
    return made


def test_a_call_over_oauth_saves_what_a_later_step_and_the_record_need(stack: Stack, tag: str) -> None:
    token = {"access_token": f"token-{tag}", "token_type": "Bearer", "expires_in": 3600}
    stack.webhooks.program(
        faults=[
            {"path": f"/{tag}/token", "status": 200, "document": token, "times": 0},
            {"path": f"/{tag}/contacts", "method": "POST", "status": 201, "document": {"id": 77, "etag": "v1"}},
        ]
    )
    auth = {
        "kind": "oauth_client_credentials",
        "token_url": f"{stack.webhooks.base_url}/{tag}/token",
        "client_id": "whenthen",
        "client_secret": f"secret-{tag}",
        "scope": "contacts",
    }
    made = _connection(stack, tag, auth)
    assert f"secret-{tag}" not in str(made)
    tried = stack.api.post(f"/v1/connections/{made['name']}/test", {"url": "/ping"})
    assert (tried["ok"], tried["status"]) == (True, 200)
    create = {"connection": made["name"], "url": "/contacts", "json": {"age": "{{ record.age }}"}, "expect": [200, 201]}
    change = {
        "connection": made["name"],
        "method": "PUT",
        "url": "/contacts/{{ steps.crm.crm_id }}",
        "json": {"id": "{{ record.crm_id }}", "etag": "{{ steps.crm.etag }}"},
    }
    run = _run(
        stack,
        tag,
        {
            "id": "crm",
            "action": "call_api",
            "with": {**create, "save": {"crm_id": "body.id"}, "remember": {"etag": "body.etag"}},
        },
        {"id": "change", "action": "call_api", "with": change},
    )
    assert [job["status"] for job in run["jobs"]] == ["done", "done"], run
    [created], [changed] = _calls(stack, f"/{tag}/contacts"), _calls(stack, f"/{tag}/contacts/77")
    assert created["json"] == {"age": 41}
    assert created["headers"]["authorization"] == changed["headers"]["authorization"] == f"Bearer token-{tag}"
    assert created["headers"]["idempotency-key"] != changed["headers"]["idempotency-key"]
    assert (changed["method"], changed["json"]) == ("PUT", {"id": 77, "etag": "v1"})
    record = stack.api.get(f"/v1/records/{run['record'].replace(':', '/')}")
    assert record["fields"]["crm_id"] == 77
    asked = _calls(stack, f"/{tag}/token")[-1]
    assert parse_qs(asked["body"]) == {"grant_type": ["client_credentials"], "scope": ["contacts"]}
    pair = base64.b64decode(asked["headers"]["authorization"].removeprefix("Basic ")).decode()
    assert pair == f"whenthen:secret-{tag}"
    used = stack.api.get(f"/v1/connections/{made['name']}")
    assert used["rules"] == [run["rule"]["id"] if isinstance(run["rule"], dict) else run["rule"]]


def test_a_header_with_a_secret_and_secrets_in_templates_reach_the_api(stack: Stack, tag: str) -> None:
    auth = {"kind": "header", "name": "X-Api-Key", "value": f"key-{tag}"}
    made = _connection(stack, tag, auth, secrets={"user": f"user-{tag}"})
    form = {"usercode": "{{ secrets.user }}", "age": "{{ record.age }}"}
    run = _run(
        stack,
        tag,
        {"id": "sms", "action": "call_api", "with": {"connection": made["name"], "url": "/send", "form": form}},
    )
    assert [job["status"] for job in run["jobs"]] == ["done"], run
    [call] = _calls(stack, f"/{tag}/send")
    assert call["headers"]["x-api-key"] == f"key-{tag}"
    assert parse_qs(call["body"]) == {"usercode": [f"user-{tag}"], "age": ["41"]}
    assert f"key-{tag}" not in str(run)
    assert f"user-{tag}" not in str(run)


def test_a_lost_answer_is_unknown_and_an_address_that_is_gone_switches_its_step_off(stack: Stack, tag: str) -> None:
    made = _connection(stack, tag, {"kind": "bearer", "token": f"token-{tag}"})
    stack.webhooks.program(
        faults=[
            {"path": f"/{tag}/lost", "drop": "after"},
            {"path": f"/{tag}/gone", "status": 410, "document": {}, "times": 0},
        ]
    )
    lost = {"id": "lost", "action": "call_api", "with": {"connection": made["name"], "url": "/lost"}}
    gone = {"id": "gone", "action": "call_api", "with": {"connection": made["name"], "url": "/gone"}}
    run = _run(stack, tag, {**gone, "on_error": "continue"}, lost)
    found = {job["step"]: job for job in run["jobs"]}
    assert found["lost"]["status"] == "unknown", run
    assert len(_calls(stack, f"/{tag}/lost")) == 1
    assert (found["gone"]["status"], found["gone"]["reason"]["code"]) == ("failed", "api.step_off")
    receivers = [each["host"] for each in stack.api.get("/v1/channels/api")["receivers"]]
    assert any(each.endswith("/gone@1") for each in receivers)
