"""Meta's largest notifications on the deployed stack: taken, with nothing lost; how fast is told after the tests.

Meta gives up on an answer after five seconds and repeats the notification.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from dev.demo import account
from dev.signing import post
from dev.stack import Stack
from tests.tables import FIGURE
from whenthen.domain.common import ids

Record = Callable[[str, object], None]
LEADS, MEGABYTES = 1_000, 3_000_000


def taken(stack: Stack, body: bytes, what: str, record: Record) -> dict[str, Any]:
    """The answer to the first post that is taken; repeated as Meta does, which goes on for longer than this."""
    until = time.monotonic() + account.PATIENCE
    for attempt in count(1):
        began = time.monotonic()
        answer = post(stack.hook("meta"), body)
        seconds = time.monotonic() - began
        said = f"{what}, {len(body) / 1e6:.2f} MB: answered {answer.status} in {seconds:.2f} s (attempt {attempt})"
        record(FIGURE, said)
        if answer.status == 200 or time.monotonic() > until:
            break
    assert answer.status == 200
    document: dict[str, Any] = answer.json()
    return document


@contextmanager
def unattended(stack: Stack, queue: str) -> Iterator[None]:
    """While this holds, what is in the queue stays there to be counted."""
    functions, arn = stack.client("lambda"), _arn(stack, stack.queues[queue])
    (mapping,) = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _arn(stack: Stack, url: str) -> str:
    attributes = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def _taken_out(stack: Stack, url: str, own: Callable[[str], str | None], wanted: int) -> set[str]:
    """Read the queue's messages by `own` until there are so many; those are deleted, the others put back."""
    sqs, found = stack.client("sqs"), set()
    until = time.monotonic() + account.PATIENCE
    while len(found) < wanted and time.monotonic() < until:
        request = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 60, "WaitTimeSeconds": 1}
        for message in sqs.receive_message(**request).get("Messages", ()):
            known = own(message["Body"])
            if known is not None:
                found.add(known)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_a_thousand_leads_in_one_notification(stack: Stack, record_property: Record) -> None:
    first = time.time_ns() // 1_000 * 1_000
    leads = {str(first + number) for number in range(LEADS)}
    changes = [{"field": "leadgen", "value": {"leadgen_id": lead, "form_id": "88", "page_id": "1"}} for lead in leads]
    body = json.dumps({"object": "page", "entry": [{"id": "1", "time": 1, "changes": changes}]}).encode()

    def own(message: str) -> str | None:
        lead = json.loads(message)["leadgen_id"]
        return lead if lead in leads else None

    with unattended(stack, "lead"):
        answer = taken(stack, body, f"{LEADS} leads", record_property)
        assert answer == {"events": 0, "leads": LEADS, "ignored": 0}
        assert _taken_out(stack, stack.queues["lead"], own, LEADS) == leads


@contextmanager
def tapped(stack: Stack, number: str) -> Iterator[str]:
    """The address of a queue to which the bus gives, besides its own, the events of this telephone number."""
    sqs, events, name = stack.client("sqs"), stack.client("events"), f"tap-{number}"
    url, bus = sqs.create_queue(QueueName=name)["QueueUrl"], stack.document["event_bus"]
    pattern = json.dumps({"detail": {"identities": [f"phone#+{number}"]}})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "tap", "Arn": _arn(stack, url)}])
    try:
        yield url
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["tap"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)


def test_a_whatsapp_notification_of_three_megabytes(stack: Stack, record_property: Record) -> None:
    number, text, messages, size = f"90555{time.time_ns() % 10**7:07}", "ş" * 4_096, [], 0
    while size < MEGABYTES - 30_000:  # Meta escapes what is no ASCII: six bytes a letter
        external_id = f"wamid.{number}.{len(messages):04}"
        message = {"from": number, "id": external_id, "timestamp": "1773480600", "type": "text", "text": {"body": text}}
        messages.append(message)
        size += len(json.dumps(message)) + 2
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Ayşe"}, "wa_id": number}],
        "messages": messages,
    }
    document = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    body = json.dumps(document).encode()
    assert MEGABYTES - 60_000 < len(body) <= MEGABYTES
    with tapped(stack, number) as url:
        answer = taken(stack, body, f"{len(messages)} messages", record_property)
        assert answer["events"] == 2 * len(messages)
        own_ids = [f"{message['id']}{what}" for message in messages for what in ("", ":replied")]
        wanted = {ids.event_id("whatsapp", external_id) for external_id in own_ids}

        def own(text: str) -> str | None:
            event = str(json.loads(text)["detail"]["id"])
            return event if event in wanted else None  # the customer is made a contact, too

        assert _taken_out(stack, url, own, len(wanted)) == wanted
