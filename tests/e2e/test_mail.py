"""Mail on the deployed stack: in through the bucket, as SES puts it there; reports through the queue of mail."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest

from dev.demo import account
from dev.demo.stories import EVENTS
from dev.stack import Stack
from tests.mails import as_ses_stores
from tests.tables import FIGURE
from whenthen.domain.common import ids


def arrives(stack: Stack, message: EmailMessage) -> str:
    """Put a mail into the bucket, as its sender's own host sent it; returns SES's id of it."""
    return put(stack, as_ses_stores(message, parseaddr(message["From"])[1]))


def put(stack: Stack, raw: bytes) -> str:
    """Put an object where SES puts mail; returns SES's id of it."""
    external_id = uuid.uuid4().hex
    bucket = stack.document["outputs"]["BucketName"]
    stack.client("s3").put_object(Bucket=bucket, Key=f"inbound/{external_id}", Body=raw)
    return external_id


def read(stack: Stack, external_id: str) -> dict[str, Any]:
    found = account.handled(stack, ids.event_id("email", external_id))
    assert found is not None, "the mail made no event"
    event: dict[str, Any] = found["event"]
    return event


def mail(sender: str, text: str = "Yes, please", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": f"Deniz <{sender}>", "To": "hello@whenthen.example", "Subject": "Re: Welcome"}
    for name, value in {**given, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        message[name] = value
    message.set_content(text)
    return message


def greeting(stack: Stack) -> tuple[str, dict[str, Any]]:
    """A contact whom a rule has mailed, and the run that did; the next mail waits for three hundred days."""
    address = f"deniz.{uuid.uuid4().hex[:12]}@example.com"
    step = {"action": "send_email", "with": {"subject": "Welcome", "text": "Hello"}}
    rule = {
        "name": f"Mail {address}",
        "kind": "contact",
        "trigger": {"event": "contact.created"},
        "conditions": {"field": "record.email", "op": "equals", "value": address},
        "steps": [{"id": "hello", **step}, {"id": "later", **step, "wait": {"days": 300}}],
        "exit": {"on": ["contact.replied"]},
        "mode": "on",
    }
    rule_id = stack.api.post("/v1/rules", rule)["id"]
    stack.api.post("/v1/records/contact", {"email": address})

    def look() -> dict[str, Any] | None:
        for run in stack.api.get(f"/v1/runs?rule={rule_id}")["items"]:
            state: dict[str, Any] = stack.api.get(f"/v1/runs/{run['id']}")
            if state["jobs"] and state["jobs"][0]["status"] == "done":
                return state
        return None

    state = account.wait_for(look)
    assert state is not None
    return address, state


def test_an_answer_by_mail_finds_its_run_and_stops_it(stack: Stack) -> None:
    address, run = greeting(stack)
    sent = run["jobs"][0]["result"]["message_id"].partition("@")[0]
    external_id = arrives(stack, mail(address, In_Reply_To=f"<{sent}@eu-central-1.amazonses.com>"))
    received = read(stack, external_id)
    assert (received["type"], received["data"]["reply_to_run"]) == ("email.received", run["id"])
    assert received["data"]["text"].strip() == "Yes, please"

    def stopped() -> dict[str, Any] | None:
        found: dict[str, Any] = stack.api.get(f"/v1/runs/{run['id']}")
        return found if found["status"] == "stopped" else None

    assert account.wait_for(stopped) is not None


def test_an_out_of_office_mail_with_an_attachment_is_an_event_and_no_answer(stack: Stack) -> None:
    message = mail(f"ooo.{uuid.uuid4().hex[:12]}@example.com", Auto_Submitted="auto-replied")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Ağustos.pdf")
    external_id = arrives(stack, message)
    data = read(stack, external_id)["data"]
    assert (data["automatic"], data["attachments"][0]["name"]) == (True, "Ağustos.pdf")
    bucket, key = stack.document["outputs"]["BucketName"], data["attachments"][0]["key"]
    assert stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"%PDF"
    replied = stack.api.call("GET", f"/v1/events/{ids.event_id('email', f'{external_id}:replied')}")
    assert replied.status == 404


def test_a_mail_of_ten_megabytes_is_an_event_and_its_attachment_is_kept(
    stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    message = mail(f"large.{uuid.uuid4().hex[:12]}@example.com")
    message.add_attachment(b"\x00\x01" * 5_000_000, maintype="application", subtype="zip", filename="big.zip")
    began = time.monotonic()
    (attachment,) = read(stack, arrives(stack, message))["data"]["attachments"]
    seconds = time.monotonic() - began
    record_property(FIGURE, f"{len(message.as_bytes()) / 1e6:.1f} MB of mail were an event after {seconds:.1f} s")
    bucket = stack.document["outputs"]["BucketName"]
    kept = stack.client("s3").head_object(Bucket=bucket, Key=attachment["key"])
    assert (attachment["size"], kept["ContentLength"]) == (10_000_000, 10_000_000)


@pytest.mark.parametrize("file", sorted((EVENTS / "email").glob("*.eml")), ids=lambda file: file.stem)
def test_sample_mails_become_events(stack: Stack, file: Any) -> None:
    assert read(stack, put(stack, file.read_bytes()))["type"] == "email.received"


def test_what_is_no_mail_is_a_dead_letter_with_its_reason(stack: Stack) -> None:
    external_id = put(stack, b"\x00\x01 no headers at all")
    sqs, url = stack.client("sqs"), stack.queues.get("mail_dead_letters") or _dead_letters(stack)

    def look() -> dict[str, Any] | None:
        request = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 1}
        messages = sqs.receive_message(**request, MessageAttributeNames=["All"]).get("Messages", [])
        return next((message for message in messages if external_id in message["Body"]), None)

    found = account.wait_for(look)
    assert found is not None
    assert "headers" in found["MessageAttributes"]["reason"]["StringValue"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])


def _dead_letters(stack: Stack) -> str:
    return str(stack.document["outputs"]["MailDeadLettersUrl"])


def test_a_bounce_that_ses_reports_fails_the_job_and_ends_consent(stack: Stack) -> None:
    address, run = greeting(stack)
    job = run["jobs"][0]
    report = json.loads((EVENTS / "email/ses_bounce.json").read_text())
    report["mail"] |= {"messageId": job["result"]["message_id"], "destination": [address]}
    report["mail"]["headers"] = [
        {"name": "X-Whenthen-Job", "value": job["id"]},
        {"name": "X-Whenthen-Run", "value": run["id"]},
    ]
    report["mail"]["tags"] = {"ses:configuration-set": [stack.stack_name]}
    report["bounce"] |= {"bounceType": "Permanent", "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())}
    report["bounce"]["bouncedRecipients"] = [{"emailAddress": address}]
    # Nobody but AWS may say `aws.ses` on the default bus, in the emulator too: this is what its rule would deliver.
    envelope = {"source": "aws.ses", "detail-type": "Email Bounced", "detail": report}
    stack.client("sqs").send_message(QueueUrl=stack.queues["mail"], MessageBody=json.dumps(envelope))

    def failed() -> dict[str, Any] | None:
        found: dict[str, Any] = stack.api.get(f"/v1/runs/{run['id']}")["jobs"][0]
        return found if found["status"] == "failed" else None

    settled = account.wait_for(failed)
    assert settled is not None
    assert settled["reason"]["code"] == "delivery.reported_in_detail"
    assert settled["reason"]["params"].items() >= {"provider": "SES", "report": "bounced"}.items()
    ref = stack.api.get(f"/v1/runs/{run['id']}")["record"]
    contact = stack.api.get(f"/v1/records/contact/{ref.partition(':')[2]}")
    assert contact["fields"]["consent"] == {"email": False}
