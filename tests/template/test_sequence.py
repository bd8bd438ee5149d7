"""The state machine: its definition is small, and every way through it ends."""

from __future__ import annotations

import json
from typing import Any

from tests.template.reading import ROOT, properties, text

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


def test_it_steps_then_waits_while_there_is_more() -> None:
    assert _next(STATES["Step"]) == {"More?"}
    (rule,) = STATES["More?"]["Choices"]
    assert (rule["Condition"], rule["Next"]) == ("{% $states.input.more %}", "Wait")
    assert STATES["More?"]["Default"] == "Done"
    assert STATES["Wait"]["Timestamp"] == "{% $states.input.due %}"
    assert _next(STATES["Wait"]) == {"Step"}


def test_a_step_hands_over_its_run_its_token_and_what_the_last_answer_said() -> None:
    step = STATES["Step"]
    assert step["Resource"] == "arn:${Partition}:states:::lambda:invoke.waitForTaskToken"
    payload = step["Arguments"]["Payload"]
    assert payload.keys() == {"run_id", "token", "step_group", "due"}
    assert payload["run_id"] == "{% $states.context.Execution.Input.run_id %}"
    assert payload["token"] == "{% $states.context.Task.Token %}"
    # The first step has no answer before it: an expression that yields nothing would fail the execution.
    for name in ("step_group", "due"):
        assert payload[name] == f"{{% $exists($states.input.{name}) ? $states.input.{name} : null %}}"


def test_a_silent_step_is_asked_again_every_day_for_as_long_as_an_execution_may_last() -> None:
    silence = next(rule for rule in STATES["Step"]["Retry"] if "States.Timeout" in rule["ErrorEquals"])
    assert STATES["Step"]["TimeoutSeconds"] == 86_400
    assert silence["MaxAttempts"] >= 366
    assert silence["BackoffRate"] == 1


def test_a_failing_step_is_tried_for_a_week_before_the_execution_fails() -> None:
    assert STATES["Step"]["Retry"][-1]["ErrorEquals"] == ["States.ALL"], "which must stand alone and last"
    rule = STATES["Step"]["Retry"][-1]
    waits = [
        min(rule["IntervalSeconds"] * rule["BackoffRate"] ** attempt, rule["MaxDelaySeconds"])
        for attempt in range(rule["MaxAttempts"])
    ]
    assert rule["JitterStrategy"] == "FULL"
    # Full jitter waits half of that on average. A history holds 25,000 events, of which an attempt makes about five.
    assert 6 <= sum(waits) / 2 / 86_400 <= 8
    assert len(waits) * 5 < 25_000


def test_a_failed_execution_can_be_redriven_from_its_step() -> None:
    assert "Catch" not in STATES["Step"]
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
