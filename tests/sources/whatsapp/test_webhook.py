"""Every kind of WhatsApp webhook: the same few fields, the right identities, stable ids; nothing spoils the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.growth import LINEAR, growth
from tests.sources.samples import EVENTS, sample, sample_json
from whenthen.domain.common import ids
from whenthen.domain.events.event import MAX_EVENT_BYTES, Event, from_json, to_json
from whenthen.sources.meta import notification
from whenthen.sources.whatsapp import webhook
from whenthen.sources.whatsapp.webhook import NO_EVENTS, REPORTS_ERRORS, Read

NOW = datetime(2026, 3, 20, tzinfo=UTC)
AYSE = ("phone#+905321234567", "whatsapp#TR.70218846355190274")
OURS = "wamid.HBgMOTA1MzIxMjM0NTY3FQIAERgSQzA3RDk1NzFFM0YyQjg0RTExAA=="
SAMPLES = sorted(path.stem for path in (EVENTS / "whatsapp").glob("*.json"))


def read(body: bytes) -> Read:
    return webhook.events_of(notification.parse_notification(body), NOW)


def change(field: str, value: dict[str, Any]) -> bytes:
    entry = {"id": "290", "changes": [{"field": field, "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def message(own: dict[str, Any], *contacts: dict[str, Any]) -> Read:
    own = {"id": "wamid.1", "timestamp": "1773480600", "type": "text", "text": {"body": "hello"}, **own}
    return read(change("messages", {"contacts": list(contacts), "messages": [own]}))


def event_of(name: str) -> Event:
    return read(sample(f"whatsapp/{name}.json")).events[0]


CONTENT = [
    # sample, kind, what it must say besides
    ("text", "text", {"text": "Merhaba, balkon mobilyası için fiyat alabilir miyim?"}),
    ("reply", "text", {"text": "Evet, yarın 10:00 uygun", "reply_to": OURS}),
    ("forwarded", "text", {"forwarded": True}),
    ("image", "image", {"text": "Bizim balkon"}),
    ("voice", "voice", {}),
    ("video", "video", {"text": "Ölçüler"}),
    ("document", "document", {"text": "Planı ekledim"}),
    ("sticker", "sticker", {}),
    ("location", "location", {"text": "Kemeraltı"}),
    (
        "contacts",
        "contacts",
        {"cards": [{"name": "Mehmet Demir", "phones": ["+90 533 765 43 21"], "emails": ["mehmet@example.com"]}]},
    ),
    ("reaction", "reaction", {"emoji": "👍", "removed": False, "reply_to": OURS}),
    ("reaction_removed", "reaction", {"removed": True, "reply_to": OURS}),
    ("quick_reply", "button", {"text": "Onaylıyorum", "payload": "APPOINTMENT_CONFIRM", "reply_to": OURS}),
    ("button_reply", "button", {"text": "Beni arayın", "payload": "call_me", "reply_to": OURS}),
    ("list_reply", "list", {"text": "Pazartesi 10:00", "payload": "slot-2026-03-16-10", "description": "Mağazada"}),
    (
        "flow_reply",
        "flow",
        {
            "answers": {"room": "balcony", "width_cm": 320, "wishes": ["table", "two chairs"]},
            "payload": "measure-42",
            "text": "Sent",
        },
    ),
    ("call_permission", "call_permission", {"payload": "accept"}),
    ("order", "order", {"text": "Hafta sonu teslim olur mu?"}),
    (
        "unsupported",
        "unsupported",
        {
            "unsupported_type": "poll_creation",
            "errors": [{"code": 131051, "reason": "Message type is currently not supported."}],
        },
    ),
    ("from_advertisement", "text", {"text": "Bu kampanya hâlâ geçerli mi?"}),
]


@pytest.mark.parametrize(("name", "kind", "expected"), CONTENT, ids=[row[0] for row in CONTENT])
def test_every_kind_of_message_is_received_with_the_same_fields(name: str, kind: str, expected: dict[str, Any]) -> None:
    document = sample_json(f"whatsapp/{name}.json")["entry"][0]["changes"][0]["value"]["messages"][0]
    event = event_of(name)
    assert event.type == "whatsapp.message_received"
    assert event.id == ids.event_id("whatsapp", document["id"])
    assert event.time == datetime.fromtimestamp(int(document["timestamp"]), UTC)
    assert event.identities == AYSE
    assert (
        event.data.items()
        >= {
            "message_id": document["id"],
            "kind": kind,
            "phone": "+905321234567",
            "wa_id": "905321234567",
            "user_id": "TR.70218846355190274",
            "profile_name": "Ayşe Yılmaz",
            "phone_number_id": "318804461977502",
            "business_phone": "+902129876543",
            "account_id": "290117744513886",
            **expected,
        }.items()
    )


def test_media_places_orders_and_advertisements_keep_their_parts() -> None:
    assert event_of("voice").data["media"] == {
        "id": "1187730925601",
        "mime_type": "audio/ogg; codecs=opus",
        "sha256": "dm9pY2Vfbm90ZV9vZl90ZW5fc2Vjb25kc18wMDAwMDE=",
        "voice": True,
    }
    assert event_of("document").data["media"]["filename"] == "kat-plani.pdf"
    assert event_of("location").data["location"] == {
        "latitude": 38.4237,
        "longitude": 27.1428,
        "name": "Kemeraltı",
        "address": "Konak, İzmir",
    }
    assert event_of("order").data["order"] == {
        "catalog_id": "553309118826471",
        "items": [
            {"product": "BALCONY-TABLE-80", "quantity": 1, "price": 2450.5, "currency": "TRY"},
            {"product": "BALCONY-CHAIR", "quantity": 2, "price": 1190, "currency": "TRY"},
        ],
    }
    referral = event_of("from_advertisement").data["referral"]
    assert referral["source_id"] == "120209981736450127"
    assert "image_url" not in referral


@pytest.mark.parametrize("name", [row[0] for row in CONTENT if row[0] != "reaction_removed"])
def test_whoever_writes_presses_or_reacts_has_replied(name: str) -> None:
    received, replied = read(sample(f"whatsapp/{name}.json")).events
    assert (replied.type, replied.identities, replied.time) == ("contact.replied", AYSE, received.time)
    assert replied.data["channel"] == "whatsapp"
    assert replied.data["message_id"] == received.data["message_id"]
    assert replied.data.get("text") == received.data.get("text")
    assert replied.id == ids.event_id("whatsapp", f"{received.data['message_id']}:replied")


def test_taking_a_reaction_back_is_no_reply() -> None:
    assert [event.type for event in read(sample("whatsapp/reaction_removed.json")).events] == [
        "whatsapp.message_received"
    ]


OTHERS = [
    (
        "edited",
        "whatsapp.message_edited",
        {
            "text": "Merhaba, balkon ve salon için fiyat alabilir miyim?",
            "kind": "text",
            "message_id": "wamid.HBgMOTA1MzIxMjM0NTY3FQIAEhgUM0E50001QTc3RkMxMkU1MEIA",
        },
    ),
    (
        "deleted",
        "whatsapp.message_deleted",
        {"message_id": "wamid.HBgMOTA1MzIxMjM0NTY3FQIAEhgUM0E50002QTc3RkMxMkU1MEIA"},
    ),
    ("number_changed", "whatsapp.number_changed", {"phone": "+905321234567", "new_phone": "+905551112233"}),
    (
        "status_sent",
        "whatsapp.message_sent",
        {
            "status": "sent",
            "callback": "job_4k2m7q6x3v5p2n7c4r6t2w5y3z",
            "billable": True,
            "pricing_category": "marketing",
        },
    ),
    ("status_delivered", "whatsapp.message_delivered", {"status": "delivered", "message_id": OURS}),
    ("status_read", "whatsapp.message_read", {"status": "read"}),
    ("status_played", "whatsapp.message_played", {"status": "played"}),
    ("status_failed", "whatsapp.message_failed", {"status": "failed", "error_code": 131050}),
    (
        "preference_stop",
        "whatsapp.preference_changed",
        {"category": "marketing_messages", "value": "stop", "consented": False},
    ),
    ("preference_resume", "whatsapp.preference_changed", {"value": "resume", "consented": True}),
    ("call_incoming_answered", "call.incoming_answered", {"direction": "incoming", "duration": 100}),
    ("call_incoming_missed", "call.incoming_missed", {"direction": "incoming", "channel": "whatsapp"}),
    (
        "call_outgoing_answered",
        "call.outgoing_answered",
        {"duration": 45, "callback": "job_5k2m7q6x3v5p2n7c4r6t2w5y3z"},
    ),
    ("call_outgoing_unanswered", "call.outgoing_unanswered", {"direction": "outgoing"}),
]


@pytest.mark.parametrize(("name", "type_", "expected"), OTHERS, ids=[row[0] for row in OTHERS])
def test_everything_else_that_happens_to_a_customer_is_one_event(
    name: str, type_: str, expected: dict[str, Any]
) -> None:
    (event,) = read(sample(f"whatsapp/{name}.json")).events
    assert event.type == type_
    assert event.identities == AYSE
    assert event.data.items() >= expected.items()


def test_each_sample_is_covered_and_each_event_survives_json() -> None:
    covered = {row[0] for row in CONTENT} | {row[0] for row in OTHERS} | {"username_only", "template_paused"}
    assert covered == set(SAMPLES)
    for name in SAMPLES:
        for event in read(sample(f"whatsapp/{name}.json")).events:
            assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_a_customer_with_a_user_name_is_known_by_the_business_scoped_id() -> None:
    event = event_of("username_only")
    assert event.identities == ("whatsapp#ID.41882093771650915",)
    assert event.data["username"] == "budi.santoso"
    assert "phone" not in event.data


def test_a_status_keeps_its_id_over_retries_and_differs_from_the_message_and_the_other_statuses() -> None:
    found = [event_of(name).id for name in ("status_sent", "status_delivered", "status_read", "status_failed")]
    assert len({*found, ids.event_id("whatsapp", OURS)}) == 5
    assert event_of("status_sent").id == found[0] == ids.event_id("whatsapp", f"{OURS}:sent")


def test_a_brazilian_is_the_same_person_under_both_writings() -> None:
    contact = {"wa_id": "551187654321", "user_id": "BR.1", "profile": {"name": "Ana"}}
    event = message({"from": "5511987654321"}, contact).events[0]
    assert event.identities == ("phone#+5511987654321", "whatsapp#BR.1")
    assert event.data["profile_name"] == "Ana"


def test_another_persons_contact_is_never_joined() -> None:
    unauthenticated = {"wa_id": "905559998877", "user_id": "TR.2", "profile": {"name": "Somebody Else"}}
    event = message({"from": "905321234567"}, unauthenticated).events[0]
    assert event.identities == ("phone#+905321234567",)
    assert "profile_name" not in event.data
    same_number_other_id = message({"from": "905559998877", "from_user_id": "TR.3"}, unauthenticated).events[0]
    assert same_number_other_id.identities == ("phone#+905559998877", "whatsapp#TR.3")
    assert "profile_name" not in same_number_other_id.data


def test_a_message_that_names_nobody_is_from_the_only_contact() -> None:
    assert message({}, {"wa_id": "905321234567"}).events[0].identities == ("phone#+905321234567",)
    assert message({}, {"wa_id": "905321234567"}, {"wa_id": "905559998877"}).events[0].identities == ()


def test_a_message_without_a_readable_time_happened_now() -> None:
    assert message({"from": "905321234567", "timestamp": "yesterday"}).events[0].time == NOW


def test_a_message_of_a_kind_not_known_yet_is_received_as_it_is_named() -> None:
    event = message({"from": "905321234567", "type": "hologram", "hologram": {"id": 1}}).events[0]
    assert (event.type, event.data["kind"]) == ("whatsapp.message_received", "hologram")


def test_a_flow_whose_answers_cannot_be_read_keeps_them_as_text() -> None:
    reply = {"type": "nfm_reply", "nfm_reply": {"response_json": "{broken", "name": "flow"}}
    event = message({"from": "905321234567", "type": "interactive", "interactive": reply}).events[0]
    assert (event.data["kind"], event.data["payload"]) == ("flow", "{broken")


def test_what_makes_no_event_is_reported_with_its_place_and_reason() -> None:
    found = read(sample("whatsapp/template_paused.json"))
    assert found.events == ()
    assert found.ignored == (
        notification.Ignored(
            "entry[0].changes[0]",
            NO_EVENTS(object="whatsapp_business_account", field="message_template_status_update"),
        ),
    )
    failed = read(change("messages", {"errors": [{"code": 131000, "title": "Something went wrong"}]}))
    assert failed.ignored[0].reason == REPORTS_ERRORS(
        object="whatsapp_business_account", field="messages", errors=["131000"]
    )


def test_bad_items_are_ignored_and_the_good_ones_between_them_taken() -> None:
    good = {"id": "wamid.1", "from": "905321234567", "type": "text", "text": {"body": "hello"}}
    messages = [None, {}, {"id": 5.5}, good, {"id": "w2", "type": "revoke"}, {"id": "w3", "type": "system"}, good]
    statuses = [{"id": "w4", "status": "teleported"}, {"status": "read"}]
    found = read(change("messages", {"messages": messages, "statuses": statuses}))
    assert [event.type for event in found.events] == ["whatsapp.message_received", "contact.replied"]
    assert [item.path.partition(".changes[0].")[2] for item in found.ignored] == [
        "messages[0]",
        "messages[1]",
        "messages[2]",
        "messages[4]",
        "messages[5]",
        "statuses[0]",
        "statuses[1]",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("calls", {"calls": [{"id": "c1", "event": "connect", "direction": "USER_INITIATED"}]}),
        ("calls", {"calls": [{"id": "c1", "event": "terminate", "direction": "SIDEWAYS"}]}),
        ("calls", {"statuses": [{"id": "c1", "type": "call", "status": "RINGING"}]}),
        ("user_preferences", {"user_preferences": [{"category": "marketing_messages", "value": "stop"}]}),
        ("user_preferences", {"user_preferences": [{"wa_id": "905321234567", "category": "x", "value": "maybe"}]}),
        ("smb_message_echoes", {"message_echoes": [{"id": "w", "type": "text"}]}),
    ],
)
def test_calls_still_ringing_and_half_preferences_make_no_event(field: str, value: dict[str, Any]) -> None:
    found = read(change(field, value))
    assert (found.events, len(found.ignored)) == ((), 1)


def test_each_reader_of_a_group_message_has_an_event() -> None:
    def status(participant: str) -> dict[str, Any]:
        return {
            "id": "w1",
            "status": "read",
            "timestamp": "1773480600",
            "recipient_id": "group-1",
            "recipient_type": "group",
            "recipient_participant_id": participant,
        }

    found = read(change("messages", {"statuses": [status("905321234567"), status("905559998877")]})).events
    assert [event.identities for event in found] == [("phone#+905321234567",), ("phone#+905559998877",)]
    assert [event.data["group_id"] for event in found] == ["group-1", "group-1"]


def test_no_message_grows_beyond_an_event() -> None:
    answers = json.dumps({f"question {n}": "ş" * 500 for n in range(500)})
    flow = {"type": "nfm_reply", "nfm_reply": {"response_json": answers, "body": "ş" * 100_000}}
    huge = {"from": "905321234567", "type": "interactive", "interactive": flow, "referral": {"body": "x" * 100_000}}
    event = message(huge, {"wa_id": "905321234567", "profile": {"name": "ş" * 100_000}}).events[0]
    assert len(json.dumps(to_json(event))) < MAX_EVENT_BYTES
    assert event.data["omitted"] == ["answers", "referral"]


def crowd(count: int) -> bytes:
    """As many messages, each of another person."""
    people = [
        {"wa_id": str(905320000000 + n), "user_id": f"TR.{n}", "profile": {"name": f"Person {n}"}} for n in range(count)
    ]
    messages = [
        {"id": f"wamid.{n}", "from": str(905320000000 + n), "type": "text", "text": {"body": "merhaba " * 18}}
        for n in range(count)
    ]
    return change("messages", {"contacts": people, "messages": messages})


def test_three_megabytes_of_messages_are_read() -> None:
    body = crowd(10_000)
    assert len(body) > 3_000_000
    found = read(body)
    assert len(found.events) == 20_000
    assert found.events[-1].data["message_id"] == "wamid.9999"


def test_a_crowd_costs_no_more_than_its_length() -> None:
    bodies = {count: crowd(count) for count in (125, 2_000)}
    assert growth(lambda count: read(bodies[count]), 2_000) < LINEAR


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
)
NAMES = st.sampled_from(
    [
        "id",
        "from",
        "from_user_id",
        "type",
        "text",
        "body",
        "interactive",
        "nfm_reply",
        "response_json",
        "contacts",
        "phones",
        "button",
        "context",
        "errors",
        "reaction",
        "system",
        "edit",
        "message",
        "wa_id",
        "profile",
        "name",
        "status",
        "event",
        "direction",
        "timestamp",
        "conversation",
        "origin",
        "order",
        "product_items",
        "audio",
        "referral",
        "error_data",
    ]
)
WORDS = st.sampled_from(
    ["text", "interactive", "nfm_reply", "contacts", "reaction", "system", "edit", "order", "audio", "read"]
)
SHAPES = st.recursive(
    LEAVES | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)


@settings(max_examples=100)
@given(
    st.sampled_from(["messages", "calls", "user_preferences"]),
    st.dictionaries(
        st.sampled_from(["messages", "statuses", "contacts", "calls", "user_preferences", "metadata", "errors"]),
        SHAPES | st.lists(st.dictionaries(NAMES, SHAPES), max_size=3),
    ),
)
def test_no_shape_of_a_change_raises(field: str, value: dict[str, Any]) -> None:
    found = read(change(field, value))
    json.dumps([to_json(event) for event in found.events])
