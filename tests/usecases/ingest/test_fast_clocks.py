"""Senders whose clock is fast, or made up: wherever an event enters, it is not later than its arrival."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.stories import PHONE, signed
from tests.sources.samples import sample_json
from tests.usecases.fakes.stores import FakeIdempotencyKeys, FakeObjects
from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts
from tests.usecases.rules import GREET, rule
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.runs.run import RunStatus
from whenthen.sources.eventbridge.envelope import events_of
from whenthen.sources.meta.notification import LeadRef
from whenthen.usecases.context.idempotency import ClaimKey
from whenthen.usecases.ingest.receive_email import ReceiveEmail
from whenthen.usecases.ingest.send_event import SendEvent

AHEAD = [timedelta(seconds=2), timedelta(hours=3), timedelta(days=366 * 73)]
WAIT: dict[str, Any] = {**GREET, "id": "later", "wait": {"days": 2}}
WHO = {"phone": PHONE, "email": "ayse@example.com"}


def by_api(world: World, at: datetime, event_type: str = "order.placed") -> list[Event]:
    written = {"type": event_type, "time": format_time(at), "person": WHO, "data": {"text": "x"}}
    return SendEvent(world.bus, world.clock, "TR", ClaimKey(FakeIdempotencyKeys(), world.clock))(
        [written], seed=str(at), by="key_1"
    )


def by_webhook(world: World, at: datetime, event_type: str = "order.placed") -> list[Event]:
    mapping = {"type": event_type, "time": "body.at", "identities": "{phone: body.phone}"}
    has_source(world, mappings=[mapping])
    return list(posts(world, {"at": format_time(at), **WHO}, external_id=str(at.timestamp()).replace(".", "-")).events)


def by_webhook_in_seconds(world: World, at: datetime, event_type: str = "order.placed") -> list[Event]:
    has_source(
        world, name="till", mappings=[{"type": event_type, "time": "body.at", "identities": "{phone: body.phone}"}]
    )
    body = {"at": int(at.timestamp()), **WHO}
    return list(posts(world, body, external_id=str(int(at.timestamp())), name="till").events)


def by_standard_webhook(world: World, at: datetime, event_type: str = "order.placed") -> list[Event]:
    has_source(world, name="std")
    body = {"type": event_type, "timestamp": format_time(at), "data": WHO}
    return list(posts(world, body, external_id=str(int(at.timestamp())), name="std").events)


def by_whatsapp(world: World, at: datetime, text: str = "Hello") -> list[Event]:
    number = PHONE.removeprefix("+")
    message = {"from": number, "id": f"wamid.{at}", "timestamp": str(int(at.timestamp())), "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "902129876543", "phone_number_id": "3"},
        "contacts": [{"profile": {"name": "Ayşe"}, "wa_id": number}],
        "messages": [{**message, "text": {"body": text}}],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    before = len(world.bus.published)
    world.functions.receive_meta(*signed({"object": "whatsapp_business_account", "entry": [entry]}))
    return world.bus.published[before:]


def by_lead(world: World, at: datetime) -> list[Event]:
    lead = {"id": "77", "created_time": at.isoformat(), "field_data": [{"name": "phone_number", "values": [PHONE]}]}
    world.graph.documents["77"] = lead
    event = world.functions.fetch_lead(LeadRef("77"))
    assert event is not None
    return [event]


def by_report_of_ses(world: World, at: datetime) -> list[Event]:
    document = sample_json("email/ses_bounce.json")
    written = json.dumps(document)
    for part in (document["mail"], document.get("bounce", {})):
        if "timestamp" in part:
            written = written.replace(part["timestamp"], format_time(at))
    receive = ReceiveEmail(FakeObjects(), world.threads, world.bus, world.clock, "crm@example.com")
    return list(receive.report(json.loads(written)))


def by_application(world: World, at: datetime) -> list[Event]:
    detail = {"specversion": "1.0", "id": "1", "source": "shop.app", "type": "order.placed", "time": format_time(at)}
    envelope = {"id": "1", "source": "shop.app", "detail-type": "order.placed", "time": format_time(at)}
    now = world.clock.now()
    return [events_of({**envelope, "detail": each}, now)[0] for each in (detail, {"number": 1})]


def by_any_receiver(world: World, at: datetime) -> list[Event]:
    event = world.happens("order.placed", time=at, identities=(f"phone#{PHONE}",))
    return [world.functions.match_event(event).event]


ENTRANCES = [
    by_api,
    by_webhook,
    by_webhook_in_seconds,
    by_standard_webhook,
    by_whatsapp,
    by_lead,
    by_report_of_ses,
    by_application,
    by_any_receiver,
]


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
@pytest.mark.parametrize("enters", ENTRANCES, ids=lambda enters: enters.__name__)
def test_an_event_of_the_future_is_of_its_arrival(
    world: World, enters: Callable[[World, datetime], list[Event]], ahead: timedelta
) -> None:
    now = world.clock.now()
    events = enters(world, now + ahead)
    assert events
    assert {event.time for event in events} == {now}


@pytest.mark.parametrize("enters", ENTRANCES, ids=lambda enters: enters.__name__)
def test_an_event_that_arrives_late_keeps_its_time(
    world: World, enters: Callable[[World, datetime], list[Event]]
) -> None:
    then = world.clock.now() - timedelta(days=3)
    assert {event.time.replace(microsecond=0) for event in enters(world, then)} == {then}


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
@pytest.mark.parametrize(
    "enters", [by_api, by_webhook, by_standard_webhook, by_any_receiver], ids=lambda it: it.__name__
)
def test_an_answer_after_the_arrival_stops_what_a_fast_clock_started(
    world: World, enters: Callable[[World, datetime], list[Event]], ahead: timedelta
) -> None:
    world.has_record("lead:1", **WHO)
    made = world.has_rule(rule(WAIT, on="order.placed", exit={"on": ["contact.replied"]}))
    (event,) = enters(world, world.clock.now() + ahead)
    world.settle()
    assert world.run_of(event, made).run.status is RunStatus.WAITING
    world.clock.move(minutes=1)
    by_whatsapp(world, world.clock.now(), "Yes")
    world.settle()
    assert world.run_of(event, made).run.status is RunStatus.STOPPED


def consent(world: World) -> Any:
    return world.records.stored["lead:1"].fields.get("consent")


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
def test_a_start_of_the_future_does_not_outlive_the_stop_that_follows(world: World, ahead: timedelta) -> None:
    by_whatsapp(world, world.clock.now() + ahead, "START")
    world.run_out()
    assert consent(world) == {"whatsapp": True}
    world.clock.move(seconds=1)
    by_whatsapp(world, world.clock.now(), "STOP")
    world.run_out()
    assert consent(world) == {"whatsapp": False}


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
def test_a_stop_of_the_future_can_be_taken_back(world: World, ahead: timedelta) -> None:
    by_whatsapp(world, world.clock.now() + ahead, "STOP")
    world.run_out()
    world.clock.move(seconds=1)
    by_whatsapp(world, world.clock.now(), "START")
    world.run_out()
    assert consent(world) == {"whatsapp": True}


@pytest.mark.parametrize(
    "dated", ["2099-01-01T00:00:00.000Z", "9999-12-31T23:59:59+00:00", "zzz", 7, "2026-03-14T12:30:00+03:00", None]
)
def test_a_start_that_was_stored_with_a_date_of_the_future_outlives_no_stop(world: World, dated: Any) -> None:
    world.has_record("lead:1", **WHO, consent={"whatsapp": True}, consent_at={"whatsapp": dated})
    world.clock.move(seconds=1)
    by_whatsapp(world, world.clock.now(), "STOP")
    world.run_out()
    assert consent(world) == {"whatsapp": False}
    told = world.records.stored["lead:1"].fields["consent_at"]["whatsapp"]
    assert told <= format_time(datetime(2026, 3, 14, 9, 31, tzinfo=UTC))
