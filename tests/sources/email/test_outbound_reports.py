"""SES's reports of what became of our mail: one event per recipient, with the job that sent it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.samples import EVENTS, sample_json
from whenthen.domain.common.errors import Malformed
from whenthen.domain.events.event import from_json, to_json
from whenthen.sources.email.outbound_reports import REPORTS, ses_events

NOW = datetime(2026, 3, 20, tzinfo=UTC)

KINDS = [
    ("ses_send", "email.sent", {"subject": "Fiyat teklifiniz", "tags": {"campaign": ["spring"]}}),
    ("ses_delivery", "email.delivered", {"to": "ayse.yilmaz@example.com"}),
    ("ses_bounce", "email.bounced", {"permanent": True, "status": "5.1.1", "reason": "smtp; 550 5.1.1 user unknown"}),
    ("ses_bounce_transient", "email.bounced", {"permanent": False, "bounce_subtype": "MailboxFull"}),
    ("ses_complaint", "email.complained", {"feedback_type": "abuse"}),
    ("ses_reject", "email.rejected", {"rejected_because": "Bad content"}),
    ("ses_open", "email.opened", {"user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X)"}),
    ("ses_click", "email.clicked", {"link": "https://balcony.example/offer"}),
    ("ses_rendering_failure", "email.rendering_failed", {"template": "spring_offer"}),
    ("ses_delivery_delay", "email.delayed", {"delay_type": "MailboxFull", "status": "4.2.2"}),
    ("ses_subscription", "email.subscription_changed", {"unsubscribed_from_all": True, "contact_list": "customers"}),
]


@pytest.mark.parametrize(("name", "type_", "data"), KINDS, ids=[row[0] for row in KINDS])
def test_a_report_becomes_an_event_about_its_recipient_and_names_the_job(
    name: str, type_: str, data: dict[str, Any]
) -> None:
    event = ses_events(sample_json(f"email/{name}.json"), NOW)[0]
    assert event.type == type_
    assert event.identities == ("email#ayse.yilmaz@example.com",)
    assert event.data["job"] == "job_4k2m7q6x3v5p2n7c4r6t2w5y3z"
    assert event.data["message_id"] == "0107018e2a3b4c5d-6e7f8091-2a3b-4c5d-8e9f-000000"
    assert event.data.items() >= data.items()
    assert event.time < NOW
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_every_kind_of_report_is_covered() -> None:
    assert {row[1] for row in KINDS} == {report.type for report in REPORTS.values()}
    assert {row[0] for row in KINDS} == {path.stem for path in (EVENTS / "email").glob("ses_*.json")}


def test_each_bounced_recipient_has_an_event_of_its_own() -> None:
    events = ses_events(sample_json("email/ses_bounce.json"), NOW)
    assert [event.identities for event in events] == [("email#ayse.yilmaz@example.com",), ("email#full@example.org",)]
    assert [event.data.get("reason") for event in events] == ["smtp; 550 5.1.1 user unknown", None]
    assert events[0].id != events[1].id


def test_a_report_delivered_again_is_the_same_event_and_a_second_click_is_another() -> None:
    document = sample_json("email/ses_click.json")
    first, again = ses_events(document, NOW)[0], ses_events(document, datetime(2026, 4, 1, tzinfo=UTC))[0]
    assert first == again
    document["click"]["timestamp"] = "2026-03-14T10:00:00.000Z"
    assert ses_events(document, NOW)[0].id != first.id


TO = ["Yılmaz, Ayşe <Ayse.Yilmaz@example.com>", "=?utf-8?q?Deniz?= <deniz@example.com>"]
PLACES: list[tuple[Any, list[Any]]] = [
    (TO[:1], [(None, None), (True, None)]),
    (TO, [(None, 2), (True, 2)]),
    ([*TO, "full@example.org"], [(None, 3), (None, 3)]),
    ([], [(None, None), (None, None)]),
    ("ayse", [(None, None), (None, None)]),
    ([None, 7, {}], [(None, None), (None, None)]),
]


@pytest.mark.parametrize(("to", "places"), PLACES, ids=lambda value: str(value)[:30])
def test_a_report_says_whether_its_recipient_had_only_a_copy(to: Any, places: list[Any]) -> None:
    document = sample_json("email/ses_bounce.json")
    document["mail"]["commonHeaders"]["to"] = to
    found = [(event.data.get("copy"), event.data.get("main_recipients")) for event in ses_events(document, NOW)]
    assert found == places
    document["mail"]["headersTruncated"] = True
    assert [event.data.get("copy") for event in ses_events(document, NOW)] == [None, None]


@pytest.mark.parametrize("kind", ["bounce", "complaint", "delivery_delay"])
def test_a_report_of_a_mail_to_one_person_is_about_them_wherever_their_host_sent_it(kind: str) -> None:
    document = sample_json(f"email/ses_{kind}.json")
    document["mail"]["destination"] = ["Deniz@example.com"]
    (event, *_) = ses_events(document, NOW)
    assert (event.data["to"], event.identities) == ("deniz@example.com", ("email#deniz@example.com",))


def test_the_older_notifications_are_read_too() -> None:
    document = sample_json("email/ses_complaint.json")
    document["notificationType"] = document.pop("eventType")
    assert ses_events(document, NOW)[0].type == "email.complained"


def test_a_report_without_headers_names_no_job() -> None:
    document = sample_json("email/ses_delivery.json")
    del document["mail"]["headers"], document["mail"]["commonHeaders"], document["delivery"]["timestamp"]
    event = ses_events(document, NOW)[0]
    assert "job" not in event.data
    assert event.time == datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "document",
    [{}, {"eventType": "Bounce"}, {"eventType": "Teleport", "mail": {"messageId": "1"}}, {"eventType": 7, "mail": []}],
)
def test_what_is_no_report_is_malformed(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        ses_events(document, NOW)


def test_a_report_of_any_odd_shape_gives_what_can_be_read() -> None:
    for name, _, _ in KINDS:
        document = sample_json(f"email/{name}.json")
        report = REPORTS[document["eventType"]]
        odd: object
        for odd in (None, 7, "x", [], {}, [None, 7]):
            assert isinstance(ses_events({**document, report.part: odd}, NOW), tuple)
            if report.recipients:
                assert isinstance(ses_events({**document, report.part: {report.recipients: odd}}, NOW), tuple)
