"""Meta's envelope and its leads: any mixture of changes is taken, nothing spoils the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.growth import LINEAR, growth
from tests.sources.samples import sample, sample_json
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Malformed, Unauthenticated, WhenthenError
from whenthen.domain.events.event import from_json, to_json
from whenthen.sources.meta import leads as meta_leads
from whenthen.sources.meta import notification
from whenthen.sources.meta.notification import NO_LEAD, Ignored, LeadRef

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
LEAD = LeadRef(
    "811204577136940", "204518826093711", "667031948220518", "120209981736450127", "120209981736450127", 1773480600
)


def notified(*changes: Any, object_: str = "page") -> bytes:
    return json.dumps(
        {"object": object_, "entry": [{"id": "1", "time": 1773480605, "changes": list(changes)}]}
    ).encode()


def leads_of(body: bytes) -> tuple[list[LeadRef], list[Ignored]]:
    return notification.leadgen_changes(notification.parse_notification(body))


def test_a_notification_gives_the_ids_of_its_lead() -> None:
    assert leads_of(sample("meta/leadgen.json")) == ([LEAD], [])


def test_string_and_integer_ids_mixed_fields_and_several_pages_are_taken() -> None:
    leads, ignored = leads_of(sample("meta/leadgen_batch.json"))
    assert [(lead.leadgen_id, lead.page_id, lead.ad_id) for lead in leads] == [
        ("811204577136941", "204518826093711", None),
        ("811204577136942", "204518826093711", "120209981736450127"),
        ("811204577136940", "204518826093799", None),
    ]
    assert ignored == [Ignored("entry[0].changes[1]", NO_LEAD(object="page", field="feed"))]


def test_a_thousand_changes_in_one_notification_are_each_taken_once() -> None:
    changes = [{"field": "leadgen", "value": {"leadgen_id": n % 900 + 1, "created_time": n}} for n in range(1000)]
    leads, ignored = leads_of(notified(*changes))
    assert (len(leads), ignored) == (900, [])


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"leadgen_id": None},
        {"leadgen_id": True},
        {"leadgen_id": 1.5},
        {"leadgen_id": "../me"},
        {"leadgen_id": ""},
        {"leadgen_id": "9" * 40},
        {"leadgen_id": "١٢"},
        {"leadgen_id": ["1"]},
    ],
)
def test_a_lead_without_a_usable_id_is_ignored_and_the_next_is_taken(value: dict[str, Any]) -> None:
    leads, ignored = leads_of(
        notified({"field": "leadgen", "value": value}, {"field": "leadgen", "value": {"leadgen_id": "7"}})
    )
    assert [lead.leadgen_id for lead in leads] == ["7"]
    assert [item.path for item in ignored] == ["entry[0].changes[0]"]


@pytest.mark.parametrize(
    "change", [None, 7, "x", [], {}, {"field": 1, "value": {}}, {"field": "leadgen", "value": "x"}]
)
def test_a_change_of_no_known_shape_is_ignored(change: Any) -> None:
    leads, ignored = leads_of(notified(change))
    assert leads == []
    assert [item.path for item in ignored] == ["entry[0].changes[0]"]


@pytest.mark.parametrize("entry", [None, 7, {}, {"changes": None}, {"changes": {}}])
def test_an_entry_of_no_known_shape_is_ignored(entry: Any) -> None:
    found = notification.parse_notification(json.dumps({"object": "page", "entry": [entry]}).encode())
    assert (found.changes, [item.path for item in found.ignored]) == ((), ["entry[0]"])


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"object":"page"}', b'{"object":1,"entry":[]}', b'{"object":"page","entry":{}}', b"{"]
)
def test_what_is_no_notification_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        notification.parse_notification(body)


def test_a_lead_becomes_flat_fields() -> None:
    assert meta_leads.lead_fields(sample_json("meta/lead.json"), "TR") == {
        "leadgen_id": "811204577136940",
        "form_id": "667031948220518",
        "ad_id": "120209981736450127",
        "ad_name": "Balcony, video",
        "adset_id": "120209981736450100",
        "adset_name": "Izmir 25-45",
        "campaign_id": "120209981736450001",
        "campaign_name": "Spring Offer 2026",
        "platform": "ig",
        "is_organic": False,
        "is_test": False,
        "first_name": "Ayşe",
        "last_name": "Yılmaz",
        "full_name": "Ayşe Yılmaz",
        "email": "ayse.yilmaz@example.com",
        "phone": "+905321234567",
        "birth_date": "1990-03-14",
        "city": "İzmir",
        "answers": {
            "which_rooms_should_we_furnish?": ["living room", "balcony"],
            "when_may_we_call_you?": "after 18:00",
        },
        "consents": {"marketing_by_whatsapp": True, "marketing_by_email": False},
    }


def test_a_lead_becomes_an_event_with_its_identities_and_survives_json() -> None:
    event = meta_leads.lead_event(LEAD, sample_json("meta/lead.json"), "TR", NOW)
    assert event.id == ids.event_id("meta", "lead:811204577136940")
    assert (event.type, event.source, event.origin) == ("meta_lead.created", "meta", "source:meta")
    assert event.time == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
    assert event.identities == ("phone#+905321234567", "email#ayse.yilmaz@example.com")
    assert event.data["page_id"] == "204518826093711"
    assert event.data["submitted_at"] == "2026-03-14T09:30:00.000Z"
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_the_same_lead_read_later_is_the_same_event() -> None:
    document = sample_json("meta/lead.json")
    later = datetime(2026, 3, 20, tzinfo=UTC)
    assert meta_leads.lead_event(LEAD, document, "TR", NOW) == meta_leads.lead_event(LEAD, document, "TR", later)


def test_a_test_lead_is_marked_and_its_dummy_texts_are_no_fields() -> None:
    fields = meta_leads.lead_fields(sample_json("meta/lead_test.json"), "TR")
    assert fields["is_test"] is True
    assert "full_name" not in fields
    assert "phone" not in fields
    assert fields["answers"].keys() == {"full_name", "phone_number"}


@pytest.mark.parametrize(
    ("question", "answer", "field"),
    [
        ("phone_number", "123", "phone"),
        ("email", "nobody at home", "email"),
        ("date_of_birth", "31/12/1990", "birth_date"),
    ],
)
def test_an_answer_that_cannot_be_read_is_kept_as_an_answer(question: str, answer: str, field: str) -> None:
    fields = meta_leads.lead_fields({"id": "1", "field_data": [{"name": question, "values": [answer]}]}, "TR")
    assert field not in fields
    assert fields["answers"] == {question: answer}


def test_of_two_questions_for_one_field_both_answers_are_kept() -> None:
    data = [{"name": "phone_number", "values": ["05321234567"]}, {"name": "phone", "values": ["05327654321"]}]
    data += [{"name": "zip_code", "values": ["1051"]}, {"name": "post_code", "values": ["1051"]}]
    fields = meta_leads.lead_fields({"id": "1", "field_data": data}, "TR")
    assert fields["phone"] == "+905321234567"
    assert fields["answers"] == {"phone": "05327654321"}


def test_the_answer_about_another_lead_is_malformed() -> None:
    with pytest.raises(Malformed):
        meta_leads.lead_event(LEAD, {"id": "8"}, "TR", NOW)


def test_a_lead_without_any_time_happened_when_it_was_read() -> None:
    assert meta_leads.lead_event(LeadRef("8"), {"id": 8}, None, NOW).time == NOW
    assert meta_leads.lead_event(LeadRef("8", created_time=1773480600), {"id": "8"}, None, NOW).time == datetime(
        2026, 3, 14, 9, 30, tzinfo=UTC
    )


def test_a_row_of_the_forms_list_is_a_lead_too() -> None:
    ref = notification.lead_ref(sample_json("meta/lead.json"), page_id="204518826093711")
    assert ref
    assert (ref.leadgen_id, ref.page_id, ref.created_time) == ("811204577136940", "204518826093711", 1773480600)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "values",
                    "name",
                    "field_data",
                    "custom_disclaimer_responses",
                    "checkbox_key",
                    "is_checked",
                    "email",
                ]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(st.sampled_from(["id", "field_data", "custom_disclaimer_responses", "created_time", "ad_id"]), JSON)
)
def test_no_answer_of_any_shape_raises_anything_of_its_own(document: dict[str, Any]) -> None:
    try:
        json.dumps(to_json(meta_leads.lead_event(LeadRef("1"), {**document, "id": "1"}, "TR", NOW)))
    except WhenthenError:
        pytest.fail("an odd field is left out, it does not refuse the lead")


QUERY = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "correct-horse"}


def test_metas_verification_is_answered_with_the_challenge() -> None:
    assert notification.challenge(QUERY, ["old-horse", "correct-horse"]) == "1158201444"


@pytest.mark.parametrize(
    ("query", "tokens"),
    [
        ({}, ["correct-horse"]),
        (QUERY, []),
        (QUERY, [""]),
        ({**QUERY, "hub.verify_token": ""}, [""]),
        ({**QUERY, "hub.verify_token": "ş"}, ["correct-horse"]),
        ({**QUERY, "hub.mode": "unsubscribe"}, ["correct-horse"]),
        ({**QUERY, "hub.challenge": "<script>"}, ["correct-horse"]),
    ],
)
def test_any_other_verification_is_refused(query: dict[str, str], tokens: list[str]) -> None:
    with pytest.raises(Unauthenticated):
        notification.challenge(query, tokens)


def test_a_large_notification_costs_no_more_than_its_length() -> None:
    def many(count: int) -> bytes:
        return notified(*({"field": "leadgen", "value": {"leadgen_id": str(n), "page_id": "1"}} for n in range(count)))

    bodies = {count: many(count) for count in (250, 4_000)}
    assert growth(lambda count: leads_of(bodies[count]), 4_000) < LINEAR
