"""Runs that gather events on DynamoDB: the newest event replaces the one before, and a run begins or ends once."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, FixedClock, event, minutes, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.events.event import Event
from whenthen.domain.runs.gathering import place_of
from whenthen.domain.runs.run import Run, RunStatus
from whenthen.ports.values import RunState, Started

KEY = "rule_1#lead:4711"
SMALL = event("e1")
LATER = event("e2", at=minutes(1))
LONG = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz", k=4_000))  # noqa: S311 - text that hardly compresses


def large(found: Event) -> Event:
    """The event with so much in it that it stands apart from its run."""
    return replace(found, data={**found.data, "text": LONG})


@pytest.fixture
def ledger(dynamodb: Any) -> DynamoRuns:
    """The ledger."""
    return DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), timedelta(days=90))


def gathering(own: Event) -> Run:
    return run(own, status=RunStatus.WAITING, waits_until=minutes(2), settles_by=minutes(20), newest=place_of(own))


def begun(ledger: DynamoRuns, own: Event = SMALL) -> Run:
    started = gathering(own)
    assert ledger.start(started, own, [], enrolment_key=KEY) is Started.STARTED
    return started


def with_event(started: Run, newer: Event, until: float = 3) -> Run:
    """The run with a newer event."""
    return replace(
        started,
        event_id=newer.id,
        event_type=newer.type,
        entered=newer.time,
        rule_version=2,
        waits_until=minutes(until),
        newest=place_of(newer),
    )


def load(ledger: DynamoRuns, run_id: str) -> RunState:
    state = ledger.load(run_id)
    assert state is not None
    return state


@pytest.mark.parametrize("first", [SMALL, large(SMALL)], ids=["small", "large"])
@pytest.mark.parametrize("second", [LATER, large(LATER)], ids=["small", "large"])
def test_a_newer_event_takes_the_place_of_the_one_before(ledger: DynamoRuns, first: Event, second: Event) -> None:
    started = begun(ledger, first)
    after = with_event(started, second)
    assert ledger.gather(after, second, newest=started.newest)
    assert load(ledger, started.id) == RunState(after, second)
    third = event("e3", at=minutes(2))
    last = with_event(after, third, until=4)
    assert ledger.gather(last, third, newest=after.newest)
    assert load(ledger, started.id) == RunState(last, third)


def test_of_two_that_saw_the_same_event_one_takes_its_place(ledger: DynamoRuns) -> None:
    started, other = begun(ledger), event("e3", at=minutes(1))
    assert ledger.gather(with_event(started, LATER), LATER, newest=started.newest)
    assert not ledger.gather(with_event(started, other), other, newest=started.newest)
    assert not ledger.gather(with_event(started, large(other)), large(other), newest=started.newest)
    assert load(ledger, started.id).event == LATER


def test_it_begins_once_and_takes_in_nothing_after_that(ledger: DynamoRuns) -> None:
    started = begun(ledger)
    settled = ledger.settle(started, minutes(2))
    assert settled is not None
    assert (settled.run.status, settled.run.due, settled.run.gathering) == (RunStatus.RUNNING, minutes(2), False)
    assert settled.run.begun_only
    assert settled == load(ledger, started.id)
    assert ledger.settle(started, minutes(2)) is None
    assert not ledger.gather(with_event(started, LATER), LATER, newest=started.newest)
    assert not ledger.dissolve(started, why("x"), minutes(3), enrolment_key=KEY)


@pytest.mark.parametrize("act", ["settle", "dissolve"])
def test_one_that_took_in_another_event_neither_begins_nor_ends_as_it_was(ledger: DynamoRuns, act: str) -> None:
    started = begun(ledger)
    after = with_event(started, LATER)
    ledger.gather(after, LATER, newest=started.newest)
    if act == "settle":
        assert ledger.settle(started, minutes(2)) is None
        assert ledger.settle(after, minutes(3)) is not None
    else:
        assert not ledger.dissolve(started, why("x"), minutes(3), enrolment_key=KEY)
        assert load(ledger, started.id).run == after
        assert ledger.dissolve(after, why("x"), minutes(3), enrolment_key=KEY)


def test_a_paused_one_takes_events_in_and_does_not_begin(ledger: DynamoRuns) -> None:
    started = begun(ledger)
    paused = ledger.pause(started.id, why("p"), NOW)
    assert paused is not None
    assert ledger.settle(started, minutes(2)) is None
    after = replace(with_event(started, LATER), status=RunStatus.PAUSED, reason=why("p"))
    assert ledger.gather(after, LATER, newest=started.newest)
    assert load(ledger, started.id) == RunState(after, LATER)
    assert ledger.resume(load(ledger, started.id).run, minutes(9)) is not None
    assert ledger.settle(after, minutes(9)) is not None


@pytest.mark.parametrize("own", [SMALL, large(SMALL)], ids=["small", "large"])
def test_one_that_does_not_begin_is_skipped_and_gives_its_entry_back(
    ledger: DynamoRuns, dynamodb: Any, own: Event
) -> None:
    started = begun(ledger, own)
    assert ledger.dissolve(started, why("x"), minutes(3), enrolment_key=KEY)
    state = load(ledger, started.id)
    assert (state.run.status, state.run.reason, state.run.gathering) == (RunStatus.SKIPPED, why("x"), False)
    assert ledger.last_entries([KEY]) == {}
    assert ledger.watching(["lead:4711"]) == []
    items = dynamodb.scan(TableName=RUNS)["Items"]
    assert {"expires_at" in item for item in items if item["pk"]["S"] == f"run#{started.id}"} == {True}
    assert not ledger.dissolve(started, why("x"), minutes(4), enrolment_key=KEY)


def test_an_entry_that_a_later_run_holds_stays_that_one_s(ledger: DynamoRuns) -> None:
    started = begun(ledger)
    other = run(LATER)
    seen = ledger.last_entries([KEY])
    assert ledger.start(other, LATER, [], enrolment_key=KEY, seen=seen) is Started.STARTED
    assert ledger.dissolve(started, why("x"), minutes(3), enrolment_key=KEY)
    assert ledger.last_entries([KEY])[KEY].run_id == other.id


def test_one_without_an_entry_ends_as_well(ledger: DynamoRuns) -> None:
    started = begun(ledger)
    assert ledger.dissolve(started, why("x"), minutes(3), enrolment_key=None)
    assert load(ledger, started.id).run.status is RunStatus.SKIPPED


def test_it_is_found_when_its_wait_is_over_and_was_lost(ledger: DynamoRuns) -> None:
    started = begun(ledger)
    assert ledger.overdue(minutes(2), 9) == []
    assert ledger.overdue(minutes(3), 9) == [started.id]
