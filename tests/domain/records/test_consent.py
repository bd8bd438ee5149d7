"""Consent: signals in messages, and records that refuse a channel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.events.event import Event
from whenthen.domain.records.consent_signals import (
    REFUSED,
    ConsentSignal,
    consent_signal,
    opted_out,
    with_consent_signal,
)
from whenthen.domain.records.record import Record

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event_type", "data", "agreed"),
    [
        ("whatsapp.message_received", {"text": " Stop! "}, False),
        ("whatsapp.message_received", {"text": "START"}, True),
        ("whatsapp.message_received", {"text": "please stop calling"}, None),
        ("whatsapp.message_received", {"text": "cancel"}, None),
        ("whatsapp.preference_changed", {"category": "marketing_messages", "consented": False}, False),
        ("whatsapp.preference_changed", {"category": "other", "consented": False}, None),
        ("email.received", {"reply": "unsubscribe\n\n-- \nAyşe"}, False),
        ("email.received", {"reply": "start\n\nwith what?"}, None),
        ("email.received", {"subject": "Stop"}, False),
        ("email.received", {"reply": "stop", "automatic": True}, None),
        ("email.bounced", {"permanent": True}, False),
        ("email.bounced", {"permanent": False}, None),
        ("email.complained", {}, False),
        ("email.complained", {"feedback_type": "not-spam"}, None),
        ("email.subscription_changed", {"unsubscribed_from_all": True}, False),
        ("lead.created", {"text": "stop"}, None),
    ],
)
def test_the_signal_of_an_event(event_type: str, data: dict[str, Any], agreed: bool | None) -> None:
    channel = event_type.partition(".")[0]
    expected = None if agreed is None else ConsentSignal(channel, agreed)
    assert consent_signal(Event("evt_1", channel, event_type, NOW, data=data)) == expected


@pytest.mark.parametrize(
    "source", ["api", "hook/shop", "hook/email", "meta", "shop.orders", "records", "Email", "whatsapp"]
)
def test_a_signal_that_no_receiver_of_ours_took_is_none(source: str) -> None:
    assert consent_signal(Event("evt_1", source, "email.complained", NOW)) is None
    stop = {"text": "STOP", "reply": "STOP", "message_id": "m1"}
    other = {"whatsapp": "email"}.get(source, source)
    assert consent_signal(Event("evt_1", other, "whatsapp.message_received", NOW, data=stop)) is None


def test_a_record_stores_a_signal_unless_it_has_a_newer_one() -> None:
    record = Record("contact", "1", {"consent": {"email": True}})
    patch = with_consent_signal(record, ConsentSignal("whatsapp", agreed=False), NOW)
    assert patch == {
        "consent": {"email": True, "whatsapp": False},
        "consent_at": {"whatsapp": "2026-03-14T09:30:00.000Z"},
    }
    newer = Record("contact", "1", {"consent_at": {"whatsapp": "2026-03-14T09:30:00.001Z"}})
    assert with_consent_signal(newer, ConsentSignal("whatsapp", agreed=True), NOW) is None


def test_the_first_record_that_refuses_is_the_reason() -> None:
    silent, agreed = Record("contact", "1"), Record("contact", "2", {"consent": {"email": True}})
    refused = Record("contact", "3", {"consent": {"email": False}})
    assert opted_out("email", [silent, agreed]) is None
    assert opted_out("whatsapp", [refused]) is None
    assert opted_out("email", [silent, refused]) == REFUSED(channel="email", ref="contact:3")
