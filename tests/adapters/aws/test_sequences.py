"""Executions of the state machine: each is started once, and stopped if it is there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.adapters.samples import why
from whenthen.adapters.aws.sequences import NOT_THERE, StepFunctions, execution_name
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Temporary
from whenthen.usecases.matching.notify_runs import EXIT_EVENT

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


DUE = datetime(2026, 3, 14, 9, 30, 0, 250_000, tzinfo=UTC)
NAME = "run_1-2-1773480600250"


def test_an_execution_is_named_after_its_wait() -> None:
    client = FakeStepFunctions()
    StepFunctions(client, ARN).wait("run_1", 2, DUE)
    [(name, request)] = client.calls
    assert name == "start_execution"
    assert (request["stateMachineArn"], request["name"]) == (ARN, NAME)
    assert json.loads(request["input"]) == {"run_id": "run_1", "step_group": 2, "due": "2026-03-14T09:30:00.250Z"}


def test_a_name_is_never_too_long() -> None:
    run_id = ids.run_id("evt_1", "rule_1", "lead:1")
    assert len(execution_name(run_id, 99, datetime.max.replace(tzinfo=UTC))) <= 80


def test_a_stop_finds_the_execution_by_its_wait() -> None:
    client = FakeStepFunctions()
    StepFunctions(client, ARN).stop("run_1", 2, DUE, EXIT_EVENT(event_type="contact.replied"))
    [(name, request)] = client.calls
    assert name == "stop_execution"
    assert request["executionArn"] == f"arn:aws:states:eu-central-1:123456789012:execution:dev-sequence:{NAME}"
    assert request["cause"] == "exit.event"


_ACTS = {
    "wait": lambda sequences: sequences.wait("run_1", 2, DUE),
    "stop": lambda sequences: sequences.stop("run_1", 2, DUE, why("stopped")),
}


@pytest.mark.parametrize(
    ("act", "code"), [("wait", "ExecutionAlreadyExists"), *(("stop", code) for code in sorted(NOT_THERE))]
)
def test_what_is_as_it_should_be_already_is_no_error(act: str, code: str) -> None:
    _ACTS[act](StepFunctions(FakeStepFunctions(code), ARN))


@pytest.mark.parametrize(("act", "code"), [("wait", "StateMachineDoesNotExist"), ("stop", "InvalidArn")])
def test_what_should_never_be_is_raised(act: str, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        _ACTS[act](StepFunctions(FakeStepFunctions(code), ARN))


@pytest.mark.parametrize("code", ["ThrottlingException", "ExecutionLimitExceeded"])
@pytest.mark.parametrize("act", _ACTS)
def test_throttling_and_full_quotas_are_temporary(act: str, code: str) -> None:
    with pytest.raises(Temporary):
        _ACTS[act](StepFunctions(FakeStepFunctions(code), ARN))


def test_an_execution_that_has_ended_is_not_stopped_and_no_error() -> None:
    ended = {"Error": {"Code": "ValidationException", "Message": "Execution is not running"}}

    class Ended(FakeStepFunctions):
        def stop_execution(self, **_: Any) -> dict[str, Any]:
            raise ClientError(ended, "StopExecution")

    StepFunctions(Ended(), ARN).stop("run_1", 2, DUE, why("stopped"))
