"""/v1/sources through the handler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws import client
from tests.functions.api import Api


def test_a_new_source_shows_its_secret_once(api: Api) -> None:
    made = api.call("PUT", "/v1/sources/shop", {"scheme": "standard_webhooks"})
    assert made.status == 200
    kept = client("secretsmanager").get_secret_value(SecretId="whenthen/sources/shop")["SecretString"]
    assert made.document["secret"] in kept
    assert "secret" not in api.call("PUT", "/v1/sources/shop", {"scheme": "standard_webhooks"}).document
    assert api.get("/v1/sources/shop") == {"name": "shop", "scheme": "standard_webhooks"}
    assert api.get("/v1/sources")["items"] == [api.get("/v1/sources/shop")]


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("shop", {"scheme": "trust_me"}, "scheme"),
        ("Shop", {"scheme": "stripe"}, "name"),
        ("meta", {"scheme": "stripe"}, "name"),
        ("shop", {"scheme": "stripe", "secret": ""}, "secret"),
        ("shop", {"scheme": "stripe", "colour": "red"}, "colour"),
    ],
)
def test_a_source_that_does_not_hold_is_named_and_not_kept(api: Api, name: str, body: Any, field: str) -> None:
    answer = api.call("PUT", f"/v1/sources/{name}", body)
    assert answer.status == 422
    assert field in answer.fields
    assert api.call("GET", f"/v1/sources/{name}").status == 404
