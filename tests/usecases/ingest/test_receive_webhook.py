"""POST /hooks/{source}: what a source says is written and told once, whatever of it a record cannot keep."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.usecases.fakes.taps import Open
from tests.usecases.fakes.world import Killed, World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import AT_FIELD, Problem, Temporary, TooLarge, Unauthenticated
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause
from whenthen.sources.signing.signatures import parse_scheme, sign
from whenthen.sources.webhook.reason_codes import FIELD_UNREADABLE, NAMES_LEFT_OUT, STALE
from whenthen.usecases.ingest.reason_codes import RECORD_REJECTED
from whenthen.usecases.ingest.receive_webhook import Accepted
from whenthen.usecases.records.merge_records import MergeRecords

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ORDERS: dict[str, Any] = {"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}


TOO_LARGE = Reason("record.too_large", {"count": 300_000, "found": 400_000})


def has_source(world: World, name: str = "shop", **document: Any) -> None:
    """A source is configured, with its secret."""
    world.sources.kept[name] = {"name": name, "scheme": "standard_webhooks", **document}
    world.secrets.kept[f"sources/{name}"] = {"secret": SECRET}


def posts(world: World, body: Any, external_id: str = "msg_1", name: str = "shop") -> Accepted:
    """The source delivers, with its proof."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = sign(parse_scheme(world.sources.kept[name]["scheme"]), SECRET, raw, world.clock.now(), external_id)
    return world.functions.receive_webhook(name, headers, raw)


def posts_form(world: World, fields: dict[str, str], name: str = "site") -> Accepted:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return world.functions.receive_webhook(name, headers, urlencode(fields).encode())


def contacts(world: World) -> list[dict[str, Any]]:
    return [dict(record.fields) for ref, record in world.records.stored.items() if ref.startswith("contact:")]


# --- proofs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [{"secret": "whsec_" + "A" * 32}, None])
def test_a_secret_that_was_just_set_is_known_when_a_proof_fails(world: World, before: dict[str, str] | None) -> None:
    has_source(world)
    world.secrets.stale["sources/shop"] = before
    assert len(posts(world, {"type": "a.b"}).events) == 1
    assert world.rejections.noted == []
    posts(world, {"type": "a.b"})
    assert world.secrets.read_anew == 1, "only where a proof fails"


def test_a_forged_proof_is_refused_under_the_secret_that_is_there_by_now(world: World) -> None:
    has_source(world)
    headers = sign(parse_scheme("standard_webhooks"), "whsec_" + "A" * 32, b"{}", world.clock.now(), "msg_1")
    world.secrets.stale["sources/shop"] = {"secret": "whsec_" + "B" * 32}
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            world.functions.receive_webhook("shop", headers, b"{}")
    assert world.bus.published == []
    assert [(kept.status, kept.proven) for _, kept in world.rejections.noted] == [(401, False)] * 2


