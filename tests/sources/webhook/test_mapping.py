"""Generic sources: what an admin may configure, and what a delivery becomes under it. Nothing proven is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.samples import sample, sample_json
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, Malformed, TooLarge
from whenthen.domain.events.event import MAX_EVENT_BYTES, from_json, to_json
from whenthen.sources.webhook.delivery import Delivery, MappingResult, map_json
from whenthen.sources.webhook.mapping import parse_source

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
STANDARD = {"name": "bank", "scheme": "standard_webhooks"}
FORM = {"name": "site", "scheme": "form_token"}


def deliver(source: dict[str, Any], body: bytes, external_id: str | None = None, **headers: str) -> MappingResult:
    return map_json(Delivery(parse_source(source), headers, body, external_id, NOW, default_country="TR"))


def with_mapping(**mapping: Any) -> dict[str, Any]:
    return {"name": "shop", "scheme": "bearer", "mappings": [mapping]}


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_a_standard_webhook_needs_no_mapping() -> None:
    mapped = deliver(STANDARD, sample("hooks/payment_received.json"), "msg_1")
    (event,) = mapped.events
    assert (event.type, event.source, event.origin) == ("payment.received", "hook/bank", "source:bank")
    assert event.id == ids.event_id("hook/bank", "msg_1")
    assert event.time == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
    assert event.identities == ("phone#+905321234567", "email#ayse.yilmaz@example.com")
    assert event.data == sample_json("hooks/payment_received.json")["data"]
    assert event.data["amount"] == 1250.5
    assert (mapped.records, mapped.problems) == ((), ())
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_a_flat_standard_webhook_is_its_own_data() -> None:
    (event,) = deliver(STANDARD, body(type="quote.signed", id="q1", email="A@b.com"), "msg_1").events
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
    (event,) = mapped.events
    assert event.type == "webhook.received"
    assert event.data == {"source": "bank", "body": {"type": type_, "data": {"a": 1}}}
    assert "is no event that a source may report" in mapped.problems[0]


def test_a_mapping_gives_type_id_time_identities_data_and_a_record() -> None:
    mapped = deliver(sample_json("hooks/order_source.json"), sample("hooks/order_shipped.json"))
    (event,), (record,) = mapped.events, mapped.records
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
    assert [(event.type, event.subject) for event in mapped.events] == [
        ("helpdesk.opened", "ticket:T-1009"),
        ("helpdesk.closed", "ticket:T-1010"),
        ("webhook.received", None),
    ]
    assert [record.fields["status"] for record in mapped.records] == ["open", "closed"]
    assert len({event.id for event in mapped.events}) == 3


def test_the_first_mapping_that_takes_the_body_wins() -> None:
    source = {
        "name": "s",
        "scheme": "bearer",
        "mappings": [{"when": "body.x", "type": "a.done"}, {"type": "b.done"}, {"type": "c.done"}],
    }
    assert deliver(source, body(x=1)).events[0].type == "a.done"
    assert deliver(source, body(y=1)).events[0].type == "b.done"


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_a_condition_holds_for_what_jmespath_takes_for_true(value: Any) -> None:
    source = with_mapping(when="body.x", type="a.done")
    assert deliver(source, body(x=value)).events[0].type == "webhook.received"
    assert deliver(source, body(x=0)).events[0].type == "a.done"


def test_without_an_id_the_delivery_or_its_bytes_identify_the_event() -> None:
    source = with_mapping(type="a.done")
    assert deliver(source, body(x=1), "d1").events[0].id == ids.event_id("hook/shop", "d1")
    first, again, other = (deliver(source, raw).events[0].id for raw in (body(x=1), body(x=1), body(x=2)))
    assert first == again != other


def test_two_types_of_events_about_one_object_are_two_events() -> None:
    paid = deliver(with_mapping(type="invoice.paid", id="body.id"), body(id="in_1")).events[0]
    voided = deliver(with_mapping(type="invoice.cancelled", id="body.id"), body(id="in_1")).events[0]
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
    (253_402_300_799_000, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), False),
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
    assert mapped.events[0].time == time
    assert bool(mapped.problems) == reported


def test_headers_are_seen_but_never_those_that_prove() -> None:
    source = {
        "name": "s",
        "scheme": {"kind": "hmac_sha256", "header": "X-Sig"},
        "mappings": [{"when": "headers.\"x-topic\" == 'orders/paid'", "type": "order.paid", "data": "headers"}],
    }
    (event,) = deliver(
        source, b"{}", **{"x-topic": "orders/paid", "x-sig": "s", "authorization": "a", "cookie": "c"}
    ).events
    assert (event.type, event.data) == ("order.paid", {"x-topic": "orders/paid"})


def test_identities_of_other_systems_are_taken_too() -> None:
    source = with_mapping(type="a.done", identities="{stripe: body.customer, phone: body.phone, Bad: body.phone}")
    mapped = deliver(source, body(customer="cus_1", phone="0532 123 45 67"))
    assert mapped.events[0].identities == ("phone#+905321234567", "stripe#cus_1")
    assert "identities" in mapped.problems[0]


def test_the_sources_own_country_reads_its_numbers() -> None:
    source = with_mapping(type="a.done", identities="{phone: body.phone}") | {"default_country": "HU"}
    assert deliver(source, body(phone="06 30 123 4567")).events[0].identities == ("phone#+36301234567",)


PARTLY = [
    # an expression that does not apply costs only its own part
    ({"data": "sum(body.name)"}, "data"),
    ({"data": "to_number('nan')"}, "data"),
    ({"data": "&body"}, "data"),
    ({"identities": "body.name"}, "identities"),
    ({"subject": "body.name"}, "subject"),
    ({"id": "join(',', body.name)"}, "id"),
    ({"record": {"kind": "contact", "fields": "body.name"}}, "record.fields"),
    ({"record": {"kind": "contact", "fields": "{full_name: body.name}"}}, "record"),
    ({"record": {"kind": "contact", "id": "body.name", "fields": "{phone: '12'}"}}, "record.fields.phone"),
]


@pytest.mark.parametrize(("parts", "field"), PARTLY, ids=[row[1] + str(n) for n, row in enumerate(PARTLY)])
def test_a_part_that_cannot_be_read_is_reported_and_costs_nothing_else(parts: dict[str, Any], field: str) -> None:
    mapped = deliver(with_mapping(type="a.done", **parts), body(name="Ayşe"))
    assert [event.type for event in mapped.events] == ["a.done"]
    assert mapped.problems[0].startswith(f"mappings[0].{field}: ")


def recorded(fields: dict[str, Any], country: str = "DE") -> MappingResult:
    """A body whose members are the fields of a record, which has an id."""
    source = with_mapping(type="a.done", record={"kind": "contact", "id": "'1'", "fields": "body"})
    return deliver(source | {"default_country": country}, body(**fields))


KEPT = [
    # as told                                       as kept                               what is said of it
    ({"phone": 1511234567.0}, {"phone": "+491511234567"}, ""),
    ({"phone": 1511234567}, {"phone": "+491511234567"}, ""),
    ({"phone": 1511234567.5, "a": 1}, {"a": 1}, "fields.phone: "),
    ({"phone": 10**401, "a": 1}, {"a": 1}, "fields.phone: "),
    ({"phone": ["+4915112345670"], "a": 1}, {"a": 1}, "fields.phone: "),
    ({"email": {"work": "a@b.co"}, "a": 1}, {"a": 1}, "fields.email: "),
    ({"whatsapp": 12345}, {"whatsapp": "12345"}, ""),
    ({"whatsapp": "x" * 600, "a": 1}, {"a": 1}, "fields.whatsapp: "),
    ({"whatsapp": "\U0001f600" * 500, "a": 1}, {"a": 1}, "fields.whatsapp: "),
    (
        {"first-name": "B", "version": 3, "a": 1},
        {"a": 1},
        "left out are 2, whose names no field can have: 'first-name'",
    ),
    ({"other_phones": ["abc", 1511234567.0, "+491511234567"]}, {"other_phones": ["+491511234567"]}, "left out are 1 "),
    ({"other_emails": "a@b.co", "a": 1}, {"a": 1}, "fields.other_emails: "),
    ({"other_emails": [7], "a": 1}, {"a": 1}, "fields.other_emails: "),
    (
        {"other_emails": [f"{n}@b.co" for n in range(6)]},
        {"other_emails": [f"{n}@b.co" for n in range(5)]},
        "all but the first 5",
    ),
    ({"id": "1", "a": 1}, {"a": 1}, ""),
    ({"id": "2", "a": 1}, {"a": 1}, "left out are 1, whose names"),
]


@pytest.mark.parametrize(("told", "kept", "said"), KEPT, ids=[f"{n}-{row[2][:20]}" for n, row in enumerate(KEPT)])
def test_a_field_that_no_record_can_keep_costs_no_other(told: dict[str, Any], kept: dict[str, Any], said: str) -> None:
    mapped = recorded(told)
    assert [record.fields for record in mapped.records] == [kept]
    assert [event.type for event in mapped.events] == ["a.done"]
    assert len(mapped.problems) == bool(said)
    assert said in "".join(mapped.problems)


def test_of_more_fields_than_a_record_can_have_the_first_are_kept() -> None:
    mapped = recorded({f"f{number}": number for number in range(201)})
    assert (len(mapped.records[0].fields), len(mapped.problems)) == (200, 1)


def test_names_that_no_field_can_have_are_said_in_few_words() -> None:
    (problem,) = recorded({f"{number} {'x' * 100}": 1 for number in range(300)}).problems
    assert len(problem) < 500


@pytest.mark.parametrize("when", ["sum(body.name) > `1`", "contains(body.name, `1`)", "max_by(body.items, &x)"])
def test_a_condition_that_cannot_be_evaluated_does_not_take_the_body(when: str) -> None:
    mapped = deliver(with_mapping(when=when, type="a.done"), body(name="Ayşe", items=[{"x": 1}, {"x": "b"}]))
    assert mapped.events[0].type == "webhook.received"
    assert mapped.problems[0].startswith("mappings[0].when: ")


def test_an_id_that_no_record_can_have_still_finds_one_record() -> None:
    source = with_mapping(
        type="a.done", record={"kind": "order", "id": "body.id", "fields": "{status: 'x', gone: body.no}"}
    )
    first, again = (deliver(source, body(id="orders/7 ş")).records[0] for _ in range(2))
    assert first.id == again.id == ids.record_id("shop", "order", "orders/7 ş")
    assert first.fields == {"status": "x"}


def test_a_body_too_large_for_an_event_is_left_out_and_said_so() -> None:
    large = body(text="x" * 190_000)
    (event,) = deliver(with_mapping(when="body.no", type="a.done"), large).events
    assert event.data == {"source": "shop", "omitted": ["body"]}
    mapped = deliver(with_mapping(type="a.done"), large)
    assert mapped.events[0].data == {"omitted": ["data"]}
    assert len(mapped.problems) == 1
    assert len(json.dumps(to_json(mapped.events[0]))) < MAX_EVENT_BYTES


def test_a_batch_has_its_bound_and_must_be_a_list() -> None:
    source = {"name": "s", "scheme": "bearer", "each": "body.items"}
    with pytest.raises(TooLarge):
        deliver(source, body(items=[{}] * 501))
    assert len(deliver(source, body(items=[{}] * 500)).events) == 500
    mapped = deliver(source, body(items={}))
    assert ([event.type for event in mapped.events], mapped.problems) == (
        ["webhook.received"],
        ("each: 'body.items' finds no list",),
    )
    assert deliver({**source, "each": "sum(body.items)"}, body(items="x")).events[0].type == "webhook.received"


def test_what_is_no_json_is_refused_with_the_place() -> None:
    with pytest.raises(Malformed, match="line 1, column 2"):
        deliver(STANDARD, b"{")


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
    with pytest.raises(Invalid, match="an object is required"):
        parse_source([])


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
        assert len(mapped.events) == 1
        assert from_json(json.loads(json.dumps(to_json(mapped.events[0]))))


INVOICES = with_mapping(
    type_from="body.type", id="body.id", record={"kind": "invoice", "id": "body.id", "fields": "{status: body.status}"}
)


def test_what_the_change_of_its_record_tells_is_not_reported_as_well() -> None:
    """An event of the store and one of the source would both start the rules of invoice.paid."""
    mapped = deliver(INVOICES, body(type="invoice.paid", id="i1", status="paid"), "d1")
    (record,) = mapped.records
    assert (record.kind, record.fields["status"]) == ("invoice", "paid")
    (event,) = mapped.events
    assert (event.type, event.data["body"]["type"]) == ("webhook.received", "invoice.paid")
    assert "invoice.paid is not reported: the change of the mapping's record tells it" in mapped.problems[0]


@pytest.mark.parametrize(
    "told", [{"type": "payment.received", "id": "i1", "status": "paid"}, {"type": "invoice.paid", "id": "i1"}]
)
def test_what_no_record_tells_is_reported(told: dict[str, Any]) -> None:
    mapping = {**INVOICES["mappings"][0]}
    mapping["record"] = {**mapping["record"], "fields": "body.status && {status: body.status}"}
    (event,) = deliver({**INVOICES, "mappings": [mapping]}, body(**told), "d1").events
    assert event.type == told["type"]
