"""Entrances: events through the API, notifications of Meta, fetched leads, API keys, changes of records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.stories import signed
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.stores import FakeKeys, FakeSecrets
from tests.usecases.fakes.world import World
from whenthen.domain.common.errors import (
    Invalid,
    Malformed,
    Misconfigured,
    NotFound,
    Permanent,
    Temporary,
    Throttled,
    Unauthenticated,
)
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause
from whenthen.ports.values import ApiKey
from whenthen.sources.meta.notification import LeadRef
from whenthen.usecases.admin.authorize import Authorize, allows, hash_of
from whenthen.usecases.ingest.send_event import MAX_EVENTS, SendEvent
from whenthen.usecases.runs.read_history import ReadHistory


@pytest.fixture
def send(world: World) -> SendEvent:
    return SendEvent(world.bus, world.clock, "TR", world.claim_key)


def sent(send: SendEvent, *written: Any, seed: str = "seed", by: str = "key_1") -> Any:
    return send(written, seed=seed, by=by)


def test_an_event_that_is_reported_is_on_the_bus(world: World, send: SendEvent) -> None:
    document = {
        "type": "call.incoming_missed",
        "id": "call-77",
        "time": "2026-03-14T12:00:00+03:00",
        "subject": "contact:1",
        "person": {"phone": "0532 123 45 67"},
        "data": {"duration": 0},
        "origin": "human",
    }
    (event,) = sent(send, document)
    assert world.bus.published == [event]
    assert (event.type, event.source, event.subject) == ("call.incoming_missed", "api", "contact:1")
    assert (event.identities, event.origin) == (("phone#+905321234567",), "human")
    assert event.time == datetime(2026, 3, 14, 9, tzinfo=UTC)


def test_the_same_id_from_the_same_caller_is_the_same_event(send: SendEvent) -> None:
    same = [sent(send, {"type": "a.b", "id": "1"}, seed=seed)[0].id for seed in ("x", "y")]
    assert same[0] == same[1]
    assert sent(send, {"type": "a.b", "id": "1"}, by="key_2")[0].id != same[0]


def test_without_an_id_the_requests_key_makes_it(send: SendEvent) -> None:
    first = [event.id for event in sent(send, {"type": "a.b"}, {"type": "a.b"}, seed="x")]
    again = [event.id for event in sent(send, {"type": "a.b"}, {"type": "a.b"}, seed="x")]
    assert first == again
    assert len(set(first)) == 2
    assert sent(send, {"type": "a.b"}, seed="y")[0].id not in first


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({}, ["type"]),
        ({"type": "Call"}, ["type"]),
        ({"type": "a.b", "id": "x" * 301}, ["id"]),
        ({"type": "a.b", "time": "now"}, ["time"]),
        ({"type": "a.b", "subject": "4711"}, ["subject"]),
        ({"type": "a.b", "person": {"phone": "12"}}, ["person"]),
        ({"type": "a.b", "person": "Ayşe"}, ["person"]),
        ({"type": "a.b", "data": []}, ["data"]),
        ({"type": "a.b", "origin": "rule:1"}, ["origin"]),
        ({"type": "a.b", "cause": {"depth": 0}, "source": "meta"}, ["cause", "source"]),
        ([], ["", "type"]),
    ],
    ids=str,
)
def test_an_event_that_does_not_hold_names_its_fields(
    world: World, send: SendEvent, document: Any, fields: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        sent(send, document)
    assert [problem.field for problem in caught.value.problems] == fields
    with pytest.raises(Invalid) as caught:
        sent(send, {"type": "a.b"}, document)
    assert {problem.field for problem in caught.value.problems} == {
        f"events[1].{field}".rstrip(".") for field in fields
    }
    assert world.bus.published == [], "all of them or none"


@pytest.mark.parametrize("count", [0, MAX_EVENTS + 1])
def test_a_batch_is_bounded(send: SendEvent, count: int) -> None:
    with pytest.raises(Invalid, match="events"):
        sent(send, *[{"type": "a.b"}] * count)


# --- Meta ----------------------------------------------------------------------------------------


def notification(*leads: int) -> tuple[dict[str, str], bytes]:
    changes = [{"field": "leadgen", "value": {"leadgen_id": lead}} for lead in leads]
    return signed({"object": "page", "entry": [{"id": "1", "changes": [*changes, {"field": "feed", "value": {}}]}]})


def test_leads_of_a_notification_are_queued_each_once(world: World) -> None:
    accepted = world.functions.receive_meta(*notification(1, 2, 1))
    assert (accepted.leads, accepted.events, accepted.ignored) == (2, 0, 1)
    assert [lead.leadgen_id for lead in world.queues["leads"].bodies] == ["1", "2"]


def test_what_is_not_signed_with_the_secret_is_not_taken(world: World) -> None:
    headers, body = notification(1)
    for wrong in ({}, {"x-hub-signature-256": "sha256=00"}, {**headers, "x-hub-signature-256": ""}):
        with pytest.raises(Unauthenticated):
            world.functions.receive_meta(wrong, body)
    with pytest.raises(Unauthenticated):
        world.functions.receive_meta(headers, body + b" ")
    del world.secrets.kept["meta"]
    with pytest.raises(Unauthenticated):
        world.functions.receive_meta(headers, body)
    assert world.queues["leads"].bodies == []


def test_while_the_secret_is_replaced_the_one_before_is_good_too(world: World) -> None:
    headers, body = notification(1)
    world.secrets.kept["meta"] = {"app_secret": "new", "previous_app_secret": "app-secret"}
    assert world.functions.receive_meta(headers, body).leads == 1


@pytest.mark.parametrize("before", [{"app_secret": "old", "verify_token": "old"}, None])
def test_a_secret_that_was_just_set_is_known_when_a_proof_fails(world: World, before: dict[str, str] | None) -> None:
    world.secrets.stale["meta"] = before
    assert world.functions.receive_meta(*notification(1)).leads == 1
    world.secrets.stale["meta"] = before
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "7"}
    assert world.functions.receive_meta.verify_address(query) == "7"
    assert world.secrets.read_anew == 2
    world.functions.receive_meta(*notification(2))
    assert world.secrets.read_anew == 2, "only where a proof fails"


def test_what_is_signed_but_unreadable_is_malformed(world: World) -> None:
    headers, body = signed({"object": "page"})
    with pytest.raises(Malformed):
        world.functions.receive_meta(headers, body)


def test_metas_check_of_the_address_is_answered(world: World) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "1158201444"}
    assert world.functions.receive_meta.verify_address(query) == "1158201444"
    with pytest.raises(Unauthenticated):
        world.functions.receive_meta.verify_address({**query, "hub.verify_token": "guess"})


def test_a_lead_becomes_a_record_and_an_event_about_it(world: World) -> None:
    world.graph.documents["77"] = {"id": "77", "field_data": [{"name": "email", "values": ["Bo@Example.com"]}]}
    event = world.functions.fetch_lead(LeadRef("77"))
    assert event is not None
    record = world.records.stored["lead:77"]
    assert (record.fields["email"], record.fields["status"], record.origin) == ("bo@example.com", "new", "source:meta")
    assert (event.type, event.subject, event.identities) == ("meta_lead.created", "lead:77", ("email#bo@example.com",))
    assert world.bus.published == [event]


def test_a_lead_that_was_deleted_does_not_come_back_when_meta_repeats(world: World) -> None:
    world.graph.documents["77"] = {"id": "77", "field_data": [{"name": "email", "values": ["Bo@Example.com"]}]}
    first = world.functions.fetch_lead(LeadRef("77"))
    world.settle()
    world.records.delete(world.records.stored["lead:77"], origin="human", cause=Cause())
    world.settle()
    world.clock.move(hours=5)
    world.graph.documents["77"] = {**world.graph.documents["77"], "campaign_name": "Autumn"}
    again = world.functions.fetch_lead(LeadRef("77"))
    world.settle()
    assert "lead:77" not in world.records.stored
    assert (again.id, again.subject) == (first.id, "lead:77")
    assert [event.type for event in world.bus.published].count("lead.created") == 1


def test_a_lead_whose_event_was_not_told_is_told_when_it_is_fetched_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Any) -> None:
        raise Temporary("putting events on the bus: ThrottlingException")

    world.graph.documents["77"] = {"id": "77", "field_data": []}
    monkeypatch.setattr(world.bus, "publish", away)
    with pytest.raises(Temporary):
        world.functions.fetch_lead(LeadRef("77"))
    monkeypatch.undo()
    event = world.functions.fetch_lead(LeadRef("77"))
    assert world.bus.published == [event]
    assert world.records.stored["lead:77"].version == 1


@pytest.mark.parametrize("error", [Temporary("rate limit", retry_after=300), Permanent("no permission")])
def test_a_lead_that_cannot_be_fetched_leaves_no_half_of_it(world: World, error: Any) -> None:
    world.graph.will(Fails(error))
    with pytest.raises(type(error)):
        world.functions.fetch_lead(LeadRef("77"))
    assert "lead:77" not in world.records.stored
    assert world.bus.published == []


LEAD_77 = {"id": "77", "field_data": [{"name": "email", "values": ["bo@example.com"]}]}
NOT_NOW = Throttled("Meta: the app's rate limit is reached (4)", retry_after=60)


def test_a_lead_that_meta_puts_off_for_a_day_is_fetched_then(world: World) -> None:
    world.graph.documents["77"] = LEAD_77
    world.queues["leads"].add(LeadRef("77", form_id="5551"))
    began, receives = world.clock.now(), 0
    while world.queues["leads"].messages:
        (message,) = world.queues["leads"].messages
        world.clock.at = max(world.clock.now(), message.visible_at)
        if world.clock.now() - began < timedelta(hours=24):
            world.graph.will(Fails(NOT_NOW))
        world.deliver("leads")
        receives = max(receives, message.receives)
    assert world.records.stored["lead:77"].fields["email"] == "bo@example.com"
    assert [event.type for event in world.bus.published] == ["meta_lead.created"]
    assert (receives, world.queues["leads"].dead) == (1, [])
    assert timedelta(hours=24) <= world.clock.now() - began < timedelta(hours=24, minutes=16)


def test_a_lead_that_meta_puts_off_for_ever_is_dead_lettered_with_the_reason(world: World) -> None:
    world.graph.will(*[Fails(NOT_NOW)] * 1_000)
    world.queues["leads"].add(LeadRef("77"))
    began = world.clock.now()
    world.run_out()
    ((lead, reason),) = world.queues["leads"].dead
    assert lead.leadgen_id == "77"
    assert reason == Reason("retry.given_up_after_hours", {"count": 36, "reason": NOT_NOW.reason})
    assert timedelta(hours=36) <= world.clock.now() - began < timedelta(hours=36, minutes=16)


def test_a_lead_that_comes_twice_after_a_crash_is_one(world: World) -> None:
    world.graph.documents["77"] = LEAD_77
    world.graph.will(Fails(NOT_NOW))
    for _ in range(2):
        world.queues["leads"].add(LeadRef("77", postponed=1, postponed_since=int(world.clock.now().timestamp())))
    world.run_out()
    assert world.records.stored["lead:77"].version == 1
    assert len({event.id for event in world.bus.published if event.type == "meta_lead.created"}) == 1


# --- keys, changes, history ----------------------------------------------------------------------

KEY = ApiKey("key_1", hash_of("secret-key"), "CRM", ("rules:read",))


@pytest.mark.parametrize(
    ("header", "scopes"),
    [
        ("Bearer secret-key", ("rules:read",)),
        ("bearer  secret-key ", ("rules:read",)),
        ("Bearer first-key", ("admin",)),
        ("Bearer wrong", None),
        ("Bearer ", None),
        ("", None),
        ("secret-key", None),
        ("Basic secret-key", None),
        ("Bearer " + "x" * 201, None),
        ("Bearer ключ", None),
    ],
)
def test_a_key_has_its_scopes(header: str, scopes: tuple[str, ...] | None) -> None:
    authorize = Authorize(FakeKeys({KEY.hash: KEY}), FakeSecrets({"admin-key": {"key": "first-key"}}))
    if scopes is None:
        with pytest.raises(Unauthenticated):
            authorize(header)
    else:
        assert authorize(header).scopes == scopes


@pytest.mark.parametrize("secrets", [{}, {"admin-key": {}}, {"admin-key": {"key": ""}}, {"admin-key": {"key": 5}}])
def test_without_a_first_key_nobody_is_admin(secrets: dict[str, Any]) -> None:
    for header in ("Bearer ", "Bearer 5", "Bearer None"):
        spoilt = secrets and header != "Bearer "
        with pytest.raises(Misconfigured if spoilt else Unauthenticated):
            Authorize(FakeKeys(), FakeSecrets(secrets))(header)


def test_who_may_what() -> None:
    assert allows(("rules:read",), "rules:read")
    assert not allows(("rules:read",), "rules:write")
    assert allows(("admin",), "rules:write")
    assert not allows((), "rules:read")


def test_a_change_of_a_record_becomes_its_events(world: World) -> None:
    world.changes("lead:1", status="won")
    world.settle()
    (change,) = [event for event in world.bus.published if event.type == "lead.updated"]
    assert (change.subject, change.changes["status"].before, change.changes["status"].after) == ("lead:1", "new", "won")
    world.functions.publish_changes([(None, None)])


def test_the_history_of_an_event_that_never_was(world: World) -> None:
    history = ReadHistory(world.log, world.runs, world.rules)
    with pytest.raises(NotFound):
        history.event("evt_none")
    with pytest.raises(NotFound):
        history.run("run_none")
    for choice in ({}, {"rule": "r", "status": "done"}):
        with pytest.raises(Invalid, match=r"field\.not_exactly_one"):
            history.list(**{"rule": None, "record": None, "status": None, **choice}, limit=5, cursor=None)
