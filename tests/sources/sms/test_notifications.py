"""SMS: what came in, what became of ours, and what is neither."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.samples import sample_json
from whenthen.domain.common.errors import Malformed
from whenthen.domain.delivery.message_reports import REPORTS, job_named
from whenthen.domain.event_catalog.sms_events import SMS_EVENTS
from whenthen.domain.events.event import from_json, to_json
from whenthen.sources.sms.notifications import sms_events
from whenthen.sources.sms.reports import FAILED, STATUSES

NOW = datetime(2026, 3, 20, tzinfo=UTC)
DELIVERED, ANSWER = sample_json("sms/report_delivered.json"), sample_json("sms/inbound.json")


def test_a_report_names_the_job_the_recipient_the_parts_and_the_price() -> None:
    (event,) = sms_events(DELIVERED, NOW)
    assert (event.type, event.source, event.origin) == ("sms.delivered", "sms", "source:sms")
    assert event.identities == ("phone#+905321234567",)
    assert job_named(event) == ("run_2k7m4q6x3v5p2n7c4r6t2w5y3z", "job_4k2m7q6x3v5p2n7c4r6t2w5y3z")
    assert (event.data["parts"], event.data["price"], event.data["country"]) == (1, 0.01849, "TR")
    assert event.time == datetime(2026, 3, 14, 10, 5, 5, 470_000, tzinfo=UTC)
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_a_failure_says_why_and_others_do_not() -> None:
    (failed,) = sms_events(sample_json("sms/report_blocked.json"), NOW)
    assert (failed.data["error"], failed.data["reason"]) == ("CARRIER_BLOCKED", "The carrier blocked the message")
    (sent,) = sms_events(sample_json("sms/report_sent.json"), NOW)
    assert {"error", "reason"} & sent.data.keys() == set()


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_is_an_event_of_the_catalogue_that_settles_a_job(status: str) -> None:
    (event,) = sms_events({**DELIVERED, "eventType": status}, NOW)
    assert event.type in {row.type for row in SMS_EVENTS}
    assert event.type in REPORTS
    assert (REPORTS[event.type].status == "failed") is (event.type == FAILED)


def test_a_status_that_is_reported_again_or_by_another_word_is_the_same_event() -> None:
    pending, sent = ({**DELIVERED, "eventType": f"TEXT_{name}"} for name in ("PENDING", "SENT"))
    ids = {sms_events(each, NOW)[0].id for each in (pending, sent, {**sent, "eventTimestamp": 1773482799999})}
    assert len(ids) == 1
    assert sms_events(DELIVERED, NOW)[0].id not in ids


def test_an_sms_is_an_event_and_an_answer_of_the_person_who_sent_it() -> None:
    received, replied = sms_events(ANSWER, NOW)
    assert (received.type, replied.type) == ("sms.received", "contact.replied")
    assert received.identities == replied.identities == ("phone#+36301234567",)
    assert received.data == {
        "message_id": ANSWER["inboundMessageId"],
        "phone": "+36301234567",
        "sender": "+36301234567",
        "business_phone": "+36205550101",
        "text": "Igen, pénteken jó",
        "keyword": "KEYWORD_36205550101",
        "reply_to": ANSWER["previousPublishedMessageId"],
    }
    assert replied.data["channel"] == "sms"
    assert received.time == NOW
    assert {event.id for event in sms_events(ANSWER, datetime.now(UTC))} == {received.id, replied.id}


@pytest.mark.parametrize("sender", ["1777", "AMAZON", "+3630", "+36205550101", "", None, 7, "36301234567x"])
def test_what_no_telephone_sent_is_automatic_and_no_answer(sender: Any) -> None:
    (event,) = sms_events({**ANSWER, "originationNumber": sender}, NOW)
    assert (event.type, event.data["automatic"], event.identities) == ("sms.received", True, ())


def test_a_notification_within_the_envelope_of_sns_is_the_same() -> None:
    enclosed = {"Type": "Notification", "MessageId": "m", "TopicArn": "arn", "Message": json.dumps(ANSWER)}
    assert sms_events(enclosed, NOW) == sms_events(ANSWER, NOW)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"eventType": "VOICE_ANSWERED", "messageId": "m"},
        {"eventType": ["TEXT_SENT"], "messageId": "m"},
        {"eventType": "TEXT_SENT"},
        {"eventType": "TEXT_SENT", "messageId": {}},
        {"inboundMessageId": None},
        {"inboundMessageId": "x" * 257},
        {"Type": "Notification", "Message": "{"},
        {"Type": "Notification", "Message": "[1]"},
        {"Type": "Notification", "Message": "[" * 100_000},
        {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.example/"},
    ],
    ids=str,
)
def test_what_is_neither_is_malformed(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        sms_events(document, NOW)


@pytest.mark.parametrize("name", ["originationNumber", "destinationNumber", "messageBody", "messageKeyword"])
@pytest.mark.parametrize("odd", [None, [], {"a": 1}, 1e308, "\ud800", "x" * 20_000, True])
def test_an_odd_field_of_an_sms_does_no_harm(name: str, odd: Any) -> None:
    received = sms_events({**ANSWER, name: odd}, NOW)[0]
    assert received.type == "sms.received"
    assert len(json.dumps(to_json(received))) < 60_000


@pytest.mark.parametrize(
    "name", ["eventTimestamp", "context", "destinationPhoneNumber", "totalMessageParts", "totalMessagePrice", "mcc"]
)
@pytest.mark.parametrize("odd", [None, [], {"callback": 1}, 1e308, -1, "\ud800", "x" * 20_000, True, float("nan")])
def test_an_odd_field_of_a_report_does_no_harm(name: str, odd: Any) -> None:
    (event,) = sms_events({**DELIVERED, name: odd}, NOW)
    assert event.type == "sms.delivered"
    json.dumps(to_json(event), allow_nan=False)
