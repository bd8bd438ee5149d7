"""The alarm on spend: it prices a day's volume as the counted stories do, and rings above the admin's budget."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.template.alarm_states import state_of
from tests.template.reading import properties, resources, template, text

SPEND = properties("SpendAlarm")
VOLUMES = {metric["Id"]: metric for metric in SPEND["Metrics"] if "MetricStat" in metric}
(FORMULA,) = [metric for metric in SPEND["Metrics"] if "Expression" in metric]

_OPERATORS: Mapping[type, Callable[[Any, Any], float]] = {ast.Add: operator.add, ast.Mult: operator.mul}


def usd(**volumes: float) -> float:
    """Compute an expression over a day's sums, as CloudWatch does. A metric without a figure counts as FILL says."""

    def value(node: ast.AST) -> float:
        match node:
            case ast.Expression(body):
                return value(body)
            case ast.BinOp(left, how, right):
                return _OPERATORS[type(how)](value(left), value(right))
            case ast.Constant(number):
                return float(number)  # type: ignore[arg-type]
            case ast.Call(ast.Name("FILL"), [ast.Name(name), filled]):
                return volumes.get(VOLUMES[name]["Id"], value(filled))
        raise AssertionError(ast.dump(node))

    written = text(FORMULA["Expression"]).replace("${SmsPrice}", str(template()["Parameters"]["SmsPrice"]["Default"]))
    return value(ast.parse(written.strip(), mode="eval"))


def state(budget: float, **volumes: float) -> str:
    return state_of({**SPEND, "Threshold": budget}, [usd(**volumes)])


def test_it_is_made_where_a_budget_was_set() -> None:
    assert resources("AWS::CloudWatch::Alarm")["SpendAlarm"]["Condition"] == "Budgets"
    assert template()["Conditions"]["Budgets"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, 0]}]}
    assert SPEND["Threshold"] == {"Ref": "MonthlyBudget"}
    assert template()["Parameters"]["MonthlyBudget"]["Default"] == 0


def test_it_looks_at_one_day_which_cloudwatch_allows() -> None:
    stats = [metric["MetricStat"] for metric in VOLUMES.values()]
    assert {(stat["Stat"], stat["Period"]) for stat in stats} == {("Sum", 86_400)}
    assert SPEND["EvaluationPeriods"] * 86_400 <= 86_400, "an alarm looks back a day at most"
    assert len(SPEND["Metrics"]) <= 10, "and at ten metrics"
    assert [metric["ReturnData"] for metric in SPEND["Metrics"]].count(True) == 1
    assert FORMULA["ReturnData"] is True


@pytest.mark.parametrize("name", sorted(VOLUMES))
def test_it_watches_what_the_stack_has(name: str) -> None:
    metric = VOLUMES[name]["MetricStat"]["Metric"]
    (dimension,) = metric["Dimensions"]
    watched = text(dimension["Value"]).strip("${}").partition(".")[0]
    kind = {"QueueName": "AWS::SQS::Queue", "TableName": "AWS::DynamoDB::Table"}
    assert watched in resources(kind.get(dimension["Name"], "AWS::Serverless::StateMachine"))


STORIES = {
    "a": ({"events": 1, "runs": 3}, 8.1 + 0.4),
    "b": ({"events": 1, "runs": 10}, 18.9 + 1.4),
    "c": ({"events": 4, "runs": 74, "records": 6, "sequences": 1}, 134.9 + 3),
}
"""A story of docs/performance.md → its volume, and USD for a million, with the log."""


@pytest.mark.parametrize("story", sorted(STORIES))
def test_its_sum_is_about_that_of_the_counted_stories(story: str) -> None:
    volumes, price = STORIES[story]
    a_day = {name: count * 1_000_000 / 30 for name, count in volumes.items()}
    assert usd(**a_day) - usd() == pytest.approx(price, rel=0.25)


def test_an_idle_stack_does_not_ring_and_costs_what_the_page_says() -> None:
    assert usd() == 15
    assert state(16) == "OK"


@pytest.mark.parametrize(
    "volumes",
    [
        {"events": 1_000 * 86_400},  # a source that sends without end
        {"runs": 300 * 86_400},
        {"sequences": 40_000},
        {"mails": 20_000},
        {"sms": 30},
        {"imports": 500_000},
        {"records": 5_000_000},
    ],
)
def test_each_volume_alone_drives_it_to_alarm_and_is_over_with_it(volumes: dict[str, float]) -> None:
    assert state(50, **volumes) == "ALARM"
    assert state(50, **{name: count / 100_000 for name, count in volumes.items()}) == "OK"


def test_a_price_of_nothing_leaves_sms_out() -> None:
    assert "${SmsPrice} * FILL(sms, 0)" in text(FORMULA["Expression"])
    assert template()["Parameters"]["SmsPrice"]["MinValue"] == 0


def test_a_day_within_the_budget_is_no_alarm() -> None:
    usual = {"events": 30_000, "runs": 300_000, "records": 20_000, "sequences": 5_000, "mails": 2_000}
    assert state(50, **usual) == "OK"
    assert state(10, **usual) == "ALARM"
