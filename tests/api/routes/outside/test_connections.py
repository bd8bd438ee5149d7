"""/v1/connections through the handler."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws import client
from tests.functions.api import Api

CRM: dict[str, Any] = {
    "name": "crm",
    "base_url": "https://api.example.com/v1",
    "auth": {"kind": "bearer", "token": "s3cret-t0ken"},
    "secrets": {"api_key": "k3y-k3y"},
}
STEP = {"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/contacts"}}
RULE = {"name": "Tell the CRM", "kind": "lead", "trigger": {"event": "lead.created"}, "steps": [STEP]}


def _kept() -> list[Any]:
    """The secrets of connections in Secrets Manager."""
    secrets = client("secretsmanager")
    names = [each["Name"] for each in secrets.list_secrets()["SecretList"]]
    ours = sorted(name for name in names if name.startswith("whenthen/connections/crm/"))
    return [json.loads(secrets.get_secret_value(SecretId=name)["SecretString"]) for name in ours]


def test_a_connection_is_made_read_replaced_and_deleted(api: Api) -> None:
    made = api.call("POST", "/v1/connections", CRM, {"Idempotency-Key": "k"})
    assert (made.status, made.headers["etag"], made.headers["location"]) == (201, '"1"', "/v1/connections/crm")
    assert _kept() == [{"auth": "s3cret-t0ken", "secrets.api_key": "k3y-k3y"}]
    assert api.call("POST", "/v1/connections", CRM, {"Idempotency-Key": "k"}).document == made.document
    assert api.call("POST", "/v1/connections", CRM).status == 409
    shown = api.get("/v1/connections/crm")
    assert (shown["auth"], shown["secrets"], shown["rules"]) == ({"kind": "bearer"}, {"api_key": None}, [])
    assert [each["name"] for each in api.get("/v1/connections")["items"]] == ["crm"]
    assert api.call("PUT", "/v1/connections/crm", {**shown, "timeout": 5}, {"If-Match": '"7"'}).status == 412
    changed = api.call("PUT", "/v1/connections/crm", {**shown, "timeout": 5}, {"If-Match": '"1"'})
    assert (changed.status, changed.headers["etag"], changed.document["timeout"]) == (200, '"2"', 5)
    assert _kept() == [{"auth": "s3cret-t0ken", "secrets.api_key": "k3y-k3y"}]
    keyless = {**shown, "auth": {"kind": "bearer", "token": "n3w-t0ken"}, "secrets": {}}
    assert api.call("PUT", "/v1/connections/crm", keyless, {"If-Match": '"1"'}).status == 412
    assert api.call("PUT", "/v1/connections/crm", {**keyless, "timeout": 0}).status == 422
    assert _kept() == [{"auth": "s3cret-t0ken", "secrets.api_key": "k3y-k3y"}]
    assert api.call("PUT", "/v1/connections/crm", keyless, {"If-Match": '"2"'}).status == 200
    assert _kept() == [{"auth": "n3w-t0ken"}]
    everything = json.dumps([made.document, shown, changed.document, api.get("/v1/connections")])
    assert "s3cret" not in everything
    assert "k3y-k3y" not in everything
    assert api.call("DELETE", "/v1/connections/crm", headers={"If-Match": '"3"'}).status == 204
    assert _kept() == []
    assert api.call("GET", "/v1/connections/crm").status == 404
    assert api.call("POST", "/v1/connections", CRM).status == 201


def test_a_connection_that_a_rule_names_is_not_deleted(api: Api) -> None:
    refused = api.call("POST", "/v1/rules", RULE)
    assert (refused.status, refused.fields) == (422, ["steps[0].with.connection"])
    api.call("POST", "/v1/connections", CRM)
    rule = api.call("POST", "/v1/rules", RULE)
    assert rule.status == 201
    assert api.get("/v1/connections/crm")["rules"] == [rule.document["id"]]
    answer = api.call("DELETE", "/v1/connections/crm")
    assert (answer.status, rule.document["id"] in json.dumps(answer.document)) == (409, True)


@pytest.mark.parametrize("scopes", ["rules:write", "records:write", "runs:read"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/connections", None),
        ("POST", "/v1/connections", CRM),
        ("GET", "/v1/connections/crm", None),
        ("PUT", "/v1/connections/crm", CRM),
        ("DELETE", "/v1/connections/crm", None),
        ("POST", "/v1/connections/crm/test", None),
    ],
)
def test_only_admins_may(api: Api, scopes: str, method: str, path: str, body: Any) -> None:
    api.scopes = scopes
    assert api.call(method, path, body).status == 403


def test_what_is_wrong_is_named(api: Api) -> None:
    answer = api.call("POST", "/v1/connections", {**CRM, "base_url": "http://a.example", "auth": {"kind": "digest"}})
    assert (answer.status, answer.fields) == (422, ["base_url", "auth.kind"])


def test_trying_a_connection_says_what_came_back(api: Api) -> None:
    api.call("POST", "/v1/connections", {**CRM, "base_url": "https://127.0.0.1:9"})
    answer = api.call("POST", "/v1/connections/crm/test", {"url": "/me"})
    assert (answer.status, answer.document["ok"], answer.document["status"]) == (200, False, None)
    assert answer.document["reason"]["code"] == "url.private"
    assert api.call("POST", "/v1/connections/none/test").status == 404
