"""/v1/channels through the handler."""

from __future__ import annotations

import pytest

from tests.functions.api import Api
from whenthen.channels.registry import CHANNELS

NAMES = [*CHANNELS]


def test_all_channels_are_listed_with_their_state_and_backlog(api: Api) -> None:
    items = api.get("/v1/channels")["items"]
    assert [item["name"] for item in items] == NAMES
    for item in items:
        assert (item["state"], item["since"], item["last_error"], item["receivers"]) == ("running", None, None, [])
        assert item["backlog"] == {"jobs": 0, "more": False, "oldest": None}


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_is_paused_and_resumed(api: Api, name: str) -> None:
    paused = api.call("POST", f"/v1/channels/{name}/pause")
    assert (paused.status, paused.document["state"], paused.document["by"]) == (200, "paused", "key_1")
    assert paused.document["since"] is not None
    assert api.get(f"/v1/channels/{name}") == paused.document
    resumed = api.call("POST", f"/v1/channels/{name}/resume", {"rate_per_minute": 60})
    assert (resumed.status, resumed.document["state"]) == (200, "running")
    assert api.call("POST", f"/v1/channels/{name}/resume").document["state"] == "running", "also without a body"


def test_what_cannot_be_is_refused(api: Api) -> None:
    for method, target in (("GET", ""), ("POST", "/pause"), ("POST", "/resume")):
        assert api.call(method, f"/v1/channels/telegram{target}").status == 404
    api.call("POST", "/v1/channels/email/pause")
    refused = api.call("POST", "/v1/channels/email/resume", {"rate_per_minute": 0})
    assert (refused.status, refused.fields) == (422, ["rate_per_minute"])
    assert api.get("/v1/channels/email")["state"] == "paused"
