"""The timeline of a record: its events and runs in one order, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, FixedClock, event, minutes, record, run
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.event_log import DynamoEventLog
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.adapters.dynamodb.runs_table.timelines import DynamoTimelines
from whenthen.domain.common.errors import Invalid
from whenthen.domain.event_catalog import derivation
from whenthen.domain.event_catalog.derivation import change_events
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import Run
from whenthen.ports.values import Plan, Planned

KEPT = timedelta(days=90)


@pytest.fixture
def timelines(dynamodb: Any) -> DynamoTimelines:
    """Of lead:4711: three events, a minute apart, and between them a run; and of another lead."""
    log, runs = DynamoEventLog(dynamodb, RUNS, KEPT), DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), KEPT)
    about = record()
    for place in (0, 2, 4):
        log.record_plan(Plan(event(f"e{place}", at=minutes(place)), about, (Planned("rule_1", 1, None),)), NOW)
    log.record_plan(Plan(event("other", at=minutes(3)), record(external_id="4712"), ()), NOW)
    log.record_plan(Plan(event("nobody", at=minutes(3)), None, ()), NOW)
    runs.start(run(event("e0")), event("e0"), [], enrolment_key=None)  # started at minute 1
    return DynamoTimelines(dynamodb, RUNS)


def _shown(entries: tuple[Run | Plan, ...]) -> list[str]:
    return [
        f"run {entry.started_at:%M}" if isinstance(entry, Run) else f"event {entry.event.time:%M}" for entry in entries
    ]


def test_events_and_runs_are_told_newest_first(timelines: DynamoTimelines) -> None:
    page = timelines.read(["lead:4711"], limit=10, cursor=None)
    assert (_shown(page.items), page.cursor) == (["event 34", "event 32", "run 31", "event 30"], None)
    assert timelines.read(["lead:1"], limit=10, cursor=None).items == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_join_without_gap_and_without_repetition(timelines: DynamoTimelines, limit: int) -> None:
    told: list[str] = []
    cursor = None
    for _ in range(10):
        page = timelines.read(["lead:4711"], limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        told += _shown(page.items)
        cursor = page.cursor
        if cursor is None:
            break
    assert told == ["event 34", "event 32", "run 31", "event 30"]


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_the_history_of_a_record_that_was_merged_appears_under_the_other(
    timelines: DynamoTimelines, limit: int
) -> None:
    told: list[str] = []
    cursor, first = None, True
    while first or cursor is not None:
        page = timelines.read(["lead:4712", "lead:4711"], limit=limit, cursor=cursor)
        told, cursor, first = told + _shown(page.items), page.cursor, False
    assert told == ["event 34", "event 33", "event 32", "run 31", "event 30"]


def test_a_cursor_of_another_record_is_refused(timelines: DynamoTimelines) -> None:
    page = timelines.read(["lead:4711"], limit=1, cursor=None)
    with pytest.raises(Invalid) as refused:
        timelines.read(["lead:4712"], limit=1, cursor=page.cursor)
    assert refused.value.problems[0].field == "cursor"


def _of_change(number: int) -> list[Event]:
    """Four events of one change: the main one, and of status, stage and owner."""
    fields = {"status": f"s{number}", "stage": f"p{number}", "owner": f"agent:{number}"}
    before, after = record(version=number), record(version=number + 1, **fields)
    return change_events(before, replace(after, updated_at=minutes(60 + number)), NOW)


def _ids(entries: tuple[Run | Plan, ...]) -> list[str]:
    return [entry.event.id if isinstance(entry, Plan) else entry.id for entry in entries]


@pytest.mark.parametrize("with_plans_of_their_own", [(), (1,), (2, 3), (1, 2, 3)])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 30])
def test_every_event_of_a_change_is_told_once_however_it_is_stored(
    timelines: DynamoTimelines, dynamodb: Any, limit: int, with_plans_of_their_own: tuple[int, ...]
) -> None:
    log = DynamoEventLog(dynamodb, RUNS, KEPT)
    expected: list[str] = []
    for number in (1, 2):
        main, *others = _of_change(number)
        own = [each for place, each in enumerate(others, start=1) if place in with_plans_of_their_own]
        also = tuple(each for each in others if each not in own)
        log.record_plan(Plan(main, derivation.record_of(main), (), completed=True, also=also), NOW)
        for each in own:
            log.record_plan(Plan(each, derivation.record_of(each), (Planned("rule_1", 1, None),)), NOW)
        expected = [*sorted((each.id for each in (main, *others)), reverse=True), *expected]
    told: list[str] = []
    cursor, first = None, True
    while first or cursor is not None:
        page = timelines.read(["lead:4711"], limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        told, cursor, first = told + _ids(page.items), page.cursor, False
        assert len(told) <= 12
    assert told[:8] == expected
    assert len(told) == 12, "and the four entries that were there before"
