"""receive_email through its handler: notifications of S3, reports of SES, and what is neither."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws import client
from tests.functions.payloads import batch
from tests.functions.stack import BUCKET, Stack
from tests.template.reading import ROOT

SAMPLES = ROOT / "events" / "email"
STORED = "2026-03-14T10:00:04.512Z"


@pytest.fixture
def stack(stack: Stack) -> Stack:
    """A stack with a bucket."""
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return stack


def stored(key: str, raw: bytes) -> dict[str, Any]:
    """Put a mail where SES puts it; returns what S3 tells of it."""
    client("s3").put_object(Bucket=BUCKET, Key=key, Body=raw)
    told = {"bucket": {"name": BUCKET}, "object": {"key": key.replace("/", "%2F", 1), "size": len(raw)}}
    named = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": STORED}
    return {"Records": [{**named, "s3": told}]}


def test_a_stored_mail_is_on_the_bus_and_its_attachment_in_the_bucket(stack: Stack) -> None:
    raw = (SAMPLES / "order_with_attachment.eml").read_bytes()
    answer = stack.consume("MailQueue", batch(stored("inbound/a1", raw)))
    assert answer == {"batchItemFailures": []}
    events = {event["type"]: event for event in stack.events()}
    assert events.keys() == {"email.received", "contact.replied"}
    for attachment in events["email.received"]["data"]["attachments"]:
        kept = client("s3").get_object(Bucket=BUCKET, Key=attachment["key"])
        assert len(kept["Body"].read()) == attachment["size"]


@pytest.mark.parametrize(
    ("received", "date", "time"),
    [
        ("Sat, 14 Mar 2026 10:00:03 +0000 (UTC)", "Sat, 14 Mar 2099 10:00:00 +0000", "2026-03-14T10:00:03.999Z"),
        ("Sat, 14 Mar 2026 10:00:03 +0000 (UTC)", "Thu, 01 Jan 1970 00:00:00 +0000", "2026-03-14T10:00:03.999Z"),
        ("Sat, 14 Mar 2099 10:00:03 +0000 (UTC)", "Sat, 14 Mar 2099 10:00:00 +0000", "2026-03-14T10:00:04.512Z"),
        ("no time", "Sat, 14 Mar 2099 10:00:00 +0000", "2026-03-14T10:00:04.512Z"),
    ],
)
def test_a_mail_is_of_the_time_at_which_ses_took_it_whatever_its_sender_says(
    stack: Stack, received: str, date: str, time: str
) -> None:
    raw = (SAMPLES / "order_with_attachment.eml").read_bytes()
    raw = raw.replace(b"Sat, 14 Mar 2026 10:00:03 +0000 (UTC)", received.encode())
    raw = raw.replace(b"Date: Sat, 14 Mar 2026 10:00:00 +0000", f"Date: {date}".encode())
    stack.consume("MailQueue", batch(stored("inbound/a1", raw)))
    assert {event["time"] for event in stack.events()} == {time}


def test_a_report_of_ses_is_on_the_bus(stack: Stack) -> None:
    report = json.loads((SAMPLES / "ses_bounce.json").read_text())
    envelope = {"source": "aws.ses", "detail-type": "Email Bounced", "detail": report}
    stack.consume("MailQueue", batch(envelope))
    assert {event["type"] for event in stack.events()} == {"email.bounced"}


@pytest.mark.parametrize(
    "message",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET},
        {"Records": [{"s3": {"object": {"key": "inbound/AMAZON_SES_SETUP_NOTIFICATION"}}}]},
    ],
    ids=["the test of the notification", "the test of the receipt rule"],
)
def test_what_aws_sends_to_try_the_way_is_no_mail(stack: Stack, message: dict[str, Any]) -> None:
    assert stack.consume("MailQueue", batch(message)) == {"batchItemFailures": []}
    assert (stack.events(), stack.bodies("MailDeadLetters")) == ([], [])


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"source": "aws.ses", "detail": {}}, "ses.unknown_report"),
        ({"Records": []}, "message.not_about_mail"),
        ({"Records": [{"s3": {"object": {"key": "inbound/none"}}}]}, "object.not_found"),
    ],
)
def test_what_can_never_be_read_is_a_dead_letter_with_its_reason(
    stack: Stack, message: dict[str, Any], reason: str
) -> None:
    assert stack.consume("MailQueue", batch(message)) == {"batchItemFailures": []}
    (dead,) = stack.messages("MailDeadLetters")
    assert reason in dead["MessageAttributes"]["reason"]["StringValue"]
    assert json.loads(dead["Body"]) == message
