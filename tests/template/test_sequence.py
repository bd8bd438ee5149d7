"""The state machine: its definition is small, and every way through it ends."""

from __future__ import annotations

import json
from typing import Any

from tests.template.reading import ROOT, properties, text
from whenthen.usecases.runs.resume_runs import OVERDUE

MACHINE: dict[str, Any] = json.loads((ROOT / "statemachines/sequence.asl.json").read_text())
STATES: dict[str, dict[str, Any]] = MACHINE["States"]


def _next(state: dict[str, Any]) -> set[str]:
    """Where a state may lead."""
    targets = [state.get("Next"), state.get("Default")]
    targets += [rule["Next"] for rule in (*state.get("Choices", ()), *state.get("Catch", ()))]
    return {target for target in targets if target is not None}


def test_each_state_leads_to_states_that_exist_or_is_an_end() -> None:
    for name, state in STATES.items():
        assert _next(state) <= STATES.keys(), name
        assert _next(state) or state["Type"] == "Succeed" or state.get("End"), name


def test_each_state_is_reached() -> None:
    reached, waiting = set[str](), {MACHINE["StartAt"]}
    while waiting:
        reached |= waiting
        waiting = {target for name in waiting for target in _next(STATES[name])} - reached
    assert reached == STATES.keys()


def test_a_wait_costs_two_transitions() -> None:
    assert list(STATES) == ["Wait", "Advance"]
    assert STATES["Wait"]["Timestamp"] == "{% $states.input.due %}"
    assert (STATES["Wait"]["Next"], STATES["Advance"]["End"]) == ("Advance", True)


def test_its_task_gets_what_the_execution_was_started_with_and_waits_for_no_token() -> None:
    step = STATES["Advance"]
    assert step["Resource"] == "arn:${Partition}:states:::lambda:invoke"
    assert step["Arguments"]["Payload"] == "{% $states.input %}"


def test_a_failing_task_is_tried_until_the_sweep_for_runs_that_stand_still_takes_over() -> None:
    (rule,) = STATES["Advance"]["Retry"]
    waits = [
        min(rule["IntervalSeconds"] * rule["BackoffRate"] ** attempt, rule["MaxDelaySeconds"])
        for attempt in range(rule["MaxAttempts"])
    ]
    assert (rule["ErrorEquals"], rule["JitterStrategy"]) == (["States.ALL"], "FULL")
    # Full jitter waits half of that on average.
    assert OVERDUE.total_seconds() < sum(waits) / 2 < 3_600


def test_a_failed_execution_can_be_redriven_from_its_task() -> None:
    assert "Catch" not in STATES["Advance"]
    assert "Fail" not in {state["Type"] for state in STATES.values()}


def test_every_substitution_is_given() -> None:
    definition = json.dumps(MACHINE)
    given = properties("Sequence")["DefinitionSubstitutions"]
    assert {name: f"${{{name}}}" in definition for name in given} == dict.fromkeys(given, True)
    assert definition.count("${") == len(given)
    assert text(given["AdvanceSequenceArn"]) == "${AdvanceSequence.Arn}"


def test_it_runs_for_as_long_as_waits_last() -> None:
    assert properties("Sequence")["Type"] == "STANDARD"
    assert "TimeoutSeconds" not in MACHINE
    assert MACHINE["QueryLanguage"] == "JSONata"
