"""Counts of outcomes by day, on DynamoDB."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW, FixedClock
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.common.table import ConditionFailed, Table
from whenthen.adapters.dynamodb.figures import figures as module
from whenthen.adapters.dynamodb.figures.figures import SHARDS, DynamoFigures
from whenthen.domain.common.errors import Invalid, Temporary
from whenthen.domain.figures.tally import Ending
from whenthen.ports.reason_codes import CONTENDED

DAY = NOW.date()


@pytest.fixture
def figures(dynamodb: Any) -> DynamoFigures:
    return DynamoFigures(dynamodb, RUNS, FixedClock())


def endings(count: int, rule: str = "rule_1", day: date = DAY) -> list[Ending]:
    return [Ending(rule, day, f"{rule}-{day}-{number}", "done", ("send_email|done|sent",)) for number in range(count)]


def counted(figures: DynamoFigures, **asked: Any) -> dict[tuple[str, date], int]:
    found: dict[tuple[str, date], int] = {}
    for tally in figures.read(DAY - timedelta(days=9), DAY, **{"rule": "", "cursor": None, **asked}).items:
        key = tally.rule, tally.day
        found[key] = found.get(key, 0) + tally.runs.get("done", 0)
    return found


def test_a_batch_writes_few_items_and_a_repetition_counts_nothing(
    figures: DynamoFigures, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    puts: list[str] = []
    put = Table.put

    def noting(self: Table, item: Any, *when: Any) -> None:
        puts.append(item["sk"])
        put(self, item, *when)

    monkeypatch.setattr(Table, "put", noting)
    figures.count(endings(100))
    assert len(puts) == SHARDS
    figures.count(endings(100))
    figures.count(endings(60)[20:])
    assert len(puts) == SHARDS
    assert counted(figures) == {("rule_1", DAY): 100}
    items = dynamodb.scan(TableName=RUNS)["Items"]
    ends = {int(item["expires_at"]["N"]) for item in items}
    assert ends == {int((NOW.replace(hour=0, minute=0) + timedelta(days=400)).timestamp())}


def test_what_a_failed_batch_counted_already_is_not_counted_again(
    figures: DynamoFigures, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, calls = Table.put, iter([False, True])

    def failing(self: Table, item: Any, *when: Any) -> None:
        if next(calls, False):
            raise Temporary(CONTENDED(subject="x"))
        put(self, item, *when)

    monkeypatch.setattr(Table, "put", failing)
    both = [*endings(3, "rule_1"), *endings(3, "rule_2")]
    with pytest.raises(Temporary):
        figures.count(both)
    figures.count(both)
    assert counted(figures) == {("rule_1", DAY): 3, ("rule_2", DAY): 3}


def test_workers_that_count_at_once_lose_nothing(figures: DynamoFigures, monkeypatch: pytest.MonkeyPatch) -> None:
    get, others = Table.get, iter([endings(40)[20:], endings(60)[40:]])

    def meanwhile(self: Table, pk: str, sk: str) -> Any:
        found = get(self, pk, sk)
        if other := next(others, None):
            figures.count(other)
        return found

    monkeypatch.setattr(Table, "get", meanwhile)
    figures.count(endings(20))
    assert counted(figures) == {("rule_1", DAY): 60}


def test_a_write_that_others_always_outrun_is_tried_again_later(
    figures: DynamoFigures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outrun(*_: Any) -> None:
        raise ConditionFailed

    monkeypatch.setattr(Table, "put", outrun)
    with pytest.raises(Temporary):
        figures.count(endings(1))


def test_a_rule_is_read_alone(figures: DynamoFigures) -> None:
    figures.count([*endings(2, "rule_1"), *endings(1, "rule_11"), *endings(1, "rule_1", DAY - timedelta(days=2))])
    assert counted(figures, rule="rule_1") == {("rule_1", DAY): 2, ("rule_1", DAY - timedelta(days=2)): 1}


def test_pages_hold_whole_days_and_cover_all(figures: DynamoFigures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TALLIES", 2)
    monkeypatch.setattr(module, "MOST_DAYS", 4)
    for back in range(10):
        figures.count(
            [each for rule in ("a", "b", "c")[: back % 4] for each in endings(1, rule, DAY - timedelta(back))]
        )
    seen: list[tuple[str, date]] = []
    cursor, pages = None, 0
    while True:
        page = figures.read(DAY - timedelta(days=9), DAY, rule="", cursor=cursor)
        seen += [(tally.rule, tally.day) for tally in page.items]
        pages += 1
        if page.cursor is None:
            break
        cursor = page.cursor
    assert len(seen) == len(set(seen)) == sum(back % 4 for back in range(10))
    assert [day for _, day in seen] == sorted((day for _, day in seen), reverse=True)
    assert pages > 2


@pytest.mark.parametrize("cursor", ["", "x", "2026-03-15", "2026-03-03", "2026-3-14", "eyJ9"])
def test_a_cursor_from_elsewhere_is_refused(figures: DynamoFigures, cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        figures.read(DAY - timedelta(days=9), DAY, rule="", cursor=cursor)
    assert [problem.field for problem in caught.value.problems] == ["cursor"]


def test_the_first_days_of_the_calendar_are_days_too(figures: DynamoFigures) -> None:
    assert figures.read(date.min, date(1, 1, 9), rule="", cursor=None).items == ()
