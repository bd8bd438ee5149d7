"""Executions of the state machine: each is started once, answered once, stopped if it is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.adapters.samples import why
from whenthen.adapters.aws.sequences import StepFunctions
from whenthen.domain.common.errors import Temporary
from whenthen.usecases.matching.stop_on_exit import EXIT_EVENT

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:dev-sequence"


class FakeStepFunctions:
    """Step Functions that answers with an error code, or takes what it is asked."""

    def __init__(self, code: str = "") -> None:
        self._code = code
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.calls.append((name, request))
            if self._code:
                raise ClientError({"Error": {"Code": self._code}}, name)
            return {}

        return call


def test_an_execution_is_named_after_its_run() -> None:
    client = FakeStepFunctions()
    StepFunctions(client, ARN).start("run_1")
    [(name, request)] = client.calls
    assert name == "start_execution"
    assert (request["stateMachineArn"], request["name"]) == (ARN, "run_1")
    assert json.loads(request["input"]) == {"run_id": "run_1"}


def test_an_answer_carries_its_output() -> None:
    client = FakeStepFunctions()
    StepFunctions(client, ARN).answer("token", {"more": True, "step_group": 1, "due": "2026-03-14T09:30:00.000Z"})
    [(name, request)] = client.calls
    assert name == "send_task_success"
    assert request["taskToken"] == "token"
    assert json.loads(request["output"]) == {"more": True, "step_group": 1, "due": "2026-03-14T09:30:00.000Z"}


def test_a_stop_finds_the_execution_by_its_run() -> None:
    client = FakeStepFunctions()
    StepFunctions(client, ARN).stop("run_1", EXIT_EVENT(event_type="contact.replied"))
    [(name, request)] = client.calls
    assert name == "stop_execution"
    assert request["executionArn"] == "arn:aws:states:eu-central-1:123456789012:execution:dev-sequence:run_1"
    assert request["cause"] == "exit.event"


_ACTS = {
    "start": lambda sequences: sequences.start("run_1"),
    "answer": lambda sequences: sequences.answer("token", {"more": False}),
    "stop": lambda sequences: sequences.stop("run_1", why("stopped")),
}


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ("start", "ExecutionAlreadyExists"),
        ("answer", "TaskTimedOut"),
        ("answer", "TaskDoesNotExist"),
        ("answer", "InvalidToken"),
        ("stop", "ExecutionDoesNotExist"),
    ],
)
def test_what_is_as_it_should_be_already_is_no_error(act: str, code: str) -> None:
    _ACTS[act](StepFunctions(FakeStepFunctions(code), ARN))


@pytest.mark.parametrize(
    ("act", "code"), [("start", "StateMachineDoesNotExist"), ("answer", "InvalidOutput"), ("stop", "InvalidArn")]
)
def test_what_should_never_be_is_raised(act: str, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        _ACTS[act](StepFunctions(FakeStepFunctions(code), ARN))


@pytest.mark.parametrize("act", _ACTS)
def test_throttling_is_temporary(act: str) -> None:
    with pytest.raises(Temporary):
        _ACTS[act](StepFunctions(FakeStepFunctions("ThrottlingException"), ARN))
