"""The last entry of a rule, on the runs table: a run starts only if that is as it was seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW, FixedClock, event, minutes, run
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.enrolments.shared_entry import Coverage
from whenthen.ports.values import LastEntry, SharedEntry, Started

KEY, EARLIER = "rule_1#lead:4711", "rule_1#lead:8"


@pytest.fixture
def ledger(dynamodb: Any) -> DynamoRuns:
    """The ledger."""
    return DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), timedelta(days=90))


@pytest.fixture
def held(ledger: DynamoRuns) -> LastEntry:
    """The entry that the first run holds."""
    assert ledger.start(run(event("e1")), event("e1"), [], enrolment_key=KEY) is Started.STARTED
    return ledger.last_entries([KEY])[KEY]


def test_an_entry_names_the_run_and_when_it_began(ledger: DynamoRuns, held: LastEntry) -> None:
    first = run(event("e1"))
    assert held == LastEntry(first.id, first.started_at)
    assert ledger.last_entries([EARLIER, KEY]) == {KEY: held}


def test_a_run_takes_the_entry_over_from_the_one_that_was_seen(ledger: DynamoRuns, held: LastEntry) -> None:
    second = run(event("e2"))
    assert ledger.start(second, event("e2"), [], enrolment_key=KEY, seen={KEY: held}) is Started.STARTED
    assert ledger.last_entries([KEY])[KEY].run_id == second.id


def test_of_two_that_saw_the_same_entry_one_starts(ledger: DynamoRuns, held: LastEntry) -> None:
    second, third = run(event("e2")), run(event("e3"))
    assert ledger.start(second, event("e2"), [], enrolment_key=KEY, seen={KEY: held}) is Started.STARTED
    assert ledger.start(third, event("e3"), [], enrolment_key=KEY, seen={KEY: held}) is Started.ENTERED_BEFORE
    assert ledger.load(third.id) is None


def test_of_two_that_saw_none_one_starts(ledger: DynamoRuns) -> None:
    for name, expected in (("e1", Started.STARTED), ("e2", Started.ENTERED_BEFORE)):
        assert ledger.start(run(event(name)), event(name), [], enrolment_key=KEY, seen={}) is expected


def test_an_entry_of_a_merged_record_stands_in_the_way_unless_it_was_seen(ledger: DynamoRuns) -> None:
    ledger.start(run(event("e1")), event("e1"), [], enrolment_key=EARLIER)
    seen = ledger.last_entries([KEY, EARLIER])
    second = run(event("e2"))
    before = ledger.start(second, event("e2"), [], enrolment_key=KEY, earlier=[EARLIER])
    after = ledger.start(second, event("e2"), [], enrolment_key=KEY, earlier=[EARLIER], seen=seen)
    assert (before, after) == (Started.ENTERED_BEFORE, Started.STARTED)
    assert ledger.last_entries([EARLIER]) == seen, "it stays that record's"


def test_an_exit_is_told_from_an_entry_that_was_seen(ledger: DynamoRuns, held: LastEntry) -> None:
    late = run(event("e2"))
    assert late.exits_on
    left = event("left", late.exits_on[0], late.entered + timedelta(minutes=1))
    ledger.note_exit(late.watch, left)
    assert ledger.start(late, event("e2"), [], enrolment_key=KEY, seen={KEY: held}) is Started.EXITED
    assert ledger.last_entries([KEY]) == {KEY: held}


def test_a_repetition_of_the_start_finds_its_run(ledger: DynamoRuns, held: LastEntry) -> None:
    second = run(event("e2"), started_at=minutes(1))
    for expected in (Started.STARTED, Started.EXISTS):
        assert ledger.start(second, event("e2"), [], enrolment_key=KEY, seen={KEY: held}) is expected
    assert ledger.last_entries([KEY]) == {KEY: LastEntry(second.id, NOW + timedelta(minutes=1))}


SHARED = "evt_enrolment#lead:4711"


def test_an_entry_that_is_shared_is_written_with_what_its_run_covers(ledger: DynamoRuns, dynamodb: Any) -> None:
    first, covers = run(event("e1")), Coverage(minutes(1), "2026-03-14T09:30:00.000Z", 7)
    entry = SharedEntry(SHARED, (), {}, covers)
    assert ledger.start(first, event("e1"), [], enrolment_key=None, shared=entry) is Started.STARTED
    assert ledger.last_entries([SHARED]) == {SHARED: LastEntry(first.id, first.started_at, covers)}
    item = dynamodb.get_item(TableName=RUNS, Key={"pk": {"S": f"enrolled#{SHARED}"}, "sk": {"S": "enrolled"}})["Item"]
    assert int(item["expires_at"]["N"]) == int((first.started_at + timedelta(days=180)).timestamp())


@pytest.mark.parametrize("key", [None, KEY])
def test_of_two_that_share_an_entry_one_starts(ledger: DynamoRuns, key: str | None) -> None:
    entry = SharedEntry(SHARED, (), {})
    assert ledger.start(run(event("e1")), event("e1"), [], enrolment_key=None, shared=entry) is Started.STARTED
    other = run(event("e2"))
    refused = ledger.start(other, event("e2"), [], enrolment_key=key, shared=entry)
    assert (refused, ledger.load(other.id)) == (Started.ENTERED_BEFORE, None)
    assert ledger.last_entries([KEY]) == {}
    again = ledger.start(run(event("e1")), event("e1"), [], enrolment_key=None, shared=entry)
    assert again is Started.EXISTS


def test_the_shared_entry_of_a_merged_record_stands_in_the_way_unless_it_was_seen(ledger: DynamoRuns) -> None:
    earlier = "evt_enrolment#lead:8"
    ledger.start(run(event("e1")), event("e1"), [], enrolment_key=None, shared=SharedEntry(earlier, (), {}))
    seen, second = ledger.last_entries([earlier]), run(event("e2"))
    for known, expected in (({}, Started.ENTERED_BEFORE), (seen, Started.STARTED)):
        entry = SharedEntry(SHARED, (earlier,), known)
        assert ledger.start(second, event("e2"), [], enrolment_key=None, shared=entry) is expected
