"""Sources on the deployed stack: tried before they are switched on, and looked into when something does not arrive."""

from __future__ import annotations

import json
import uuid

import pytest

from dev import web
from dev.signing import post
from dev.stack import Hook, Stack

MAPPING = {"when": "body.status == 'paid'", "type": "payment.received", "data": "{amount: body.amount}"}


@pytest.fixture
def hook(stack: Stack) -> Hook:
    """A source that was configured just now."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    saved = stack.api.put(f"/v1/sources/{name}", {"scheme": "standard_webhooks", "mappings": [MAPPING]})
    return Hook(f"{stack.api_url}/hooks/{name}", "standard_webhooks", saved["secret"])


def name_of(hook: Hook) -> str:
    return hook.url.rpartition("/")[2]


def test_a_mapping_is_tried_before_it_is_saved(stack: Stack) -> None:
    name = f"new-{uuid.uuid4().hex[:8]}"
    source = {"scheme": "standard_webhooks", "mappings": [MAPPING]}
    body = {"status": "paid", "amount": 5}
    (item,) = stack.api.post(f"/v1/sources/{name}/try", {"source": source, "body": body})["items"]
    assert (item["mapping"], item["event"]["type"], item["event"]["data"]) == (
        "mappings[0]",
        "payment.received",
        {"amount": 5},
    )
    assert stack.api.call("GET", f"/v1/sources/{name}").status == 404, "nothing was saved"
    assert stack.api.call("GET", f"/v1/events/{item['event']['id']}").status == 404, "nothing was published"


def test_what_a_source_sent_in_vain_can_be_looked_at(stack: Stack, hook: Hook) -> None:
    unmapped = {"status": "refunded", "password": "hunter2", "note": hook.secret}
    assert post(hook, {"status": "paid", "amount": 5}, "msg_0").status == 202
    assert post(hook, unmapped, "msg_1").status == 202
    assert post(hook, b"{not json", "msg_2").status == 400
    assert web.call("POST", hook.url, b'{"stranger": true}', {"webhook-id": "x"}).status == 401
    kept = stack.api.get(f"/v1/sources/{name_of(hook)}/refused")["items"]
    assert [(each["outcome"], each["status"], each["proven"]) for each in kept] == [
        ("refused", 401, False),
        ("refused", 400, True),
        ("unmapped", 202, True),
    ]
    assert [each["body"] for each in kept[:2]] == ["", ""], "no text of a stranger, and none that cannot be read"
    assert json.loads(kept[2]["body"]) == {"status": "refunded", "password": "***", "note": "***"}
    assert hook.secret not in json.dumps(kept)


def test_a_flood_of_strangers_leaves_a_handful(stack: Stack, hook: Hook) -> None:
    for _ in range(12):
        assert web.call("POST", hook.url, b"{}", {}).status == 401
    assert 1 <= len(stack.api.get(f"/v1/sources/{name_of(hook)}/refused")["items"]) <= 5
