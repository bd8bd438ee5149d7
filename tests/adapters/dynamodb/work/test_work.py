"""Work in the background on DynamoDB: its progress, and the open runs that it finds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, FixedClock, event, minutes, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.aws.paginated_work import WorkMachine
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.adapters.dynamodb.work.work import DynamoWork
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.runs.run import Run, RunStatus
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import Failure, RunChange, Work, WorkStatus

RETENTION = timedelta(days=90)


@pytest.fixture
def store(dynamodb: Any) -> DynamoWork:
    return DynamoWork(dynamodb, RUNS, RETENTION)


@pytest.fixture
def ledger(dynamodb: Any) -> DynamoRuns:
    return DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), RETENTION)


def _work(number: int = 1, **more: Any) -> Work:
    selection = Selection("rule_1", ("lead:1", "lead:2"), "paused", 4, ("rule_1",), "admin.paused")
    new = Work(f"work_{number}", RunChange.STOP, selection, why("x"), "key_1", minutes(number), of=7)
    return replace(new, **more)


def test_work_is_read_as_it_was_written(store: DynamoWork) -> None:
    full = _work(counts={"stopped": 3, "over": 1}, failures=(Failure("run_1", why("kept")),), pending=("run_2",))
    assert (store.create(full), store.get(full.id)) == (full, full)


def test_work_is_made_once_and_moves_on_version_by_version(store: DynamoWork) -> None:
    first = store.create(_work())
    assert store.create(_work(of=9)) == first
    after = first.found(["run_1"], "3#2026#run_1")
    store.save(after)
    assert store.get(first.id) == after
    with pytest.raises(Stale):
        store.save(first.found([], None))
    with pytest.raises(NotFound):
        store.get("work_x")


def test_work_is_listed_newest_first_and_expires_after_its_end(store: DynamoWork, dynamodb: Any) -> None:
    for number in (1, 2, 3):
        store.create(_work(number))
    store.save(replace(_work(2).over(minutes(60)), version=2))
    page = store.list(limit=2, cursor=None)
    assert [work.id for work in page.items] == ["work_3", "work_2"]
    assert [work.id for work in store.list(limit=2, cursor=page.cursor).items] == ["work_1"]
    items = {item["pk"]["S"]: item for item in dynamodb.scan(TableName=RUNS)["Items"]}
    ends = str(int((minutes(60) + RETENTION).timestamp()))
    assert "expires_at" not in items["work#work_1"]
    assert items["work#work_2"]["expires_at"] == {"N": ends}
    assert store.get("work_2").status is WorkStatus.DONE


def _start(ledger: DynamoRuns, name: str, **more: Any) -> Run:
    started = run(event(name), exits_on=(), rechecks_on=(), **more)
    ledger.start(started, event(name), [], enrolment_key=None)
    return started


def _all(ledger: DynamoRuns, selection: Selection, limit: int = 3) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = ledger.open_runs(selection, limit=limit, cursor=cursor)
        assert len(page.items) < 2 * limit
        found += [each.id for each in page.items]
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_every_open_run_comes_once_page_by_page(ledger: DynamoRuns, limit: int) -> None:
    going = [_start(ledger, f"e{number}") for number in range(9)]
    waiting = [_start(ledger, f"w{number}", status=RunStatus.WAITING, waits_until=minutes(99)) for number in range(4)]
    paused = [_start(ledger, f"p{number}") for number in range(5)]
    for place, each in enumerate(paused):
        ledger.pause(each.id, why("x"), NOW, until=minutes(9) if place % 2 else None)
    ended = _start(ledger, "x")
    ledger.finish(ended, RunStatus.DONE, why("x"), NOW)
    every = sorted(each.id for each in (*going, *waiting, *paused))
    assert sorted(_all(ledger, Selection(rule="rule_1"), limit)) == every
    with_status = _all(ledger, Selection(status="paused"), limit)
    assert {each.id for each in paused} <= set(with_status)
    assert ended.id not in with_status
    assert {each.id for each in waiting} <= set(_all(ledger, Selection(status="waiting"), limit))


def test_runs_of_several_records_are_found_by_them(ledger: DynamoRuns) -> None:
    mine = [_start(ledger, f"e{number}", record=f"lead:{number % 2}") for number in range(5)]
    _start(ledger, "other", record="lead:9")
    _start(ledger, "none", record=None)
    found = _all(ledger, Selection(refs=("lead:0", "lead:1")), 2)
    assert sorted(found) == sorted(each.id for each in mine)
    assert _all(ledger, Selection(refs=("lead:7",))) == []


class _Machine:
    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def start_execution(self, **asked: str) -> None:
        self.asked.append(asked)


def test_each_turn_of_work_is_an_execution_of_its_own() -> None:
    machine = _Machine()
    WorkMachine(machine, "arn").start("work_1", 2)
    assert machine.asked == [{"stateMachineArn": "arn", "name": "work_1-2", "input": '{"work": "work_1"}'}]
