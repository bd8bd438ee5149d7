"""A person is one, through whichever entrance their address comes and however it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts
from tests.usecases.records.test_import_records import done
from whenthen.domain.events.event import Event
from whenthen.sources.email.authentication import Authentication
from whenthen.sources.email.inbound import mail_events
from whenthen.sources.email.mime import read_mail
from whenthen.sources.eventbridge.envelope import events_of
from whenthen.sources.meta.leads import lead_fields
from whenthen.usecases.records.save_record import SaveRecord

MAPPING = {"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}
PHONES = [
    "+90 532 123 45 67",
    "5321234567.0",
    "\u202a0090 532 123 45 67",
    "0532 123 45 67 Ali",
    5321234567,
    5321234567.0,
]
EMAILS = ["ali@çiçek.example", "ALİ@XN--IEK-1LAB.EXAMPLE", "ali\u200b@çiçek.example", "Ali@ÇİÇEK.example"]


@pytest.mark.parametrize(
    ("name", "values", "stored"), [("phone", PHONES, "+905321234567"), ("email", EMAILS, "ali@çiçek.example")]
)
def test_every_writing_through_the_api_an_import_and_a_webhook_is_one_contact(
    name: str, values: list[str], stored: str
) -> None:
    world = World()
    has_source(world, mappings=[MAPPING])
    for place, value in enumerate(values):
        SaveRecord(world.records, world.clock, "TR").upsert(
            "contact", None, {name: value, f"api{place}": 1}, origin="api"
        )
        posts(world, {name: value, f"hook{place}": 1}, f"msg_{place}")
        done(world, [{name: value, f"line{place}": 1}])
        done(world, f'{name},cell{place}\n"{value}",1\n')
    (contact,) = world.records.stored.values()
    assert contact.fields[name] == stored
    assert len(contact.fields) == 1 + 4 * len(values)


def test_a_lead_and_an_applications_event_are_of_the_same_person() -> None:
    answers = [{"name": "phone_number", "values": [81234567890.0]}, {"name": "email", "values": ["ALİ@EXAMPLE.COM"]}]
    fields = lead_fields({"id": "1", "field_data": answers}, "ID")
    assert (fields["phone"], fields["email"]) == ("+6281234567890", "ali@example.com")
    detail: dict[str, Any] = {
        "specversion": "1.0",
        "id": "1",
        "source": "app",
        "type": "order.shipped",
        "time": "2026-03-14T09:30:00Z",
    }
    detail |= {"identities": ["phone#+62 812-3456-7890", "email#ALİ@EXAMPLE.COM"], "data": {}}
    event = events_of({"source": "app", "detail": detail})[0]
    assert event.identities == ("phone#+6281234567890", "email#ali@example.com")


@pytest.mark.parametrize(
    ("sender", "vouched", "proven"),
    [
        ("ali@xn--iek-1lab.example", "xn--iek-1lab.example", True),
        ("ALI@EXAMPLE.COM", "example.com", True),
        ("ali@gmai̇l.com", "xn--gmail-cxc.com", False),
    ],
)
def test_a_proof_holds_for_its_own_domain_alone(sender: str, vouched: str, proven: bool) -> None:
    message = EmailMessage()
    message["To"] = "hello@balcony.example"
    message.set_content("Hello")
    raw = f"From: {sender}\r\n".encode() + message.as_bytes()
    moment = datetime(2026, 3, 14, tzinfo=UTC)
    events: tuple[Event, ...] = mail_events(
        read_mail(raw), Authentication("1", vouched=vouched), raw, (), (), moment
    ).events
    assert bool(events[0].identities) is proven


def test_our_own_address_is_recognised_in_every_writing() -> None:
    raw = b"From: Hello@XN--IEK-1LAB.example\r\nTo: a@b.co\r\n\r\nHello"
    own = {"hello@çiçek.example"}
    received = mail_events(read_mail(raw), Authentication("1"), raw, (), own, datetime(2026, 3, 14, tzinfo=UTC))
    assert received.events[0].data["automatic_reason"] == "own_address"
