"""Failed runs and the rules that paused themselves, on DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.samples import NOW, event, minutes, run
from tests.adapters.tables import CONFIG, RUNS
from whenthen.adapters.dynamodb.work.failing_rules import DynamoFailingRules
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.failing import FailingRule

PAUSED = FailingRule("rule_1", "work_1", NOW)


@pytest.fixture
def failing(dynamodb: Any) -> DynamoFailingRules:
    return DynamoFailingRules(dynamodb, CONFIG, RUNS)


def _fail(failing: DynamoFailingRules, number: int, rule: str = "rule_1") -> None:
    failing.note(
        run(event(f"e{number}"), rule=rule, rule_id=rule, status=RunStatus.FAILED, finished_at=minutes(number))
    )


def test_failures_are_counted_once_each_and_by_their_time(failing: DynamoFailingRules, dynamodb: Any) -> None:
    for number in (1, 2, 3, 3, 9):
        _fail(failing, number)
    _fail(failing, 3, "rule_2")
    assert [failing.count("rule_1", minutes(since), limit=10) for since in (0, 2, 4, 10)] == [4, 3, 1, 0]
    assert failing.count("rule_1", NOW, limit=2) == 2
    assert failing.count("rule_3", NOW, limit=2) == 0
    assert all("expires_at" in item for item in dynamodb.scan(TableName=RUNS)["Items"])


def test_failures_from_before_the_rule_went_on_count_no_more(failing: DynamoFailingRules) -> None:
    for number in (1, 2, 6):
        _fail(failing, number)
    failing.clear("rule_1", minutes(5))
    assert failing.count("rule_1", NOW, limit=10) == 1


def test_a_rule_pauses_once_until_it_goes_on(failing: DynamoFailingRules) -> None:
    assert (failing.get("rule_1"), dict(failing.all())) == (None, {})
    assert failing.begin(PAUSED) == PAUSED
    assert failing.begin(FailingRule("rule_1", "work_2", minutes(1))) == PAUSED
    other = failing.begin(FailingRule("rule_2", "work_3", minutes(1)))
    assert dict(failing.all()) == {"rule_1": PAUSED, "rule_2": other}
    failing.set_trial("rule_1", "run_7")
    assert failing.get("rule_1") == FailingRule("rule_1", "work_1", NOW, "run_7")
    failing.clear("rule_1", minutes(9))
    failing.clear("rule_1", minutes(9))
    failing.set_trial("rule_1", "run_8")
    assert dict(failing.all()) == {"rule_2": other}
