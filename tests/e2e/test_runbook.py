"""Symptoms of docs/guides/operations.md, made on the deployed stack, then found and mended as the page says.

Nothing is lost, and nothing is done twice.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.dead_letters import DeadLetters, Selection
from dev.demo import account
from dev.demo.stories import Customer
from dev.logs import entries
from dev.redrive import count, purge, redrive, show
from dev.signing import post
from dev.stack import Hook, Stack

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def tag() -> str:
    """A name that no other test uses."""
    return f"runbook{time.time_ns() % 1_000_000_000}"


@pytest.fixture(autouse=True)
def mended(stack: Stack) -> Iterator[None]:
    """The stand-ins work again after each test, and no channel is paused."""
    yield
    stack.webhooks.reset()
    stack.graph.reset()
    for channel in stack.api.get("/v1/channels")["items"]:
        if channel["state"] != "running" or any(each["state"] != "running" for each in channel["receivers"]):
            stack.api.post(f"/v1/channels/{channel['name']}/resume", {})
    stack.api.put("/v1/settings/failures", {})


def soon(look: Callable[[], Any], what: str) -> Any:
    """Return what `look` finds within minutes."""
    found = account.wait_for(look)
    assert found is not None, what
    return found


def has_rule(stack: Stack, tag: str, step: dict[str, Any], **more: Any) -> str:
    """Create a rule on events of this tag; returns its id."""
    document = {
        "name": f"Runbook {tag}",
        "trigger": {"event": f"{tag}.happened"},
        "steps": [step],
        "mode": "on",
        **more,
    }
    return str(stack.api.post("/v1/rules", document)["id"])


def calling(stack: Stack, tag: str) -> dict[str, Any]:
    """A step that calls the receiver under a path for each event."""
    url = f"{stack.webhooks.base_url}/{tag}/{{{{ event.data.number }}}}"
    return {"id": "call", "action": "call_webhook", "with": {"url": url, "data": {"a": 1}}}


def send(stack: Stack, tag: str, numbers: range, **headers: str) -> list[str]:
    """Report an event for each number; returns their ids."""
    events = [{"type": f"{tag}.happened", "data": {"number": number}} for number in numbers]
    answer = stack.api.call("POST", "/v1/events", events, headers)
    assert answer.status == 202, answer.body
    return [event["id"] for event in answer.json()["events"]]


def received(stack: Stack, tag: str) -> Counter[str]:
    """How often the receiver took the call of each number."""
    calls = stack.webhooks.received()["calls"]
    paths = [urlsplit(call["path"]).path for call in calls if call["path"].startswith(f"/{tag}/")]
    return Counter(path.rpartition("/")[2] for path in paths)


def statuses(stack: Stack, rule: str) -> Counter[str]:
    return Counter(run["status"] for run in stack.api.items(f"/v1/runs?rule={rule}"))


def all_done(stack: Stack, rule: str, number: int) -> None:
    """Wait until so many runs of the rule, and no others, are done."""
    account.wait_for(lambda: True if statuses(stack, rule) == {"done": number} else None)
    assert statuses(stack, rule) == {"done": number}


def channel(stack: Stack, name: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.api.get(f"/v1/channels/{name}")
    return found


def test_a_receiver_that_is_down_pauses_its_webhooks_and_all_follow_once_it_is_back(stack: Stack, tag: str) -> None:
    stack.webhooks.program(faults=[{"path": f"/{tag}/*", "status": 503, "times": 0}])
    rule = has_rule(stack, tag, calling(stack, tag))
    send(stack, tag, range(15))

    def failing() -> dict[str, Any] | None:
        found = [each for each in channel(stack, "webhook")["receivers"] if each["state"] == "failing"]
        return found[0] if found else None

    seen = soon(failing, "the first command shows the receiver")
    assert (seen["host"], seen["error"]["code"]) == ("127.0.0.1", "webhook.answered")
    assert seen["next_trial"] is not None
    assert channel(stack, "webhook")["backlog"]["jobs"] == 15
    stack.webhooks.reset()
    all_done(stack, rule, 15)
    assert received(stack, tag) == {str(number): 1 for number in range(15)}
    soon(lambda: None if failing() else True, "it is over")
    assert channel(stack, "webhook")["backlog"]["jobs"] == 0


def test_a_token_that_expired_pauses_whatsapp_and_resuming_sends_each_message_once(stack: Stack, tag: str) -> None:
    stack.graph.program(faults=[{"path": "*/messages", "status": 401, "code": 190, "times": 0}])
    base = int(Customer.new().phone)
    phones = [str(base + number) for number in range(3)]
    text = {"to": "+{{ event.data.phone }}", "template": "welcome", "purpose": "service"}
    rule = has_rule(stack, tag, {"id": "hello", "action": "send_whatsapp", "with": text})
    stack.api.post("/v1/events", [{"type": f"{tag}.happened", "data": {"phone": each}} for each in phones])
    seen = soon(lambda: found if (found := channel(stack, "whatsapp"))["state"] == "failing" else None, "it pauses")
    assert seen["last_error"]["code"].startswith("meta.")
    assert statuses(stack, rule) == {"running": 3}
    stack.graph.reset()  # the token was renewed
    stack.api.post("/v1/channels/whatsapp/resume", {})
    all_done(stack, rule, 3)
    sent = Counter(message["message"].get("to") for message in stack.graph.received()["messages"])
    assert {phone: sent[phone] for phone in phones} == dict.fromkeys(phones, 1)
    assert channel(stack, "whatsapp")["state"] == "running"


def test_a_secret_that_is_no_json_is_an_error_until_it_is_written_again(stack: Stack, tag: str) -> None:
    mapping = {"type": f"{tag}.happened", "data": "{number: body.number}"}
    source = {"scheme": "standard_webhooks", "mappings": [mapping]}
    saved = stack.api.put(f"/v1/sources/{tag}", source)
    hook = Hook(f"{stack.api_url}/hooks/{tag}", "standard_webhooks", saved["secret"])
    rule = has_rule(stack, tag, calling(stack, tag))
    secrets, name = stack.client("secretsmanager"), f"{stack.stack_name}/sources/{tag}"
    kept = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString="whsec_pasted")
    assert post(hook, {"number": 1}, "msg_1").status >= 500, "not 401: the sender repeats"
    log = [entry for entry in entries(stack, "receive_webhook") if "secret.unreadable" in entry]
    assert log, "the log says which secret"
    secrets.put_secret_value(SecretId=name, SecretString=kept)
    soon(lambda: True if post(hook, {"number": 1}, "msg_1").status == 202 else None, "it goes on within seconds")
    all_done(stack, rule, 1)
    assert received(stack, tag) == {"1": 1}


def test_dead_letters_are_shown_put_back_by_reason_and_purged(stack: Stack, tag: str) -> None:
    rule = has_rule(stack, tag, calling(stack, tag))
    sqs, name = stack.client("sqs"), stack.stack_name
    letters = DeadLetters.of(sqs, name, "event")
    purge(sqs, name, "event", Selection())  # those of other tests
    detail = {"specversion": "1.0", "id": f"evt_{tag}", "source": "shop", "type": f"{tag}.happened"}
    event = {"source": "shop", "detail": {**detail, "time": "2026-11-30T09:00:00Z", "data": {"number": 1}}}
    defect = {"reason": {"DataType": "String", "StringValue": "dead_letter.defect"}}
    # As a function leaves it that failed eight times, and was then mended:
    sqs.send_message(QueueUrl=letters.url, MessageBody=json.dumps(event), MessageAttributes=defect)
    queue = sqs.get_queue_url(QueueName=f"{name}-event")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="no event at all")
    malformed = soon(
        lambda: [reason for reason in letters.counted(Selection()) if not reason.startswith("dead_letter")] or None,
        "what is no event is a dead letter with its reason",
    )
    assert show(sqs, name, "event", Selection(malformed[0])) == 1
    assert count(sqs, name, "event", Selection("dead_letter.defect")) == 1
    assert redrive(sqs, name, "event", selection=Selection("dead_letter.defect", limit=1)) == 1
    all_done(stack, rule, 1)
    assert received(stack, tag) == {"1": 1}
    assert purge(sqs, name, "event", Selection(malformed[0])) == 1
    assert letters.counted(Selection()).total() == 0, "it is over"


def test_a_channel_that_an_admin_paused_lets_its_jobs_wait_until_it_is_resumed(stack: Stack, tag: str) -> None:
    rule = has_rule(stack, tag, calling(stack, tag))
    stack.api.post("/v1/channels/webhook/pause", {})
    time.sleep(6)  # so long a worker remembers how a channel stands
    send(stack, tag, range(4))
    soon(lambda: True if channel(stack, "webhook")["backlog"]["jobs"] == 4 else None, "they wait")
    assert received(stack, tag) == {}
    stack.api.post("/v1/channels/webhook/resume", {"rate_per_minute": 600})
    all_done(stack, rule, 4)
    assert received(stack, tag) == {str(number): 1 for number in range(4)}


def test_a_rule_that_keeps_failing_pauses_and_what_failed_is_tried_again(stack: Stack, tag: str) -> None:
    stack.api.put("/v1/settings/failures", {"pause_after": 3, "within": {"minutes": 10}})
    stack.webhooks.program(faults=[{"path": f"/{tag}/*", "status": 404, "times": 0}])
    step = calling(stack, tag)
    rule = has_rule(stack, tag, step)
    send(stack, tag, range(3))
    soon(lambda: True if statuses(stack, rule) == {"failed": 3} else None, "each of them fails")
    (reason,) = {run["reason"]["params"]["reason"]["code"] for run in stack.api.items(f"/v1/runs?rule={rule}")}
    assert reason == "webhook.answered"
    work = soon(lambda: [each for each in stack.api.items("/v1/work") if each["rule"] == rule] or None, "it pauses")
    assert work[0]["change"] == "try_again"
    time.sleep(6)  # so long a worker remembers which rules are paused
    send(stack, tag, range(3, 4))
    soon(lambda: True if statuses(stack, rule)["paused"] == 1 else None, "a new run is held")
    stack.webhooks.reset()  # the cause is mended
    document = {key: value for key, value in stack.api.get(f"/v1/rules/{rule}").items() if key in ("name", "trigger")}
    stack.api.put(f"/v1/rules/{rule}", {**document, "steps": [step], "mode": "on"})
    soon(lambda: True if statuses(stack, rule) == {"failed": 3, "done": 1} else None, "saving it lets its runs go on")
    stack.api.post("/v1/runs/retry", {"rule": rule, "reason": "webhook.answered"})
    all_done(stack, rule, 4)
    assert received(stack, tag) == {str(number): 1 for number in range(4)}

    def counted() -> dict[str, Any] | None:
        items = stack.api.get(f"/v1/figures?rule={rule}")["items"]
        runs: Counter[str] = Counter()
        for each in items:
            runs.update(each.get("runs", {}))
        return dict(runs) if runs == {"failed": 3, "done": 4} else None

    soon(counted, "the figures say how runs ended: those that went on count twice")


def test_one_event_is_followed_by_its_trace(stack: Stack, tag: str) -> None:
    rule = has_rule(stack, tag, calling(stack, tag))
    (event,) = send(stack, tag, range(1), traceparent=GIVEN)
    all_done(stack, rule, 1)
    assert stack.api.get(f"/v1/events/{event}")["event"]["traceparent"] == GIVEN
    (call,) = [call for call in stack.webhooks.received()["calls"] if call["path"].startswith(f"/{tag}/")]
    own = call["headers"]["traceparent"]
    assert own[:35] == GIVEN[:35]
    assert own != GIVEN

    def functions() -> set[str] | None:
        found = [entry.split(" ", 2)[1:] for entry in entries(stack) if f'"{GIVEN[3:35]}"' in entry]
        spans = [text for _, text in found if own[36:52] in text]
        names = {name for name, _ in found}
        return names if spans and {"Manage", "MatchRules", "CallWebhook"} <= names else None

    soon(functions, "one query finds its lines in all functions, and the span is that of the call")
