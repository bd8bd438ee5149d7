"""Events of messages that other systems report: they start rules, and do nothing by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.codes import codes
from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import Invalid
from whenthen.domain.runs.run import JobStatus
from whenthen.sources.eventbridge.envelope import events_of
from whenthen.sources.webhook.mapping import parse_source
from whenthen.usecases.ingest.send_event import SendEvent

WHO = {"phone": "+905321234567", "email": "ayse@example.com"}
PERSON = "{phone: body.phone, email: body.email}"

RECEIVED_ONLY = [
    "email.complained",
    "email.bounced",
    "email.subscription_changed",
    "email.delivered",
    "whatsapp.preference_changed",
    "whatsapp.number_changed",
    "whatsapp.message_failed",
    "whatsapp.message_read",
]
MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("whatsapp.message_received", {"message_id": "m1", "text": "STOP"}),
    ("whatsapp.message_received", {"message_id": "m1", "text": "START"}),
    ("email.received", {"from": "ayse@example.com", "reply": "STOP", "subject": "STOP"}),
]


def stored(world: World) -> dict[str, Any]:
    return {ref: (dict(record.fields), record.version) for ref, record in world.records.stored.items()}


@pytest.mark.parametrize("event_type", RECEIVED_ONLY)
def test_a_source_cannot_be_saved_to_report_what_only_we_receive(event_type: str) -> None:
    document = {"name": "shop", "scheme": "standard_webhooks", "mappings": [{"type": event_type}]}
    with pytest.raises(Invalid) as refused:
        parse_source(document)
    assert [problem.field for problem in refused.value.problems] == ["mappings[0].type"]


@pytest.mark.parametrize("mapping", ["type", "type_from"])
@pytest.mark.parametrize("event_type", RECEIVED_ONLY)
def test_a_partner_reports_nothing_that_only_we_receive(world: World, event_type: str, mapping: str) -> None:
    kind = {"type": event_type} if mapping == "type" else {"type_from": "body.kind"}
    has_source(world, mappings=[{**kind, "identities": PERSON, "data": "body"}])
    before = stored(world)
    accepted = posts(world, {"kind": event_type, **WHO, "category": "marketing_messages", "consented": False})
    assert [event.type for event in accepted.events] == ["webhook.received"]
    assert codes(accepted.problems[0].reason) == ["mapping.not_reportable"]
    world.run_out()
    assert stored(world) == before


@pytest.mark.parametrize(("event_type", "data"), MESSAGES)
def test_a_partners_message_starts_rules_and_changes_nobodys_consent(
    world: World, event_type: str, data: dict[str, Any]
) -> None:
    world.has_record("lead:1", **WHO, consent={"whatsapp": False, "email": True})
    made = world.has_rule(rule(GREET, on=event_type))
    before = stored(world)
    has_source(world, mappings=[{"type": event_type, "identities": PERSON, "data": "body"}])
    (event,) = posts(world, {**data, **WHO}).events
    world.run_out()
    assert world.run_of(event, made).run.record == "lead:1"
    assert stored(world) == before


@pytest.mark.parametrize(("event_type", "data"), MESSAGES)
def test_a_message_through_the_api_makes_no_contact_and_changes_nobodys_consent(
    world: World, event_type: str, data: dict[str, Any]
) -> None:
    before = stored(world)
    send = SendEvent(world.bus, world.clock, "TR", world.claim_key)
    for place, person in enumerate([WHO, {"phone": "+905330000000"}]):
        send([{"type": event_type, "person": person, "data": {**data, **person}}], seed=str(place), by="key_1")
    world.run_out()
    assert stored(world) == before


@pytest.mark.parametrize("event_type", RECEIVED_ONLY)
def test_the_api_takes_no_report_and_no_preference(world: World, event_type: str) -> None:
    send = SendEvent(world.bus, world.clock, "TR", world.claim_key)
    with pytest.raises(Invalid):
        send([{"type": event_type, "person": WHO, "data": {"message_id": "m1", "category": "x"}}], seed="1", by="key_1")


def test_a_partner_moves_no_job_of_ours(world: World) -> None:
    made = world.has_rule(rule({**GREET, "action": "send_whatsapp", "with": {"template": "welcome"}}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, made)
    job = world.job(state, GREET["id"])
    assert job.status is JobStatus.DONE
    for event_type in ("whatsapp.message_failed", "whatsapp.message_read"):
        has_source(world, mappings=[{"type": event_type, "data": "body"}])
        posts(world, {"message_id": "m1", "callback": job.callback}, external_id=event_type.partition(".")[2])
        world.happens(event_type, source="hook/shop", data={"message_id": "m1", "callback": job.callback})
    world.run_out()
    assert world.job(world.run_of(event, made), GREET["id"]) == job


@pytest.mark.parametrize("source", ["whatsapp", "email", "api", "meta", "hook/shop"])
def test_an_application_on_the_bus_does_not_pass_for_a_receiver(source: str) -> None:
    stop = {"message_id": "m1", "text": "STOP"}
    detail = {"specversion": "1.0", "id": "1", "source": source, "type": "whatsapp.message_received", "data": stop}
    envelope = {"id": "1", "time": "2026-03-14T09:30:00Z", "detail-type": "whatsapp.message_received"}
    for each in ({**envelope, "source": "shop.app", "detail": {**detail, "time": "2026-03-14T09:30:00Z"}},
                 {**envelope, "source": source, "detail": stop}):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            events_of(each)
        assert [problem.field for problem in refused.value.problems] == ["source"]
