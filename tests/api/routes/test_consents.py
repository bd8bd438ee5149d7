"""/v1/records/{kind}/{id}/consents through the handler: who changed what a person allows, and why."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.functions.api import Api
from tests.functions.payloads import batch, envelope
from whenthen.domain.events.event import Event, to_json


def test_the_log_names_channel_maker_time_and_event_newest_first(api: Api) -> None:
    fields = {"phone": "+905321234567", "consent": {"whatsapp": True}}
    assert api.call("PUT", "/v1/records/contact/7?origin=human", fields).status == 200
    assert api.call("PATCH", "/v1/records/contact/7", {"consent": {"email": "no"}}).status == 200
    api.call("PATCH", "/v1/records/contact/7", {"first_name": "Ayşe"})
    found = api.get("/v1/records/contact/7/consents")
    assert found["consent"] == {"whatsapp": True, "email": False}
    said = [(each["channel"], each["agreed"], each["by"], each["event"]) for each in found["items"]]
    assert said == [("email", False, "api", None), ("whatsapp", True, "human", None)]
    assert found["items"][0]["at"] >= found["items"][1]["at"]


def test_a_record_without_consent_has_an_empty_log_and_none_has_none(api: Api) -> None:
    api.call("PUT", "/v1/records/contact/8", {"first_name": "Budi"})
    assert api.get("/v1/records/contact/8/consents") == {"consent": {}, "items": []}
    assert api.call("GET", "/v1/records/contact/nobody/consents").status == 404


def test_a_stop_word_is_noted_with_the_event_that_said_it(api: Api) -> None:
    api.call("PUT", "/v1/records/contact/7", {"phone": "+905321234567"})
    event = Event(
        id="evt_1",
        source="whatsapp",
        type="whatsapp.message_received",
        time=datetime(2026, 3, 14, 10, tzinfo=UTC),
        identities=("phone#+905321234567",),
        data={"message_id": "m", "kind": "text", "text": "STOP"},
        origin="source:whatsapp",
    )
    api.stack.consume("EventQueue", batch(envelope(to_json(event), event.type)))
    (change,) = api.get("/v1/records/contact/7/consents")["items"]
    assert (change["channel"], change["agreed"], change["by"]) == ("whatsapp", False, "source:whatsapp")
    assert (change["event"], change["identity"]) == ("whatsapp.message_received", "phone#+905321234567")
    assert change["at"] == "2026-03-14T10:00:00.000Z"
