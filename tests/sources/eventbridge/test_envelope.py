"""Events from the bus: whenthen's own as they are, others as far as they may say it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.adapters.aws import event_bus
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, Malformed
from whenthen.domain.events.event import Event, to_json
from whenthen.sources.eventbridge.envelope import OWN_SOURCE, events_of

OWN = Event("evt_1", "records", "contact.updated", datetime(2026, 3, 14, tzinfo=UTC), subject="contact:1")


def event_of(written: Any) -> Event:
    """The only event of an envelope."""
    (found,) = events_of(written)
    return found


def envelope(detail: Any, source: str = "shop.orders", type_: str = "button.clicked") -> dict[str, Any]:
    return {"id": "1-2-3", "source": source, "detail-type": type_, "time": "2026-03-14T09:30:00Z", "detail": detail}


def fields_of(written: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as caught:
        event_of(written)
    return [problem.field for problem in caught.value.problems]


def test_our_own_events_come_back_as_they_went() -> None:
    assert event_bus.SOURCE == OWN_SOURCE
    assert event_of(envelope(to_json(OWN), source="whenthen", type_=OWN.type)) == OWN


def test_an_applications_detail_is_the_events_data() -> None:
    event = event_of(envelope({"button": "offer"}))
    assert (event.type, event.source, event.origin) == ("button.clicked", "shop.orders", "source:shop.orders")
    assert event.data == {"button": "offer"}
    assert event_of(envelope({"button": "offer"})).id == event.id, "a redelivery is known"


def cloud_event(external_id: str = "1", source: str = "app.one", **more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": external_id, "source": source, "type": "order.shipped", "data": {}} | (
        {"time": "2026-03-14T09:30:00Z"} | more
    )


def of_application(**detail: Any) -> Event:
    return event_of(envelope(cloud_event(**detail), source=detail.get("source", "app.one")))


def test_an_id_is_one_of_its_source_alone() -> None:
    first, again, other = of_application(), of_application(), of_application(source="app.two")
    assert first.id == again.id == ids.event_id("app.one", "1")
    assert len({first.id, other.id, of_application(external_id="2").id}) == 3
    assert (first.source, other.source) == ("app.one", "app.two")


@pytest.mark.parametrize(
    "external_id", ["x" * 5_000, "ş" * 2_000, "\ud800"], ids=["long", "long in bytes", "half a pair"]
)
def test_an_id_that_is_no_key_is_as_good_as_any(external_id: str) -> None:
    assert re.fullmatch(r"evt_[a-z2-7]{26}", of_application(external_id=external_id).id)


@pytest.mark.parametrize("odd", ["x" * 5_000, "ş" * 2_000, "\ud800"], ids=["long", "long in bytes", "half a pair"])
def test_whom_nobody_can_be_found_by_is_left_out(odd: str) -> None:
    event = of_application(identities=[f"crm#{odd}", "email#a@b.co", odd], subject=odd)
    assert (event.identities, event.subject) == (("email#a@b.co",), None)
    assert of_application(subject="contact:1").subject == "contact:1"


def test_an_application_cannot_say_what_is_derived_or_made_here() -> None:
    assert fields_of(envelope({}, type_="contact.created")) == ["type"]
    assert fields_of(envelope({}, type_="rule.started_manually")) == ["type"]
    assert fields_of(envelope(to_json(OWN))) == ["type", "source"]


@pytest.mark.parametrize("source", ["records", "clock", "engine", "whatsapp", "email", "meta", "api", "hook/shop"])
def test_an_application_cannot_pass_for_the_store_or_a_receiver(source: str) -> None:
    forged = to_json(OWN) | {"source": source, "type": "spaceship.landed"}
    assert fields_of(envelope(forged)) == ["source"]
    assert fields_of(envelope({}, source=source, type_="spaceship.landed")) == ["source"]


def test_an_applications_data_has_the_types_of_the_catalogue() -> None:
    assert fields_of(envelope({"button": 7})) == ["data.button"]
    assert event_of(envelope({"any": "thing"}, type_="spaceship.landed")).data == {"any": "thing"}


def test_what_is_no_event() -> None:
    assert fields_of(envelope({}, type_="Something Happened")) == ["type"]
    with pytest.raises(Malformed):
        event_of(envelope("text"))


def test_an_integer_beyond_64_bits_is_kept_as_text() -> None:
    assert event_of(envelope({"button": "a", "n": [2**63, 1]})).data == {"button": "a", "n": ["9223372036854775808", 1]}
