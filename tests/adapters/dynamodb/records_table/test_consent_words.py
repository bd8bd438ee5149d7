"""Refusals on DynamoDB outlive their records, without naming anybody."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.adapters.samples import PHONE, minutes, record
from tests.adapters.tables import RECORDS
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
from whenthen.domain.events.event import Cause
from whenthen.domain.records.consent_log import ConsentWord

EMAIL = "email#ayse@example.com"
NUMBER = f"phone#{PHONE}"


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    """The store."""
    return DynamoRecords(dynamodb, RECORDS)


def _delete(records: DynamoRecords, external_id: str, consent: Any) -> None:
    made = record(external_id=external_id, phone=PHONE, email="ayse@example.com", consent=consent)
    records.put(made, None)
    records.delete(made, origin="api", cause=Cause())


def _kept(records: DynamoRecords, identity: str) -> dict[str, bool]:
    words = records.words_of((identity,)).get(identity, {})
    return {channel: word.agreed for channel, word in words.items()}


def _word(agreed: bool, minute: int, event: str = "") -> ConsentWord:
    return ConsentWord(agreed, minutes(minute), event)


def test_each_address_keeps_what_its_deleted_records_refused(records: DynamoRecords, dynamodb: Any) -> None:
    assert records.words_of((EMAIL, NUMBER)) == {}
    _delete(records, "1", {"email": False, "whatsapp": True})
    assert _kept(records, EMAIL) == _kept(records, NUMBER) == {"email": False}
    _delete(records, "2", {"sms": "no"})
    assert _kept(records, EMAIL) == {"email": False, "sms": False}
    left = str(dynamodb.scan(TableName=RECORDS)["Items"])
    assert "ayse" not in left
    assert PHONE not in left


@pytest.mark.parametrize("consent", [None, {}, {"email": True}])
def test_who_refused_nothing_leaves_nothing(records: DynamoRecords, dynamodb: Any, consent: Any) -> None:
    _delete(records, "1", consent)
    assert dynamodb.scan(TableName=RECORDS)["Items"] == []


@pytest.mark.parametrize("order", list(permutations([(False, 1), (True, 2), (False, 3)])), ids=str)
def test_of_the_words_on_a_channel_the_newest_is_kept(records: DynamoRecords, order: tuple[Any, ...]) -> None:
    for agreed, minute in order:
        records.keep_word(EMAIL, "email", _word(agreed, minute, "email.received"))
    records.keep_word(EMAIL, "pk", _word(agreed=True, minute=1))
    found = records.words_of((EMAIL,))[EMAIL]
    assert found == {"email": _word(agreed=False, minute=3, event="email.received"), "pk": _word(agreed=True, minute=1)}


def test_of_two_words_of_one_moment_the_refusal_is_kept(records: DynamoRecords) -> None:
    for agreed in (True, False, True):
        records.keep_word(EMAIL, "email", _word(agreed, 1))
    assert _kept(records, EMAIL) == {"email": False}


def test_many_addresses_are_read_at_once(records: DynamoRecords) -> None:
    identities = [f"email#{number}@example.com" for number in range(130)]
    for identity in identities[::2]:
        records.keep_word(identity, "email", _word(agreed=False, minute=1))
    assert set(records.words_of(identities)) == set(identities[::2])


@pytest.mark.parametrize(
    ("kept", "consent", "left"),
    [
        ({"email": True}, None, {}),
        ({"email": True}, {"email": True}, {}),
        ({"email": True, "sms": False}, None, {"sms": False}),
        ({"email": True, "sms": False}, {"email": False}, {"email": False, "sms": False}),
        ({"email": True, "whatsapp": True}, {"sms": False}, {"sms": False}),
        ({"sms": False}, {"email": True}, {"sms": False}),
    ],
)
def test_a_deletion_leaves_refusals_and_drops_what_was_agreed_to(
    records: DynamoRecords, dynamodb: Any, kept: dict[str, bool], consent: Any, left: dict[str, bool]
) -> None:
    for channel, agreed in kept.items():
        records.keep_word(EMAIL, channel, _word(agreed, 1))
    _delete(records, "1", consent)
    assert _kept(records, EMAIL) == left
    assert bool(left) is bool(dynamodb.scan(TableName=RECORDS)["Items"])
