"""/v1/settings through the handler."""

from __future__ import annotations

from tests.functions.api import Api


def test_settings_are_checked_and_kept(api: Api) -> None:
    assert api.get("/v1/settings/people") == {}
    refused = api.call("PUT", "/v1/settings/people", {"create": {"email": "deal"}})
    assert (refused.status, refused.fields) == (422, ["create.email"])
    assert api.call("PUT", "/v1/settings/people", {"create": {"email": "contact"}}).status == 200
    assert api.get("/v1/settings/people") == {"create": {"email": "contact"}}
    assert api.call("GET", "/v1/settings/colours").status == 404
    assert Api(api.stack, scopes="rules:write").call("GET", "/v1/settings/people").status == 403
