"""receive_sms through its handler: what the topic tells of messages that came in, and of ours."""

from __future__ import annotations

import json

import pytest

from tests.functions.payloads import batch
from tests.functions.stack import Stack
from tests.sources.samples import sample_json


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("inbound", {"sms.received", "contact.replied"}),
        ("inbound_short_code", {"sms.received"}),
        ("report_delivered", {"sms.delivered"}),
        ("report_blocked", {"sms.failed"}),
    ],
)
def test_a_notification_is_on_the_bus(stack: Stack, name: str, types: set[str]) -> None:
    assert stack.consume("TextQueue", batch(sample_json(f"sms/{name}.json"))) == {"batchItemFailures": []}
    assert {event["type"] for event in stack.events()} == types


def test_what_is_no_notification_is_a_dead_letter_and_the_others_of_its_batch_are_read(stack: Stack) -> None:
    stack.consume("TextQueue", batch({"hello": "world"}, sample_json("sms/report_sent.json")))
    assert {event["type"] for event in stack.events()} == {"sms.sent"}
    (dead,) = stack.messages("TextDeadLetters")
    assert "message.not_about_sms" in dead["MessageAttributes"]["reason"]["StringValue"]
    assert json.loads(dead["Body"]) == {"hello": "world"}
