"""Trying a source on a sample shows what a mapping makes of it, and why those before it did not take it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.functions.contract import faults_of
from tests.sources.samples import sample_json
from tests.usecases.fakes.world import World
from tests.usecases.ingest.test_receive_webhook import has_source, posts
from whenthen.api.models.outside import sources as models
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.common.errors import Invalid, NotFound, Problem, TooLarge
from whenthen.domain.common.reasons import Reason
from whenthen.sources.webhook.reason_codes import EACH_FINDS_NO_LIST, NAMES_LEFT_OUT, NOT_REPORTABLE, WHEN_NOT_MET
from whenthen.sources.webhook.trial import PassedOver
from whenthen.usecases.admin.try_source import Trial, TrySource
from whenthen.usecases.records.save_record import SaveRecord

SHOP = sample_json("hooks/order_source.json")
SHIPPED = sample_json("hooks/order_shipped.json")
TOO_MUCH = Reason("record.too_large", {"count": 1, "found": 2})
FORM = {"scheme": "form_token", "form": {"honeypot": "website"}}


class Sources:
    """The saved sources: the shop."""

    def get(self, name: str) -> Any:
        if name != "shop":
            raise NotFound(f"there is no source {name}")
        return SHOP


@pytest.fixture
def tried(world: World) -> Any:
    """Tries a sample on a source; the world is as it was afterwards."""

    def attempt(name: str = "shop", **written: Any) -> Trial:
        before = deepcopy(world.records.stored)
        answer = TrySource(Sources(), SaveRecord(world.records, world.clock, "TR"), world.clock)(name, written)  # type: ignore[arg-type]
        assert (world.records.stored, world.bus.published) == (before, []), "a trial has no effects"
        shown = models.Trial.of(Renderer("en"), answer).model_dump(mode="json", by_alias=True)
        assert faults_of("Trial", shown) == []
        return answer

    return attempt


def test_the_mapping_that_took_it_is_named_with_what_it_makes(tried: Any) -> None:
    (item,) = tried(body=SHIPPED).items
    assert (item.mapping, item.passed_over, item.problems) == ("mappings[0]", (), ())
    assert (item.event.type, item.event.source) == ("order.shipped", "hook/shop")
    assert item.record_exists is False
    assert item.record.ref.startswith("contact:rec_")
    assert item.record.fields["full_name"] == "Mehmet Demir"


def test_it_has_the_id_that_the_delivery_will_have(tried: Any) -> None:
    ids = {tried(body=SHIPPED).items[0].event.id for _ in range(2)}
    assert ids == {tried(raw=json.dumps(SHIPPED)).items[0].event.id}
    source = {"scheme": "standard_webhooks"}
    first, second = (tried(source=source, body={"type": "a.b"}, delivery_id=own).items[0].event for own in ("m1", "m2"))
    assert first.id != second.id


def test_a_record_that_is_there_is_shown_as_it_would_stand(world: World, tried: Any) -> None:
    world.has_record("contact:9", email="mehmet@example.com", tags=["vip"])
    body = {**SHIPPED, "buyer": {**SHIPPED["buyer"], "mail": "Mehmet@Example.com", "mobile": None}}
    (item,) = tried(body=body).items
    assert (item.record.ref, item.record_exists) == ("contact:9", True)
    assert item.record.fields["tags"] == ["vip"]
    assert item.record.fields["full_name"] == "Mehmet Demir"


def test_a_body_that_no_mapping_takes_is_told_why_by_each(tried: Any) -> None:
    body = {**SHIPPED, "order": {**SHIPPED["order"], "status": "packed"}}
    (item,) = tried(body=body).items
    assert (item.mapping, item.event.type) == (None, "webhook.received")
    not_met = WHEN_NOT_MET(expression="body.order.status == 'shipped'", found="false")
    assert item.passed_over == (PassedOver("mappings[0]", (Problem("when", not_met),)),)


def test_the_expression_that_does_not_apply_is_named(tried: Any) -> None:
    mappings = [
        {"when": "contains(body.tags, 'x')", "type": "a.b"},
        {"type_from": "body.kind"},
        {"type": "c.d", "time": "body.when", "record": {"kind": "contact", "fields": "body.buyer"}},
    ]
    answer = tried(source={"scheme": "bearer", "mappings": mappings}, body={"kind": "contact.created", "when": "today"})
    (item,) = answer.items
    assert item.mapping == "mappings[2]"
    first, second = item.passed_over
    [problem] = first.problems
    assert (first.mapping, problem.field, problem.reason.code) == ("mappings[0]", "when", "expression.not_applicable")
    assert problem.reason.params["expression"] == "contains(body.tags, 'x')"
    not_reportable = Problem("type_from", NOT_REPORTABLE(type="contact.created"))
    assert second == PassedOver("mappings[1]", (not_reportable,))
    assert [problem.field for problem in answer.problems][-2:] == [
        "mappings[2].record.fields",
        "mappings[2].time",
    ]


def test_each_item_of_a_list_is_tried_on_its_own(tried: Any) -> None:
    source = {"scheme": "bearer", "each": "body.rows", "mappings": [{"when": "body.a", "type": "a.b"}]}
    items = tried(source=source, body={"rows": [{"a": 1}, {"b": 1}]}).items
    assert [item.mapping for item in items] == ["mappings[0]", None]
    answer = tried(source=source, body={"rows": 5})
    assert answer.problems == (Problem("each", EACH_FINDS_NO_LIST(expression="body.rows")),)


def test_a_form_is_read_as_a_browser_posts_it(tried: Any) -> None:
    answer = tried("site", source=FORM, body={"fields": {"email": "ayşe@example.com", "wish": ["a", "b"]}})
    (item,) = answer.items
    assert item.event.type == "form.submitted"
    assert item.event.data["fields"] == {"email": "ayşe@example.com", "wish": ["a", "b"]}
    raw = "email=a%40example.com&website=x"
    filled = tried("site", source=FORM, raw=raw, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (filled.items, len(filled.problems)) == ((), 1)


@pytest.mark.parametrize(
    ("sample", "status", "code"),
    [
        ({"raw": "{not json"}, 400, "json.not_json"),
        ({"source": {"scheme": "bearer", "each": "body"}, "body": [{}] * 501}, 413, "delivery.too_many_items"),
        ({"source": FORM, "raw": "a=1", "headers": {"content-type": "text/plain"}}, 400, "form.content_type"),
    ],
    ids=["no JSON", "too many items", "no form"],
)
def test_a_sample_whose_sender_would_be_refused_gives_the_reason(
    tried: Any, sample: dict[str, Any], status: int, code: str
) -> None:
    answer = tried(**sample)
    assert (answer.items, answer.refused.status) == ((), status)
    assert answer.refused.reason.code == code


def test_its_event_is_about_the_record_as_that_of_a_delivery(world: World, tried: Any) -> None:
    source = {"scheme": "bearer", "mappings": [{"type": "a.b", "record": {"kind": "contact", "fields": "body"}}]}
    (item,) = tried(source=source, body={"email": "neu@example.com"}).items
    assert item.event.subject == item.record.ref
    world.has_record("contact:9", email="neu@example.com")
    (item,) = tried(source=source, body={"email": "neu@example.com"}).items
    assert item.event.subject == "contact:9"


def test_a_record_that_would_be_refused_costs_only_itself(tried: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **_more: Any) -> None:
        raise TooLarge(TOO_MUCH)

    monkeypatch.setattr(SaveRecord, "upsert_idempotent", refuse)
    answer = tried(body=SHIPPED)
    (item,) = answer.items
    assert (item.event.type, item.record, answer.refused) == ("order.shipped", None, None)
    assert item.problems == answer.problems == (Problem("mappings[0].record", TOO_MUCH),)


def test_a_field_that_no_record_can_keep_is_said(tried: Any) -> None:
    mapping = {"type": "a.b", "record": {"kind": "contact", "id": "body.id", "fields": "body"}}
    answer = tried(source={"scheme": "bearer", "mappings": [mapping]}, body={"id": "1", "x" * 500: 1, "name": "Ayşe"})
    (item,) = answer.items
    assert (item.record.ref, item.record.fields) == ("contact:1", {"name": "Ayşe"})
    left_out = NAMES_LEFT_OUT(count=1, names=["x" * 64])
    assert answer.problems == (Problem("mappings[0].record.fields", left_out),)


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ({}, ["body"]),
        ({"body": {}, "raw": "{}"}, ["body"]),
        ({"body": 5}, ["body"]),
        ({"raw": {}}, ["raw"]),
        ({"body": {}, "headers": {"a": 1}}, ["headers.a"]),
        ({"body": {}, "headers": [1]}, ["headers"]),
        ({"body": {}, "delivery_id": 1}, ["delivery_id"]),
        ({"body": {}, "sample": 1}, ["sample"]),
        ({"body": {}, "source": "shop"}, ["source"]),
        (
            {"body": {}, "source": {"scheme": "x", "mappings": [{"type": "a.b", "when": "body["}]}},
            ["source.scheme", "source.mappings[0].when"],
        ),
        ({"source": FORM, "body": {"name": "x"}}, ["body.fields"]),
        ({"source": FORM, "body": {"fields": {"a": {}}}}, ["body.fields.a"]),
        ({"source": FORM, "body": {"fields": {"a": []}}}, ["body.fields.a"]),
    ],
    ids=str,
)
def test_a_request_that_does_not_hold_names_its_fields(tried: Any, written: Any, fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        tried(**written)
    assert sorted(problem.field for problem in caught.value.problems) == sorted(fields)


def test_secrets_of_a_source_that_will_be_saved_are_no_fault(tried: Any) -> None:
    assert tried(source={"scheme": "bearer", "secret": "so secret", "previous_secret": None}, body={}).items


def test_a_source_that_is_neither_saved_nor_given_is_not_found(tried: Any) -> None:
    with pytest.raises(NotFound):
        tried("nobody", body={})


# --- the trial is what the delivery does


def as_delivered(world: World, source: dict[str, Any], body: Any) -> tuple[list[Any], list[Any]]:
    """Compare the trial of each item with what the delivery then does: record, fields and problems."""
    has_source(world, name="shop", **source)
    save = SaveRecord(world.records, world.clock, "TR")
    trial = TrySource(world.sources, save, world.clock)("shop", {"body": body, "delivery_id": "msg_1"})
    shown = [(item.event.id, item.event.subject) for item in trial.items]
    after = {item.record.ref: dict(item.record.fields) for item in trial.items if item.record}
    accepted = posts(world, body)
    assert trial.problems == accepted.problems
    assert {ref: world.records.stored[ref].fields for ref in after} == after
    return shown, [(event.id, event.subject) for event in accepted.events]


ITEMS = [
    [{"email": "a@b.co", "city": "Izmir"}, {"email": "a@b.co", "phone": "0532 123 45 67"}],
    [{"email": "a@b.co", "city": "Izmir"}, {"email": "a@b.co", "city": "Bursa"}, {"email": "c@b.co"}],
    [{"email": "a@b.co"}, {"phone": "0532 123 45 67"}, {"email": "a@b.co", "phone": "0532 123 45 67"}],
    [{"email": "a@b.co", "phone": "0532 123 45 67"}, {"phone": "0532 123 45 67", "consent.email": "no"}],
    [{"email": "a@b.co", **dict.fromkeys(map("f{}".format, range(150)), 1)}, {"email": "a@b.co", "f1": None, "g": 1}],
]


@pytest.mark.parametrize("items", ITEMS, ids=range(len(ITEMS)))
def test_items_of_one_person_are_tried_one_after_the_other(world: World, items: list[Any]) -> None:
    mapping = {"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}
    shown, done = as_delivered(world, {"each": "body.items", "mappings": [mapping]}, {"items": items})
    assert shown == done
    assert len(shown) == len(items)


def test_older_news_are_tried_as_older_news(world: World) -> None:
    mapping = {"type": "order.placed", "time": "body.at", "record": {"kind": "contact", "fields": "body.who"}}
    has_source(world, mappings=[mapping])
    posts(world, {"at": "2026-03-14T09:00:00Z", "who": {"email": "a@b.co", "city": "Izmir"}}, "msg_0")
    older = {"at": "2026-03-13T09:00:00Z", "who": {"email": "a@b.co", "city": "Bursa", "vip": True}}
    shown, done = as_delivered(world, {"mappings": [mapping]}, older)
    assert shown == done
    (contact,) = (record for record in world.records.stored.values() if record.kind == "contact")
    assert (contact.fields["city"], contact.fields["vip"]) == ("Izmir", True)


def test_what_was_delivered_before_is_tried_as_a_repetition(world: World) -> None:
    mapping = {"type": "order.placed", "record": {"kind": "contact", "fields": "body"}}
    has_source(world, mappings=[mapping])
    posts(world, {"email": "a@b.co", "city": "Izmir"})
    (contact,) = (record for record in world.records.stored.values() if record.kind == "contact")
    SaveRecord(world.records, world.clock, "TR").patch(contact.ref, {"city": "Bursa"}, version=None, origin="human")
    shown, done = as_delivered(world, {"mappings": [mapping]}, {"email": "a@b.co", "city": "Izmir"})
    assert shown == done
    assert world.records.stored[contact.ref].fields["city"] == "Bursa"


def test_an_open_form_is_tried_as_one(world: World) -> None:
    world.has_record("contact:1", email="a@b.co", status="customer")
    mapping = {"type": "form.submitted", "record": {"kind": "contact", "fields": "body.fields"}}
    source = {"scheme": "dangerous_open_form", "mappings": [mapping]}
    save = SaveRecord(world.records, world.clock, "TR")
    body = {"fields": {"email": "a@b.co", "status": "lost", "city": "Bursa"}}
    (item,) = TrySource(world.sources, save, world.clock)("site", {"source": source, "body": body}).items
    assert item.record is not None
    assert dict(item.record.fields) == {"email": "a@b.co", "status": "customer", "city": "Bursa"}
    assert item.record_exists
