"""Messages from a chat system are answered in the same chat, with retries under one key, and not for who refuses."""

from __future__ import annotations

import json
import uuid
from typing import Any

from dev.demo import account
from dev.stack import Stack


def run_of(stack: Stack, rule: str, record: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = [run for run in stack.api.items(f"/v1/runs?rule={rule}") if run["record"] == record]
        return stack.api.get(f"/v1/runs/{found[0]['id']}") if found and found[0]["finished_at"] else None

    run = account.wait_for(look)
    assert run is not None
    return run


def test_a_question_in_a_chat_is_answered_there(stack: Stack) -> None:
    tag = uuid.uuid4().hex[:8]
    kind, path = f"guest{tag}", f"/{tag}/out"
    stack.webhooks.program(faults=[{"path": path, "status": 503, "document": {}, "times": 1}])
    stack.api.post(
        "/v1/connections",
        {
            "name": f"chat-{tag}",
            "base_url": f"{stack.webhooks.base_url}{path}",
            "auth": {"kind": "header", "name": "X-Api-Key", "value": f"key-{tag}"},
            "idempotent": True,
        },
    )
    step = {"connection": f"chat-{tag}", "text": "From 9, {{ record.first_name }}: {{ event.data.text }}"}
    rule = stack.api.post(
        "/v1/rules",
        {
            "name": f"Answer {tag}",
            "kind": kind,
            "trigger": {"event": "chat.message_received"},
            "steps": [{"id": "it", "action": "send_chat", "with": step}],
            "mode": "on",
        },
    )["id"]
    stack.api.put(f"/v1/records/{kind}/1", {"first_name": "Ayşe", "email": f"{tag}@example.com"})
    stack.api.put(f"/v1/records/{kind}/2", {"first_name": "Bob", "consent": {"chat": False}})
    for own in ("1", "2"):
        told = {"chat": f"c-{own}", "text": f"Open? {tag}"}
        stack.api.post("/v1/events", {"type": "chat.message_received", "subject": f"{kind}:{own}", "data": told})
    [job] = run_of(stack, rule, f"{kind}:1")["jobs"]
    assert (job["status"], job["reason"]["code"]) == ("done", "chat.accepted")
    [refused] = run_of(stack, rule, f"{kind}:2")["jobs"]
    assert (refused["status"], refused["reason"]["code"]) == ("skipped", "consent.refused")
    calls = [call for call in stack.webhooks.received()["calls"] if call["path"] == path]
    taken = [json.loads(call["body"]) for call in calls]
    assert taken == [{"id": job["id"], "chat": "c-1", "text": f"From 9, Ayşe: Open? {tag}"}] * len(taken)
    assert len(taken) == 2, "one was refused with 503, and one was taken"
    assert {call["headers"]["x-api-key"] for call in calls} == {f"key-{tag}"}
    assert {call["headers"]["idempotency-key"] for call in calls} == {job["id"]}
