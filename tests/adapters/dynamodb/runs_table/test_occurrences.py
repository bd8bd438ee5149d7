"""Occurrences are counted between two moments, once for each event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW, event, minutes
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.runs_table.occurrences import DynamoOccurrences
from whenthen.domain.events.event import Event

KEY, MISSED = "phone#+905321234567", "call.incoming_missed"


@pytest.fixture
def occurrences(dynamodb: Any) -> DynamoOccurrences:
    """The occurrences."""
    return DynamoOccurrences(dynamodb, RUNS, timedelta(days=90))


def note(
    occurrences: DynamoOccurrences, at: datetime, external_id: str, event_type: str = MISSED, key: str = KEY
) -> Event:
    happened = event(external_id, event_type, at)
    occurrences.note_all([(happened, (key,))], NOW)
    return happened


def test_events_of_a_type_between_two_moments_both_included(occurrences: DynamoOccurrences) -> None:
    noted = [note(occurrences, minutes(number), f"e{number}") for number in range(5)]
    found = occurrences.times(KEY, MISSED, since=minutes(1), until=minutes(3), limit=10)
    assert found == {each.id: each.time for each in noted[1:4]}
    assert len(occurrences.times(KEY, MISSED, since=None, until=minutes(9), limit=10)) == 5


def test_others_types_and_keys_are_left_out(occurrences: DynamoOccurrences) -> None:
    note(occurrences, NOW, "e1", "call.incoming_missed_twice")
    note(occurrences, NOW, "e2", "call.incoming")
    note(occurrences, NOW, "e3", key="phone#+905320000000")
    assert occurrences.times(KEY, MISSED, since=None, until=minutes(1), limit=10) == {}


def test_events_of_one_moment_are_all_counted_and_each_once(occurrences: DynamoOccurrences) -> None:
    for external_id in ("e1", "e2", "e1", "e1"):
        note(occurrences, NOW, external_id)
    assert len(occurrences.times(KEY, MISSED, since=NOW, until=NOW, limit=10)) == 2


def test_of_many_the_newest(occurrences: DynamoOccurrences) -> None:
    noted = [note(occurrences, minutes(number), f"e{number}") for number in range(6)]
    found = occurrences.times(KEY, MISSED, since=None, until=minutes(9), limit=2)
    assert set(found) == {noted[4].id, noted[5].id}


def test_under_several_keys_and_forgotten_after_the_retention(occurrences: DynamoOccurrences, dynamodb: Any) -> None:
    occurrences.note_all([(event("e1", MISSED), (KEY, "email#a@example.com"))], minutes(5))
    for key in (KEY, "email#a@example.com"):
        assert len(occurrences.times(key, MISSED, since=None, until=NOW, limit=10)) == 1
    expiries = {int(item["expires_at"]["N"]) for item in dynamodb.scan(TableName=RUNS)["Items"]}
    assert expiries == {int((minutes(5) + timedelta(days=90)).timestamp())}
