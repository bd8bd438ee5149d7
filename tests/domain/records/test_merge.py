"""Merge two records of one customer: the survivor has the fields of both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.common.errors import Conflict, Invalid
from whenthen.domain.common.reasons import Reason
from whenthen.domain.event_catalog.derivation import change_events, record_of
from whenthen.domain.events.event import Cause
from whenthen.domain.records.merge import (
    INTO_ITSELF,
    INTO_OTHER_KIND,
    TOO_MANY_ADDRESSES,
    TOO_MANY_MERGED,
    merged,
    merged_fields,
)
from whenthen.domain.records.record import MAX_ABSORBED, MAX_OTHERS, Record

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def record(ref: str, **fields: Any) -> Record:
    kind, _, external_id = ref.partition(":")
    return Record(kind, external_id, fields, 3, NOW, NOW)


def merge(survivor: Record, other: Record) -> Record:
    return merged(survivor, other, origin="human", cause=Cause(), now=NOW)


REFUSED = {"all": False, "email": False, "whatsapp": False, "sms": False, "audience": False}

FIELDS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("own values win", {"city": "Izmir"}, {"city": "Bursa"}, {"city": "Izmir"}),
    ("what is missing is taken", {"city": ""}, {"city": "Bursa", "amount": 0}, {"city": "Bursa", "amount": 0}),
    ("nothing is taken from nothing", {"a": None}, {"a": "", "b": None, "c": []}, {"a": None}),
    ("false is a value", {"vip": False}, {"vip": True}, {"vip": False}),
    ("tags are united", {"tags": ["a", "b"]}, {"tags": ["b", "c"]}, {"tags": ["a", "b", "c"]}),
    ("a single tag", {"tags": "a"}, {"tags": "b"}, {"tags": ["a", "b"]}),
    ("tags that are no texts", {"tags": [2024, 5]}, {"tags": ["5", "vip"]}, {"tags": [2024, 5, "vip"]}),
    ("tags of the other that are no texts", {"tags": []}, {"tags": [7]}, {"tags": [7]}),
    ("tags of one", {}, {"tags": ["a"]}, {"tags": ["a"]}),
    (
        "another phone is kept beside",
        {"phone": "+1", "other_phones": ["+2"]},
        {"phone": "+3", "other_phones": ["+1", "+2", "+4"]},
        {"phone": "+1", "other_phones": ["+2", "+3", "+4"]},
    ),
    ("a first phone is the phone", {"email": "a"}, {"phone": "+3"}, {"email": "a", "phone": "+3"}),
    ("the same address is one", {"email": "a"}, {"email": "a"}, {"email": "a"}),
    ("every kind of address", {"whatsapp": "U1"}, {"whatsapp": "U2"}, {"whatsapp": "U1", "other_whatsapps": ["U2"]}),
    (
        "a refusal stands on either side",
        {"consent": {"email": True, "whatsapp": False, "sms": True}},
        {"consent": {"email": False, "whatsapp": True, "call": True}},
        {"consent": {"email": False, "whatsapp": False, "sms": True, "call": True}},
    ),
    (
        "a refusal of everything is none of one channel only",
        {"consent": False},
        {"consent": {"sms": True}},
        {"consent": {"all": False, "email": False, "whatsapp": False, "sms": False, "audience": False}},
    ),
    ("an unreadable consent is a refusal", {"consent": "x"}, {"consent": {"email": True}}, {"consent": REFUSED}),
    ("on either side", {"consent": {"email": "yes"}}, {"consent": ["email"]}, {"consent": REFUSED}),
    (
        "a refusal in words is one",
        {"consent": {"email": 1}},
        {"consent": {"E-mail": "no"}},
        {"consent": {"email": False}},
    ),
    (
        "the last word on each channel is remembered",
        {"consent_at": {"email": "2026-01-01T00:00:00.000Z"}},
        {"consent_at": {"email": "2026-02-01T00:00:00.000Z", "sms": "2025-01-01T00:00:00.000Z"}},
        {"consent_at": {"email": "2026-02-01T00:00:00.000Z", "sms": "2025-01-01T00:00:00.000Z"}},
    ),
    ("nobody is their own parent", {"parent": "contact:b"}, {"parent": "company:1"}, {"parent": "company:1"}),
    ("nor in the end", {}, {"parent": "contact:a"}, {}),
]


@pytest.mark.parametrize(("said", "mine", "theirs", "both"), FIELDS, ids=[row[0] for row in FIELDS])
def test_fields(said: str, mine: dict[str, Any], theirs: dict[str, Any], both: dict[str, Any]) -> None:
    assert merged_fields(mine, theirs, {"contact:a", "contact:b"}) == both


def test_every_address_of_both_finds_the_one_that_remains() -> None:
    one = record("contact:a", phone="+905321234567", other_emails=["old@example.com"])
    two = record("contact:b", phone="+905327654321", email="b@example.com", whatsapp="U2")
    after = merge(one, two)
    assert set(after.identities) == {*one.identities, *two.identities}
    assert (after.ref, after.version, after.absorbed) == ("contact:a", 4, ("contact:b",))
    assert merge(record("contact:c"), after).absorbed == ("contact:a", "contact:b")


def test_records_that_cannot_be_merged() -> None:
    one = record("contact:a", phone="+1", other_phones=["+2", "+3", "+4", "+5"])
    many = record("contact:b", phone="+6", other_phones=["+7"])
    assert conflict_of(one, many) == TOO_MANY_ADDRESSES(field="other_phones", count=MAX_OTHERS, found=6)
    assert problem_of(one, one) == INTO_ITSELF(ref="contact:a")
    assert problem_of(one, record("lead:b")) == INTO_OTHER_KIND(from_kind="lead", into_kind="contact")
    for number in range(MAX_ABSORBED):
        one = merge(one, record(f"contact:x{number}"))
    assert conflict_of(one, record("contact:b")) == TOO_MANY_MERGED(
        ref="contact:a", count=MAX_ABSORBED, found=MAX_ABSORBED + 1
    )


def conflict_of(survivor: Record, other: Record) -> Reason:
    with pytest.raises(Conflict) as error:
        merge(survivor, other)
    return error.value.reason  # type: ignore[no-any-return]


def problem_of(survivor: Record, other: Record) -> Reason:
    with pytest.raises(Invalid) as error:
        merge(survivor, other)
    (problem,) = error.value.problems
    assert problem.field == "from"
    return problem.reason  # type: ignore[no-any-return]


def test_a_merge_is_one_event_and_repeats_no_other() -> None:
    one, two = record("contact:a", tags=["a"]), record("contact:b", tags=["vip"], status="customer", owner="agent:1")
    after = merge(one, two)
    (event,) = change_events(one, after, NOW)
    assert (event.type, event.subject, event.data["from"]) == ("contact.merged", "contact:a", "contact:b")
    assert {name: change.after for name, change in event.changes.items()} == {
        "owner": "agent:1",
        "status": "customer",
        "tags": ["a", "vip"],
    }
    assert record_of(event) == after


def test_a_merge_that_changes_no_field_is_published_too() -> None:
    one = record("contact:a", tags=["a"])
    assert [event.type for event in change_events(one, merge(one, record("contact:b")), NOW)] == ["contact.merged"]


def test_a_later_change_is_an_ordinary_one() -> None:
    one = merge(record("contact:a"), record("contact:b"))
    later = merge(record("contact:a", city="Bursa"), record("contact:b"))
    assert [event.type for event in change_events(one, later, NOW)] == ["contact.updated"]
