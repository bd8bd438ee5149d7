"""receive_email: stored mail becomes events, its attachments objects, and an answer finds its run."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from tests.mails import as_ses_stores
from tests.usecases.fakes.stores import FakeObjects
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import Malformed, NotFound
from whenthen.domain.records.consent_signals import ConsentSignal, consent_signal
from whenthen.domain.runs.run import RunStatus
from whenthen.sources.email.inbound import VIRUS
from whenthen.sources.email.mime import NO_HEADERS
from whenthen.usecases.ingest.receive_email import ReceiveEmail

SENT = datetime(2026, 3, 14, 9, 30, 5, tzinfo=UTC)


@pytest.fixture
def objects() -> FakeObjects:
    return FakeObjects()


@pytest.fixture
def receive(world: World, objects: FakeObjects) -> ReceiveEmail:
    return ReceiveEmail(objects, world.threads, world.bus, world.clock, "crm@example.com")


def mail(text: str = "Yes, please", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": "Ayşe <ayse@example.com>", "To": "crm@example.com", "Subject": "Re: Welcome"}
    for name, value in {**given, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        message[name] = value
    message.set_content(text)
    return message


def kept(objects: FakeObjects, message: EmailMessage | bytes, external_id: str = "ses1") -> str:
    """Put the mail, from ayse@example.com, where SES puts it; returns the key."""
    objects.kept[f"inbound/{external_id}"] = as_ses_stores(message, "ayse@example.com", SENT)
    return f"inbound/{external_id}"


def test_a_mail_is_an_event_and_an_answer(world: World, objects: FakeObjects, receive: ReceiveEmail) -> None:
    received = receive(kept(objects, mail()))
    assert [event.type for event in received.events] == ["email.received", "contact.replied"]
    assert world.bus.published == list(received.events)
    assert received.events[0].identities == ("email#ayse@example.com",)
    assert receive(kept(objects, mail())).events == received.events, "delivered again, it is the same"


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 +0000", "Sat, 14 Mar 2099 09:30:00 +0000"])
def test_an_answer_names_the_run_whose_mail_it_answers_and_stops_it(
    world: World, objects: FakeObjects, receive: ReceiveEmail, date: str
) -> None:
    later = {**GREET, "id": "later", "wait": {"days": 9}}
    made = world.has_rule(rule(GREET, later, exit={"on": ["contact.replied"]}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    run = world.run_of(event, made).run
    answer = mail(In_Reply_To="<ses-1@eu-central-1.amazonses.com>", Date=date)
    received = receive(kept(objects, answer))
    assert [each.data["reply_to_run"] for each in received.events] == [run.id, run.id]
    world.run_out()
    assert world.run_of(event, made).run.status is RunStatus.STOPPED


def test_a_mail_whose_time_nobody_tells_is_of_the_time_at_which_it_was_stored(
    world: World, objects: FakeObjects, receive: ReceiveEmail
) -> None:
    objects.kept["inbound/ses1"] = mail(Date="Sat, 14 Mar 2099 09:30:00 +0000").as_bytes()
    assert receive("inbound/ses1", SENT).events[0].time == SENT
    assert receive("inbound/ses1").events[0].time == world.clock.now()


def test_a_mail_that_nobody_vouches_for_is_of_no_person_and_no_answer(
    objects: FakeObjects, receive: ReceiveEmail
) -> None:
    objects.kept["inbound/ses1"] = mail().as_bytes()
    (received,) = receive("inbound/ses1").events
    assert (received.type, received.identities, received.data["from"]) == ("email.received", (), "ayse@example.com")


CARELESS_FROM = [
    "ayse@example.com <ayse@example.com>",
    "Ayşe @ Acme <ayse@example.com>",
    "Yılmaz, Ayşe <ayse@example.com>",
    "Dr. Ayşe: Acme [TR] <ayse@example.com>",
    "Ayşe (Satış <ayse@example.com>",
    "=?utf-8?q?Ay=C5=9Fe=40example=2Ecom?= <ayse@example.com>",
    "AYSE@EXAMPLE.COM",
]


@pytest.mark.parametrize("written", CARELESS_FROM)
def test_a_name_without_its_quotes_costs_neither_the_sender_nor_their_answer(
    objects: FakeObjects, receive: ReceiveEmail, written: str
) -> None:
    message = f"From: {written}\r\nTo: Acme, Inc. <crm@example.com>\r\nSubject: x\r\n\r\nYes".encode()
    mail, answer = receive(kept(objects, message)).events
    assert (mail.type, answer.type) == ("email.received", "contact.replied")
    assert mail.data["from"] == "ayse@example.com"
    assert mail.data["to"] == ["crm@example.com"]
    assert mail.identities == answer.identities == ("email#ayse@example.com",)


OFFER = "On Thu, Apr 3, 2025 at 10:12 AM Balcony Company <hello@balcony.example>\nwrote:\n\n> Our offer"


@pytest.mark.parametrize(
    "text", [f"STOP\n\n{OFFER}", f"Stop\n\nAyşe\n\nSent from my iPhone\n\n{OFFER}", f"{OFFER}\n\nstop"]
)
def test_who_answers_with_stop_above_or_below_our_mail_refuses_mail(
    objects: FakeObjects, receive: ReceiveEmail, text: str
) -> None:
    assert consent_signal(receive(kept(objects, mail(text))).events[0]) == ConsentSignal("email", agreed=False)


def test_attachments_are_kept_apart_and_named_in_the_event(objects: FakeObjects, receive: ReceiveEmail) -> None:
    message = mail()
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename="../offer.html")
    (received, _) = receive(kept(objects, message)).events
    (attachment,) = received.data["attachments"]
    assert (attachment["key"], attachment["type"]) == ("attachments/ses1/1", "text/html")
    assert objects.kept["attachments/ses1/1"].strip() == b"<script>"
    assert objects.types == {"attachments/ses1/1": "application/octet-stream"}, "nobody's browser runs it"


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Whenthen_Job": "job_1"}]
)
def test_what_a_machine_wrote_is_no_answer(
    objects: FakeObjects, receive: ReceiveEmail, headers: dict[str, str]
) -> None:
    (received,) = receive(kept(objects, mail(**headers))).events
    assert received.data["automatic"] is True


def test_a_mail_with_a_virus_makes_no_event_and_keeps_no_attachment(
    world: World, objects: FakeObjects, receive: ReceiveEmail
) -> None:
    message = mail()
    message.add_attachment(b"MZ", maintype="application", subtype="x-msdownload", filename="a.exe")
    key = kept(objects, message)
    objects.kept[key] = objects.kept[key].replace(b"Virus-Verdict: PASS", b"Virus-Verdict: FAIL")
    received = receive(key)
    assert (received.events, received.rejection) == ((), VIRUS())
    assert (world.bus.published, objects.types) == ([], {})


def test_what_is_no_mail_is_refused_with_its_reason(objects: FakeObjects, receive: ReceiveEmail) -> None:
    objects.kept["inbound/ses1"] = b""
    with pytest.raises(Malformed) as refused:
        receive("inbound/ses1")
    assert refused.value.reason == NO_HEADERS()
    with pytest.raises(NotFound, match="inbound/none"):
        receive("inbound/none")


def test_a_report_of_ses_is_an_event_that_names_its_job(world: World, receive: ReceiveEmail) -> None:
    headers = [{"name": "X-Whenthen-Job", "value": "job_1"}, {"name": "X-Whenthen-Run", "value": "run_1"}]
    document: dict[str, Any] = {
        "eventType": "Bounce",
        "mail": {"messageId": "m1", "timestamp": "2026-03-14T09:30:00Z", "headers": headers},
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "ayse@example.com"}]},
    }
    (event,) = receive.report(document)
    assert world.bus.published == [event]
    assert (event.type, event.data["job"], event.data["run"]) == ("email.bounced", "job_1", "run_1")
    with pytest.raises(Malformed):
        receive.report({})
