"""Events of the same moment: one order everywhere, and one message is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.events.event import Event
from whenthen.domain.events.ordering import order_key, order_key_of_run

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def event(event_type: str, external_id: str = "evt_1", **data: Any) -> Event:
    return Event(external_id, "test", event_type, NOW, data=data)


@pytest.mark.parametrize(
    ("received", "channel"),
    [("whatsapp.message_received", "whatsapp"), ("email.received", "email"), ("sms.message_received", "sms")],
)
def test_a_message_and_the_answer_that_it_is_stand_at_one_place(received: str, channel: str) -> None:
    message = event(received, "evt_1", message_id="m1")
    answer = event("contact.replied", "evt_2", message_id="m1", channel=channel)
    assert order_key(message) == order_key(answer)
    assert order_key(message) != order_key(event(received, "evt_1", message_id="m2"))
    assert order_key(answer) != order_key(event("contact.replied", "evt_2", message_id="m1", channel="chat"))


@pytest.mark.parametrize("data", [{}, {"message_id": ""}, {"message_id": 7}])
def test_an_event_without_a_message_stands_by_itself(data: dict[str, Any]) -> None:
    assert order_key(event("contact.replied", "evt_1", **data)) == "contact.replied#evt_1"
    assert order_key(event("payment.received", "evt_1", message_id="m1")) == "payment.received#evt_1"


@pytest.mark.parametrize(
    ("own", "exits_on", "begins_anew"),
    [
        ("contact.replied", ["contact.replied"], True),
        ("whatsapp.message_received", ["contact.replied"], True),
        ("email.received", ["whatsapp.message_received", "deal.updated"], True),
        ("lead.created", ["contact.replied"], False),
        ("invoice.created", ["invoice.paid"], False),
        ("payment.received", ["email.received"], False),
    ],
)
def test_only_rules_that_begin_anew_with_their_exit_order_events_of_one_moment(
    own: str, exits_on: list[str], begins_anew: bool
) -> None:
    started_by = event(own)
    assert order_key_of_run(started_by, exits_on) == (order_key(started_by) if begins_anew else "")