# --- what a record cannot keep -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("odd", "problem"),
    [
        ({"first-name": "B"}, ("record.fields", NAMES_LEFT_OUT(count=1, names=["first-name"]))),
        ({"other_phones": ["abc"]}, ("record.fields.other_phones", FIELD_UNREADABLE())),
        ({"whatsapp": "x" * 600}, ("record.fields.whatsapp", FIELD_UNREADABLE())),
        ({"version": 7}, ("record.fields", NAMES_LEFT_OUT(count=1, names=["version"]))),
        ({"phone": "call me"}, ("record.fields.phone", FIELD_UNREADABLE())),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_field_that_cannot_be_kept_costs_neither_the_rest_nor_the_events(
    world: World, odd: dict[str, Any], problem: tuple[str, Reason]
) -> None:
    has_source(world, each="body.rows", mappings=[ORDERS])
    rows: list[dict[str, Any]] = [{"email": f"{name}@example.com"} for name in "abc"]
    accepted = posts(world, {"rows": [rows[0], rows[1] | odd, rows[2]]})
    assert contacts(world) == rows
    assert world.bus.published == list(accepted.events)
    assert len(accepted.events) == 3
    assert accepted.problems == (Problem(f"mappings[0].{problem[0]}", problem[1]),)
    assert world.rejections.noted == []


def test_an_id_of_whatsapp_that_is_a_number_is_enough_to_know_a_person(world: World) -> None:
    has_source(world, mappings=[ORDERS])
    assert posts(world, {"whatsapp": 12345}).problems == ()
    assert contacts(world) == [{"whatsapp": "12345"}]


def test_a_record_that_the_store_refuses_costs_only_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    has_source(world, each="body.rows", mappings=[ORDERS])
    put = world.records.put

    def full(record: Any, replaces: Any) -> None:
        if record.fields["email"] == "b@example.com":
            raise TooLarge(TOO_LARGE)
        put(record, replaces)

    monkeypatch.setattr(world.records, "put", full)
    accepted = posts(world, {"rows": [{"email": f"{name}@example.com"} for name in "abc"]})
    assert [fields["email"] for fields in contacts(world)] == ["a@example.com", "c@example.com"]
    assert len(world.bus.published) == 3
    assert accepted.problems == (Problem("mappings[0].record", TOO_LARGE),)
    ((source, kept),) = world.rejections.noted
    assert (source, kept.status) == ("shop", 202)
    assert kept.reason == AT_FIELD(field="mappings[0].record", problem=TOO_LARGE)


def test_a_store_that_is_out_of_reach_costs_the_delivery_for_now(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise Temporary("writing a transaction: ThrottlingError")

    has_source(world, mappings=[ORDERS])
    monkeypatch.setattr(world.records, "put", away)
    with pytest.raises(Temporary):
        posts(world, {"email": "a@example.com"})
    assert world.bus.published == [], "its sender repeats it"


def test_a_form_with_a_name_that_no_field_can_have_is_not_lost(world: World) -> None:
    record = {"kind": "contact", "fields": "body.fields"}
    mapping = {"type": "form.submitted", "data": "{form: source, fields: body.fields}", "record": record}
    has_source(world, "site", scheme="dangerous_open_form", mappings=[mapping])
    accepted = posts_form(world, {"email": "a@example.com", "full-name": "Ayşe", "phone": "call me"})
    assert [event.type for event in world.bus.published] == ["form.submitted"]
    assert world.bus.published[0].data["fields"]["full-name"] == "Ayşe"
    assert contacts(world) == [{"email": "a@example.com"}]
    assert len(accepted.problems) == 2
    assert world.rejections.noted == []


def test_of_an_open_form_no_word_is_kept_that_a_stranger_wrote(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise TooLarge(Reason("size.too_large", {"field": "call-me-ayse"}))

    mapping = {"type": "form.submitted", "record": {"kind": "contact", "fields": "body.fields"}}
    has_source(world, "site", scheme="dangerous_open_form", mappings=[mapping])
    monkeypatch.setattr(world.records, "put", full)
    posts_form(world, {"email": "a@example.com", "call-me-ayse": "1"})
    ((_, kept),) = world.rejections.noted
    assert (kept.reason, kept.body, kept.proven) == (RECORD_REJECTED(), "", False)


# --- the record that an event is about ---------------------------------------------------------------

GREET = {"id": "greet", "action": "create_task", "with": {"title": "Greet {{ record.email }}"}}


def test_the_event_of_a_mapping_is_about_the_record_that_the_mapping_writes(world: World) -> None:
    has_source(world, mappings=[ORDERS])
    greet = world.has_rule(rule(GREET, on="order.placed", kind="contact"))
    (event,) = posts(world, {"email": "neu@example.com"}).events
    (contact,) = (record for ref, record in world.records.stored.items() if ref.startswith("contact:"))
    assert (event.subject, world.bus.published) == (contact.ref, [event])
    world.run_out()
    run = world.run_of(event, greet).run
    assert (run.record, run.status) == (contact.ref, "done")


def test_it_is_about_the_record_that_is_there_and_the_one_that_it_was_merged_into(world: World) -> None:
    has_source(world, mappings=[ORDERS])
    has_source(world, "crm", mappings=[{**ORDERS, "record": {**ORDERS["record"], "id": "body.id"}}])
    world.has_record("contact:9", email="ayse@example.com")
    assert posts(world, {"email": "Ayse@Example.com", "city": "İzmir"}).events[0].subject == "contact:9"
    gone, kept = world.has_record("contact:8"), world.records.stored["contact:9"]
    merged = MergeRecords(world.records, world.clock)(kept.ref, gone.ref, origin="human")
    assert posts(world, {"id": "8", "city": "Ankara"}, name="crm").events[0].subject == merged.ref == "contact:9"


@pytest.mark.parametrize(
    ("more", "subject"),
    [
        ({"subject": "'order:7'"}, "order:7"),
        ({"identities": "{email: body.email}"}, None),
        ({"identities": "{shop: body.number}"}, "contact:9"),
    ],
)
def test_an_event_that_names_another_record_or_the_person_stays_about_that(
    world: World, more: dict[str, Any], subject: str | None
) -> None:
    """An event of a person is matched for each of their records, so that a rule about leads is about the lead."""
    has_source(world, mappings=[{**ORDERS, **more}])
    world.has_record("contact:9", email="ayse@example.com")
    (event,) = posts(world, {"email": "ayse@example.com", "number": "7"}).events
    assert event.subject == subject


def test_an_event_that_comes_again_is_about_the_same_record(world: World) -> None:
    has_source(world, mappings=[ORDERS])
    first, again = (posts(world, {"email": "neu@example.com"}).events[0] for _ in range(2))
    assert first == again


# --- what is delivered again -------------------------------------------------------------------------


def customer(external_id: str, name: str, at: int, type_: str = "customer.updated") -> dict[str, Any]:
    """Return Stripe's report of a customer."""
    about = {"id": "cus_1", "name": name, "email": "ayse@shop.example", "phone": None}
    return {"id": external_id, "type": type_, "created": at, "data": {"object": about}}


CREATED = customer("evt_1", "Aise", 1773480000, "customer.created")
UPDATED = customer("evt_2", "Ayşe Yılmaz", 1773480060)


@pytest.fixture
def stripe(world: World) -> World:
    """A world to which Stripe tells of its customers."""
    has_source(world, "stripe", scheme="stripe")
    return world


def test_an_event_that_comes_again_changes_nothing(stripe: World) -> None:
    first = posts(stripe, CREATED, name="stripe")
    posts(stripe, UPDATED, name="stripe")
    stripe.settle()
    stripe.clock.move(hours=3)
    again = posts(stripe, CREATED, name="stripe")
    assert again.events[0].id == first.events[0].id
    assert (contacts(stripe)[0]["full_name"], len(contacts(stripe))) == ("Ayşe Yılmaz", 1)
    assert stripe.queues["changes"].bodies == []


def test_what_a_person_corrected_stays_so_when_the_event_comes_again(stripe: World) -> None:
    posts(stripe, CREATED, name="stripe")
    (ref,) = (ref for ref in stripe.records.stored if ref.startswith("contact:"))
    stripe.changes(ref, full_name="Ayşe Y.", email="ayse.y@shop.example")
    posts(stripe, CREATED, name="stripe")
    assert contacts(stripe) == [{"full_name": "Ayşe Y.", "email": "ayse.y@shop.example"}]


def test_what_a_person_deleted_does_not_come_back_with_the_event(stripe: World) -> None:
    posts(stripe, CREATED, name="stripe")
    (ref,) = (ref for ref in stripe.records.stored if ref.startswith("contact:"))
    stripe.records.delete(stripe.records.stored[ref], origin="human", cause=Cause())
    posts(stripe, CREATED, name="stripe")
    assert contacts(stripe) == []


def test_the_same_event_that_says_something_else_is_written(world: World) -> None:
    """A mapping's id may be that of a thing, of which the source tells more than once."""
    mapping = {"type": "crm.told", "id": "body.id", "record": {"kind": "contact", "id": "body.id", "fields": "body"}}
    has_source(world, mappings=[mapping])
    for number, city in enumerate(("İzmir", "Ankara", "Ankara", "İzmir")):
        posts(world, {"id": "7", "city": city}, f"msg_{number}")
    assert contacts(world) == [{"city": "Ankara"}], "the last one is the first one again"
    assert len({event.id for event in world.bus.published}) == 1


def test_events_that_come_in_another_order_leave_what_happened_last(stripe: World) -> None:
    posts(stripe, UPDATED, name="stripe")
    late = posts(stripe, CREATED, name="stripe")
    assert contacts(stripe) == [{"full_name": "Ayşe Yılmaz", "email": "ayse@shop.example"}]
    assert [event.type for event in stripe.bus.published] == ["customer.updated", "customer.created"]
    [problem] = late.problems
    assert (problem.field.endswith("].record"), problem.reason) == (True, STALE())
    assert stripe.rejections.noted == []


def test_a_time_that_is_yet_to_come_keeps_nothing_out(stripe: World) -> None:
    posts(stripe, customer("evt_9", "Aise", 253_402_300_799), name="stripe")
    stripe.clock.move(minutes=1)
    now = int(stripe.clock.now().timestamp())
    posts(stripe, customer("evt_10", "Ayşe", now), name="stripe")
    assert contacts(stripe)[0]["full_name"] == "Ayşe"


class Killing:
    """Ends the function's process at one of the moments before and after its calls."""

    def __init__(self, moment: int) -> None:
        self.left, self.at = moment, ""

    def before(self, call: str) -> None:
        self._pass(f"before {call}")

    def after(self, call: str) -> None:
        self._pass(f"after {call}")

    def _pass(self, moment: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.at = moment
            raise Killed(moment)


def test_a_function_that_dies_at_any_moment_writes_and_tells_when_the_event_comes_again() -> None:
    killed = set[str]()
    for moment in range(1, 100):
        world = World()
        has_source(world, "stripe", scheme="stripe")
        killing = Killing(moment)
        world.functions = world.wire(killing)
        with suppress(Killed):
            posts(world, CREATED, name="stripe")
        if not killing.at:
            break
        killed.add(killing.at)
        world.functions = world.wire(Open())
        (event,) = posts(world, CREATED, name="stripe").events
        assert {told.id for told in world.bus.published} == {event.id}
        (record,) = (record for ref, record in world.records.stored.items() if ref.startswith("contact:"))
        assert (record.version, event.subject in (None, record.ref)) == (1, True)
        assert len(world.queues["changes"].bodies) == 1, "it was written once"
    assert {"after records.put_once", "before bus.publish", "after bus.publish"} <= killed
