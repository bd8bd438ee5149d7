"""Generic sources: what an admin may configure, and what a delivery becomes under it. Nothing proven is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.samples import sample, sample_json
from tests.sources.webhook.events import events_of
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, Malformed, Problem, TooLarge
from whenthen.domain.common.reason_codes import NOT_OBJECT
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import MAX_EVENT_BYTES, from_json, to_json
from whenthen.sources.parsing.json_body import NOT_JSON
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.webhook.mapping_result import MappingResult
from whenthen.sources.webhook.reason_codes import (
    ADDRESSES_LEFT_OUT,
    ADDRESSES_UNREADABLE,
    DATA_TOO_LARGE,
    EACH_FINDS_NO_LIST,
    FIELD_UNREADABLE,
    FIELDS_LEFT_OUT,
    NAMES_LEFT_OUT,
    NOT_REPORTABLE,
    TOLD_BY_RECORD,
    TOO_MANY_ITEMS,
)

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
STANDARD = {"name": "bank", "scheme": "standard_webhooks"}
FORM = {"name": "site", "scheme": "form_token"}


def deliver(source: dict[str, Any], body: bytes, external_id: str | None = None, **headers: str) -> MappingResult:
    return map_delivery(Delivery(parse_source(source), headers, body, external_id, NOW, default_country="TR"))


def with_mapping(**mapping: Any) -> dict[str, Any]:
    return {"name": "shop", "scheme": "bearer", "mappings": [mapping]}


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_a_standard_webhook_needs_no_mapping() -> None:
    mapped = deliver(STANDARD, sample("hooks/payment_received.json"), "msg_1")
    (event,) = events_of(mapped)
    assert (event.type, event.source, event.origin) == ("payment.received", "hook/bank", "source:bank")
    assert event.id == ids.event_id("hook/bank", "msg_1")
    assert event.time == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
    assert event.identities == ("phone#+905321234567", "email#ayse.yilmaz@example.com")
    assert event.data == sample_json("hooks/payment_received.json")["data"]
    assert event.data["amount"] == 1250.5
    assert (mapped.records, mapped.problems) == ((), ())
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_a_flat_standard_webhook_is_its_own_data() -> None:
    (event,) = events_of(deliver(STANDARD, body(type="quote.signed", id="q1", email="A@b.com"), "msg_1"))
    assert (event.type, event.data["id"], event.identities) == ("quote.signed", "q1", ("email#a@b.com",))
    assert event.time == NOW


@pytest.mark.parametrize(
    "type_",
    [
        "user.account.created",
        "Payment",
        "",
        7,
        None,
        "rule.started_manually",
        "contact.created",
        "birthday.reached",
        "a b.c",
    ],
)
def test_a_type_that_is_none_of_ours_gives_the_webhook_as_received(type_: Any) -> None:
    mapped = deliver(STANDARD, body(type=type_, data={"a": 1}), "msg_1")
    (event,) = events_of(mapped)
    assert event.type == "webhook.received"
    assert event.data == {"source": "bank", "body": {"type": type_, "data": {"a": 1}}}
    [problem] = mapped.problems
    assert (problem.field, problem.reason) == ("mappings[0].type_from", NOT_REPORTABLE(type=str(type_)))


def test_a_mapping_gives_type_id_time_identities_data_and_a_record() -> None:
    mapped = deliver(sample_json("hooks/order_source.json"), sample("hooks/order_shipped.json"))
    (event,), (record,) = events_of(mapped), mapped.records
    assert event.type == "order.shipped"
    assert event.id == ids.event_id("hook/shop", "order.shipped:70418")
    assert event.time == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
    assert event.identities == ("phone#+905337654321", "email#mehmet@example.com")
    assert event.data == {"number": 70418, "total": 2890.0, "tracking": "TR4410098172"}
    assert (record.kind, record.id) == ("contact", None)
    assert record.fields == {"phone": "+905337654321", "email": "mehmet@example.com", "full_name": "Mehmet Demir"}
    assert mapped.problems == ()


def test_each_item_of_a_batch_is_mapped_on_its_own() -> None:
    mapped = deliver(sample_json("hooks/tickets_source.json"), sample("hooks/tickets_batch.json"), "req-1")
    assert [(event.type, event.subject) for event in events_of(mapped)] == [
        ("helpdesk.opened", "ticket:T-1009"),
        ("helpdesk.closed", "ticket:T-1010"),
        ("webhook.received", None),
    ]
    assert [record.fields["status"] for record in mapped.records] == ["open", "closed"]
    assert len({event.id for event in events_of(mapped)}) == 3


def test_the_first_mapping_that_takes_the_body_wins() -> None:
    source = {
        "name": "s",
        "scheme": "bearer",
        "mappings": [{"when": "body.x", "type": "a.done"}, {"type": "b.done"}, {"type": "c.done"}],
    }
    assert events_of(deliver(source, body(x=1)))[0].type == "a.done"
    assert events_of(deliver(source, body(y=1)))[0].type == "b.done"


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_a_condition_holds_for_what_jmespath_takes_for_true(value: Any) -> None:
    source = with_mapping(when="body.x", type="a.done")
    assert events_of(deliver(source, body(x=value)))[0].type == "webhook.received"
    assert events_of(deliver(source, body(x=0)))[0].type == "a.done"


def test_without_an_id_the_delivery_or_its_bytes_identify_the_event() -> None:
    source = with_mapping(type="a.done")
    assert events_of(deliver(source, body(x=1), "d1"))[0].id == ids.event_id("hook/shop", "d1")
    first, again, other = (events_of(deliver(source, raw))[0].id for raw in (body(x=1), body(x=1), body(x=2)))
    assert first == again != other


def test_two_types_of_events_about_one_object_are_two_events() -> None:
    paid = events_of(deliver(with_mapping(type="invoice.paid", id="body.id"), body(id="in_1")))[0]
    voided = events_of(deliver(with_mapping(type="invoice.cancelled", id="body.id"), body(id="in_1")))[0]
    assert paid.id != voided.id


TIMES = [
    ("2026-03-14T12:30:00+03:00", datetime(2026, 3, 14, 9, 30, tzinfo=UTC), False),
    (1773480600, datetime(2026, 3, 14, 9, 30, tzinfo=UTC), False),
    ("1773480600", datetime(2026, 3, 14, 9, 30, tzinfo=UTC), False),
    (1773480600000, datetime(2026, 3, 14, 9, 30, tzinfo=UTC), False),
    (None, NOW, False),
    ("2026-03-14 09:30", NOW, True),
    ("tomorrow", NOW, True),
    (True, NOW, True),
    (-5, NOW, True),
    ({"at": 1}, NOW, True),
    (253_402_300_799_000, NOW, False),  # no event is later than its arrival
    (253_402_300_800_000, NOW, True),
    (10**401, NOW, True),
    (-(10**401), NOW, True),
    (1e308, NOW, True),
]


@pytest.mark.parametrize(("written", "time", "reported"), TIMES, ids=map(str, range(len(TIMES))))
def test_times_are_read_in_every_usual_form_and_reported_otherwise(
    written: Any, time: datetime, reported: bool
) -> None:
    mapped = deliver(with_mapping(type="a.done", time="body.at"), body(at=written))
    assert events_of(mapped)[0].time == time
    assert bool(mapped.problems) == reported


def test_headers_are_seen_but_never_those_that_prove() -> None:
    source = {
        "name": "s",
        "scheme": {"kind": "hmac_sha256", "header": "X-Sig"},
        "mappings": [{"when": "headers.\"x-topic\" == 'orders/paid'", "type": "order.paid", "data": "headers"}],
    }
    (event,) = events_of(
        deliver(source, b"{}", **{"x-topic": "orders/paid", "x-sig": "s", "authorization": "a", "cookie": "c"})
    )
    assert (event.type, event.data) == ("order.paid", {"x-topic": "orders/paid"})


def test_identities_of_other_systems_are_taken_too() -> None:
    source = with_mapping(type="a.done", identities="{stripe: body.customer, phone: body.phone, Bad: body.phone}")
    mapped = deliver(source, body(customer="cus_1", phone="0532 123 45 67"))
    assert events_of(mapped)[0].identities == ("phone#+905321234567", "stripe#cus_1")
    [problem] = mapped.problems
    assert (problem.field, problem.reason.code) == ("mappings[0].identities", "input.at_field")


def test_the_sources_own_country_reads_its_numbers() -> None:
    source = with_mapping(type="a.done", identities="{phone: body.phone}") | {"default_country": "HU"}
    assert events_of(deliver(source, body(phone="06 30 123 4567")))[0].identities == ("phone#+36301234567",)


PARTLY = [
    # an expression that does not apply costs only its own part
    ({"data": "sum(body.name)"}, "data", "expression.not_applicable"),
    ({"data": "to_number('nan')"}, "data", "mapping.no_json_value"),
    ({"data": "&body"}, "data", "mapping.no_json_value"),
    ({"data": "to_number('1e999')"}, "data", "mapping.no_json_value"),
    ({"data": "[" * 70 + "body" + "]" * 70}, "data", "json.too_deep"),
    ({"identities": "body.name"}, "identities", "mapping.identities_no_object"),
    ({"subject": "body.name"}, "subject", "mapping.no_record"),
    ({"id": "join(',', body.name)"}, "id", "expression.not_applicable"),
    ({"record": {"kind": "contact", "fields": "body.name"}}, "record.fields", "mapping.fields_no_object"),
    ({"record": {"kind": "contact", "fields": "{full_name: body.name}"}}, "record", "mapping.no_key"),
    (
        {"record": {"kind": "contact", "id": "body.name", "fields": "{phone: '12'}"}},
        "record.fields.phone",
        "mapping.field_unreadable",
    ),
]


@pytest.mark.parametrize(("parts", "field", "code"), PARTLY, ids=[row[1] + str(n) for n, row in enumerate(PARTLY)])
def test_a_part_that_cannot_be_read_is_reported_and_costs_nothing_else(
    parts: dict[str, Any], field: str, code: str
) -> None:
    mapped = deliver(with_mapping(type="a.done", **parts), body(name="Ayşe"))
    assert [event.type for event in events_of(mapped)] == ["a.done"]
    assert mapped.problems[0].field == f"mappings[0].{field}"
    assert mapped.problems[0].reason.code == code


def recorded(fields: dict[str, Any], country: str = "DE") -> MappingResult:
    """A body whose members are the fields of a record, which has an id."""
    source = with_mapping(type="a.done", record={"kind": "contact", "id": "'1'", "fields": "body"})
    return deliver(source | {"default_country": country}, body(**fields))


UNREADABLE = FIELD_UNREADABLE()
KEPT: list[tuple[dict[str, Any], dict[str, Any], tuple[str, Reason] | None]] = [
    # as told, as kept, and the problem of the mapping's record
    ({"phone": 1511234567.0}, {"phone": "+491511234567"}, None),
    ({"phone": 1511234567}, {"phone": "+491511234567"}, None),
    ({"phone": 1511234567.5, "a": 1}, {"a": 1}, (".fields.phone", UNREADABLE)),
    ({"phone": 10**401, "a": 1}, {"a": 1}, (".fields.phone", UNREADABLE)),
    ({"phone": ["+4915112345670"], "a": 1}, {"a": 1}, (".fields.phone", UNREADABLE)),
    ({"email": {"work": "a@b.co"}, "a": 1}, {"a": 1}, (".fields.email", UNREADABLE)),
    ({"whatsapp": 12345}, {"whatsapp": "12345"}, None),
    ({"whatsapp": "x" * 600, "a": 1}, {"a": 1}, (".fields.whatsapp", UNREADABLE)),
    ({"whatsapp": "\U0001f600" * 500, "a": 1}, {"a": 1}, (".fields.whatsapp", UNREADABLE)),
    (
        {"first-name": "B", "version": 3, "a": 1},
        {"a": 1},
        (".fields", NAMES_LEFT_OUT(count=2, names=["first-name", "version"])),
    ),
    (
        {"other_phones": ["abc", 1511234567.0, "+491511234567"]},
        {"other_phones": ["+491511234567"]},
        (".fields.other_phones", ADDRESSES_UNREADABLE(count=1)),
    ),
    ({"other_emails": "a@b.co", "a": 1}, {"a": 1}, (".fields.other_emails", UNREADABLE)),
    ({"other_emails": [7], "a": 1}, {"a": 1}, (".fields.other_emails", UNREADABLE)),
    (
        {"other_emails": [f"{n}@b.co" for n in range(6)]},
        {"other_emails": [f"{n}@b.co" for n in range(5)]},
        (".fields.other_emails", ADDRESSES_LEFT_OUT(count=5)),
    ),
    ({"id": "1", "a": 1}, {"a": 1}, None),
    ({"id": "2", "a": 1}, {"a": 1}, (".fields", NAMES_LEFT_OUT(count=1, names=["id"]))),
]


@pytest.mark.parametrize(("told", "kept", "problem"), KEPT, ids=range(len(KEPT)))
def test_a_field_that_no_record_can_keep_costs_no_other(
    told: dict[str, Any], kept: dict[str, Any], problem: tuple[str, Reason] | None
) -> None:
    mapped = recorded(told)
    assert [record.fields for record in mapped.records] == [kept]
    assert [event.type for event in events_of(mapped)] == ["a.done"]
    expected = () if problem is None else (Problem(f"mappings[0].record{problem[0]}", problem[1]),)
    assert mapped.problems == expected


def test_of_more_fields_than_a_record_can_have_the_first_are_kept() -> None:
    mapped = recorded({f"f{number}": number for number in range(201)})
    left_out = Problem("mappings[0].record.fields", FIELDS_LEFT_OUT(count=200, found=201))
    assert (len(mapped.records[0].fields), mapped.problems) == (200, (left_out,))


def test_of_many_impossible_names_the_first_are_shown() -> None:
    (problem,) = recorded({f"{number} {'x' * 100}": 1 for number in range(300)}).problems
    shown = [*(f"{number} {'x' * 100}"[:64] for number in range(5)), "…"]
    assert problem.reason == NAMES_LEFT_OUT(count=300, names=shown)


@pytest.mark.parametrize("when", ["sum(body.name) > `1`", "contains(body.name, `1`)", "max_by(body.items, &x)"])
def test_a_condition_that_cannot_be_evaluated_does_not_take_the_body(when: str) -> None:
    mapped = deliver(with_mapping(when=when, type="a.done"), body(name="Ayşe", items=[{"x": 1}, {"x": "b"}]))
    assert events_of(mapped)[0].type == "webhook.received"
    assert mapped.problems[0].field == "mappings[0].when"


def test_an_id_that_no_record_can_have_still_finds_one_record() -> None:
    source = with_mapping(
        type="a.done", record={"kind": "order", "id": "body.id", "fields": "{status: 'x', gone: body.no}"}
    )
    first, again = (deliver(source, body(id="orders/7 ş")).records[0] for _ in range(2))
    assert first.id == again.id == ids.record_id("shop", "order", "orders/7 ş")
    assert first.fields == {"status": "x"}


def test_a_body_too_large_for_an_event_is_left_out_and_said_so() -> None:
    large = body(text="x" * 190_000)
    (event,) = events_of(deliver(with_mapping(when="body.no", type="a.done"), large))
    assert event.data == {"source": "shop", "omitted": ["body"]}
    mapped = deliver(with_mapping(type="a.done"), large)
    assert events_of(mapped)[0].data == {"omitted": ["data"]}
    assert mapped.problems == (Problem("mappings[0].data", DATA_TOO_LARGE(count=150_000)),)
    assert len(json.dumps(to_json(events_of(mapped)[0]))) < MAX_EVENT_BYTES


def test_a_batch_has_its_bound_and_must_be_a_list() -> None:
    source = {"name": "s", "scheme": "bearer", "each": "body.items"}
    with pytest.raises(TooLarge) as refused:
        deliver(source, body(items=[{}] * 501))
    assert refused.value.reason == TOO_MANY_ITEMS(count=500, found=501)
    assert len(events_of(deliver(source, body(items=[{}] * 500)))) == 500
    mapped = deliver(source, body(items={}))
    assert ([event.type for event in events_of(mapped)], mapped.problems) == (
        ["webhook.received"],
        (Problem("each", EACH_FINDS_NO_LIST(expression="body.items")),),
    )
    assert events_of(deliver({**source, "each": "sum(body.items)"}, body(items="x")))[0].type == "webhook.received"


def test_what_is_no_json_is_refused_with_the_place() -> None:
    with pytest.raises(Malformed) as refused:
        deliver(STANDARD, b"{")
    assert refused.value.reason == NOT_JSON(line=1, column=2)


WRONG = [
    ({"scheme": "stripe"}, "name"),
    ({**STANDARD, "name": "Shop!"}, "name"),
    ({**STANDARD, "name": "meta"}, "name"),
    ({"name": "s"}, "scheme"),
    ({"name": "s", "scheme": {"kind": "bearer", "header": " "}}, "scheme.header"),
    ({**STANDARD, "default_country": "Turkey"}, "default_country"),
    ({**STANDARD, "secret": "whsec_x"}, "secret"),
    ({**STANDARD, "mappings": {}}, "mappings"),
    ({**STANDARD, "mappings": [{"type": "a.done"}] * 51}, "mappings"),
    ({**STANDARD, "mappings": [{}]}, "mappings[0].type"),
    ({**STANDARD, "mappings": [{"type": "a.done", "type_from": "body.t"}]}, "mappings[0].type"),
    ({**STANDARD, "mappings": [{"type_from": "[body"}]}, "mappings[0].type_from"),
    ({**STANDARD, "mappings": [{"type": "Paid"}]}, "mappings[0].type"),
    ({**STANDARD, "mappings": [{"type": "rule.finished"}]}, "mappings[0].type"),
    ({**STANDARD, "mappings": [{"type": "contact.created"}]}, "mappings[0].type"),
    ({**STANDARD, "mappings": [{"type": "a.done", "whem": "x"}]}, "mappings[0].whem"),
    ({**STANDARD, "mappings": [{"type": "a.done"}, {"type": "a.done", "when": "body.["}]}, "mappings[1].when"),
    ({**STANDARD, "mappings": [{"type": "a.done", "when": "nope(body)"}]}, "mappings[0].when"),
    ({**STANDARD, "mappings": [{"type": "a.done", "data": "length(body, body)"}]}, "mappings[0].data"),
    ({**STANDARD, "mappings": [{"type": "a.done", "data": "x" * 1001}]}, "mappings[0].data"),
    ({**STANDARD, "mappings": [{"type": "a.done", "data": 7}]}, "mappings[0].data"),
    ({**STANDARD, "mappings": [{"type": "a.done", "data": "(" * 900}]}, "mappings[0].data"),
    ({**STANDARD, "mappings": [{"type": "a.done", "record": {"fields": "body"}}]}, "mappings[0].record.kind"),
    ({**STANDARD, "mappings": [{"type": "a.done", "record": {"kind": "contact"}}]}, "mappings[0].record.fields"),
    (
        {
            **STANDARD,
            "mappings": [{"type": "ticket.created", "record": {"kind": "ticket", "id": "body.id", "fields": "body"}}],
        },
        "mappings[0].record",
    ),
    ({**FORM, "form": {"redirect": "http://example.com"}}, "form.redirect"),
    ({**FORM, "form": {"redirect": "https://example.com/\r\nX: y"}}, "form.redirect"),
    ({**STANDARD, "form": {"redirect": "https://example.com/thanks"}}, "form.redirect"),
    ({**STANDARD, "form": {"redirect": "http://example.com"}}, "form.redirect"),
    ({**STANDARD, "form": {"honeypot": "website"}}, "form.honeypot"),
    ({"name": "s", "scheme": "no such", "form": {"redirect": "https://example.com/thanks"}}, "scheme"),
]


@pytest.mark.parametrize(("document", "field"), WRONG, ids=[f"{n}-{row[1]}" for n, row in enumerate(WRONG)])
def test_a_source_that_does_not_hold_names_the_field(document: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_source(document)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_a_redirect_that_was_saved_for_a_program_means_nothing() -> None:
    document = {**STANDARD, "form": {"redirect": "https://example.com/thanks"}}
    assert parse_source(document, saved=True).form.redirect is None
    assert parse_source({**FORM, **document, **FORM}, saved=True).form.redirect == "https://example.com/thanks"


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        parse_source({"name": "S", "scheme": "none", "each": "[", "mappings": [{"type": "x"}, {"time": "("}]})
    assert {problem.field for problem in refused.value.problems} == {
        "name",
        "scheme",
        "each",
        "mappings[0].type",
        "mappings[1].type",
        "mappings[1].time",
    }


def test_what_is_no_object_is_no_source() -> None:
    with pytest.raises(Invalid) as refused:
        parse_source([])
    assert NOT_OBJECT() in [problem.reason for problem in refused.value.problems]


def test_a_parsed_source_equals_one_parsed_from_the_same_document() -> None:
    document = sample_json("hooks/order_source.json")
    assert parse_source(document) == parse_source(json.loads(json.dumps(document)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "timestamp", "data", "order", "number", "status", "buyer", "mobile", "mail"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["type", "timestamp", "data", "order", "buyer", "carrier"]), JSON))
def test_every_body_gives_exactly_one_event_whatever_its_shape(document: dict[str, Any]) -> None:
    for source in (STANDARD, sample_json("hooks/order_source.json")):
        mapped = deliver(source, json.dumps(document).encode(), "m1")
        assert len(events_of(mapped)) == 1
        assert from_json(json.loads(json.dumps(to_json(events_of(mapped)[0]))))


INVOICES = with_mapping(
    type_from="body.type", id="body.id", record={"kind": "invoice", "id": "body.id", "fields": "{status: body.status}"}
)


def test_what_the_change_of_its_record_tells_is_not_reported_as_well() -> None:
    """An event of the store and one of the source would both start the rules of invoice.paid."""
    mapped = deliver(INVOICES, body(type="invoice.paid", id="i1", status="paid"), "d1")
    (record,) = mapped.records
    assert (record.kind, record.fields["status"]) == ("invoice", "paid")
    (event,) = events_of(mapped)
    assert (event.type, event.data["body"]["type"]) == ("webhook.received", "invoice.paid")
    assert mapped.problems == (Problem("mappings[0].type_from", TOLD_BY_RECORD(type="invoice.paid")),)


@pytest.mark.parametrize(
    "told", [{"type": "payment.received", "id": "i1", "status": "paid"}, {"type": "invoice.paid", "id": "i1"}]
)
def test_what_no_record_tells_is_reported(told: dict[str, Any]) -> None:
    mapping = {**INVOICES["mappings"][0]}
    mapping["record"] = {**mapping["record"], "fields": "body.status && {status: body.status}"}
    (event,) = events_of(deliver({**INVOICES, "mappings": [mapping]}, body(**told), "d1"))
    assert event.type == told["type"]


def form_of(**fields: str) -> bytes:
    return urlencode({"email": "a@b.co", **fields}).encode()


@pytest.mark.parametrize(
    ("settings", "written", "read", "told"),
    [
        ({}, "14.03.1990", "1990-03-14", None),
        ({}, "3/14/1990", "1990-03-14", None),
        ({}, "03/04/1990", "1990-04-03", None),
        ({"date_order": "mdy"}, "03/04/1990", "1990-03-04", None),
        ({"default_country": "US"}, "03/04/1990", "1990-03-04", None),
        ({"default_country": "US", "date_order": "dmy"}, "03/04/1990", "1990-04-03", None),
        ({"default_country": "HU"}, "03/04/1990", "03/04/1990", "date.ambiguous"),
        ({}, "14 Mart 1990", "1990-03-14", None),
        ({}, "March 14, 1990", "1990-03-14", None),
        ({"default_country": "HU"}, "1990. március 14.", "1990-03-14", None),
        ({}, "14 במרץ 1990", "1990-03-14", None),
        ({}, "14. März 1990", "14. März 1990", "date.unreadable"),
        ({}, "31.02.1990", "31.02.1990", "date.unreadable"),
        ({}, "14.03.90", "14.03.90", "date.ambiguous"),
        ({}, "1990-03-14", "1990-03-14", None),
        ({}, "in spring", "in spring", None),
    ],
)
@pytest.mark.parametrize("way", ["form", "json"])
def test_a_date_is_read_where_it_is_certain_and_else_told(
    settings: dict[str, str], written: str, read: str, told: str | None, way: str
) -> None:
    if way == "form":
        record = {"kind": "contact", "fields": "body.fields"}
        source = {**FORM, "mappings": [{"type": "form.submitted", "record": record}], **settings}
        mapped = deliver(source, form_of(birth_date=written), **{"content-type": "application/x-www-form-urlencoded"})
    else:
        record = {"kind": "contact", "fields": "body"}
        source = {**with_mapping(type="customer.told", record=record), **settings}
        mapped = deliver(source, body(email="a@b.co", birth_date=written))
    (upsert,) = mapped.records
    assert upsert.fields["birth_date"] == read
    assert [problem.reason.code for problem in mapped.problems] == ([told] if told else [])


@pytest.mark.parametrize("order", ["day first", 3, "DMY"])
def test_an_unknown_order_of_dates_is_refused(order: Any) -> None:
    with pytest.raises(Invalid) as error:
        parse_source({**STANDARD, "date_order": order})
    assert [problem.field for problem in error.value.problems] == ["date_order"]
