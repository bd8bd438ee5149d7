"""The machine of enrolments and imports: every way through it ends, and none loses its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.reading import ROOT, properties, text
from whenthen.usecases.enrolments import enrol_records
from whenthen.usecases.records.import_records import MAX_CALLS, SLICE
from whenthen.usecases.work import change_runs

MACHINE: dict[str, Any] = json.loads((ROOT / "statemachines/paginate_work.asl.json").read_text())
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
HISTORY, ENTRIES, OF_A_REST = 25_000, 7, 2
"""How many entries an execution's history holds, and how many of them a turn makes, and a rest after it."""

MACHINES = {"Enrolment": "EnrolView", "Import": "ImportRecords", "Work": "ChangeRuns"}


def test_it_turns_pages_while_there_are_more() -> None:
    assert (MACHINE["StartAt"], STATES["Page"]["Next"]) == ("Page", "More?")
    _, more = STATES["More?"]["Choices"]
    assert (more["Condition"], more["Next"], STATES["More?"]["Default"]) == ("{% $states.input.more %}", "Page", "Done")
    assert STATES["Done"] == {"Type": "Succeed"}


def test_it_rests_where_it_is_asked_to_and_loses_no_place_by_it() -> None:
    rest, _ = STATES["More?"]["Choices"]
    asked = "{% $states.input.more and $exists($states.input.wait) and $states.input.wait > 0 %}"
    assert (rest["Condition"], rest["Next"]) == (asked, "Rest")
    assert STATES["Rest"] == {"Type": "Wait", "Seconds": "{% $states.input.wait %}", "Next": "Page"}


def test_a_page_begins_where_the_last_one_ended() -> None:
    page = STATES["Page"]
    assert page["Output"] == "{% $states.result.Payload %}"
    assert page["Arguments"]["Payload"] == {
        "work": "{% $states.context.Execution.Input %}",
        "cursor": "{% $exists($states.input.cursor) ? $states.input.cursor : null %}",
    }


def test_a_page_that_fails_is_tried_for_hours_and_can_be_redriven() -> None:
    (rule,) = STATES["Page"]["Retry"]
    waits = [
        min(rule["IntervalSeconds"] * rule["BackoffRate"] ** attempt, rule["MaxDelaySeconds"])
        for attempt in range(rule["MaxAttempts"])
    ]
    assert sum(waits) / 2 > 2 * 3600
    assert "Catch" not in STATES["Page"]
    assert "Fail" not in {state["Type"] for state in STATES.values()}
    for function in MACHINES.values():
        assert STATES["Page"]["TimeoutSeconds"] > properties(function)["Timeout"]


def test_an_import_rests_before_its_history_is_full() -> None:
    assert MAX_CALLS * ENTRIES < 0.9 * HISTORY
    assert SLICE.total_seconds() < 0.7 * properties("ImportRecords")["Timeout"]
    assert change_runs.MAX_CALLS <= MAX_CALLS
    assert change_runs.SLICE.total_seconds() < 0.7 * properties("ChangeRuns")["Timeout"]


def test_an_enrolment_rests_before_its_history_is_full() -> None:
    assert enrol_records.MAX_CALLS * (ENTRIES + OF_A_REST) < 0.9 * HISTORY
    assert enrol_records.SLICE.total_seconds() < 0.7 * properties("EnrolView")["Timeout"]


@pytest.mark.parametrize(("machine", "function"), MACHINES.items())
def test_each_has_the_function_that_it_calls(machine: str, function: str) -> None:
    found = properties(machine)
    assert found["Type"] == "STANDARD", "its names are taken for ninety days"
    assert found["DefinitionUri"] == "statemachines/paginate_work.asl.json"
    assert {name: text(value) for name, value in found["DefinitionSubstitutions"].items()} == {
        "FunctionArn": f"${{{function}.Arn}}",
        "Partition": "${AWS::Partition}",
    }
