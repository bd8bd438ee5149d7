"""The runs of a rule that follow from one event: counted once each, up to the bound."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.runs_table.budgets import DynamoBudgets


@pytest.fixture
def budgets(dynamodb: Any) -> DynamoBudgets:
    return DynamoBudgets(dynamodb, RUNS, timedelta(days=90))


def test_as_many_runs_as_there_may_be_are_admitted_and_each_again(budgets: DynamoBudgets) -> None:
    runs = [f"evt_{number}#lead:{number}" for number in range(8)]
    admitted = [budgets.admit("evt_root", "rule_a", run, most=5, now=NOW) for run in runs]
    assert admitted == [True] * 5 + [False] * 3
    assert [budgets.admit("evt_root", "rule_a", run, most=5, now=NOW) for run in runs] == admitted


def test_each_root_and_each_rule_has_its_own(budgets: DynamoBudgets) -> None:
    assert budgets.admit("root", "a", "run", most=1, now=NOW)
    assert not budgets.admit("root", "a", "other", most=1, now=NOW)
    assert budgets.admit("root", "b", "other", most=1, now=NOW)
    assert budgets.admit("root2", "a", "other", most=1, now=NOW)
