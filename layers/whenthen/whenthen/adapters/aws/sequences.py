"""Run sequences on Step Functions: executions are named after their runs, so each exists once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

ALREADY_ANSWERED = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""Codes after which nobody waits for the answer: another attempt answered the task, or its execution has ended."""

ALREADY_STARTED = frozenset({"ExecutionAlreadyExists"})
NOT_THERE = frozenset({"ExecutionDoesNotExist"})


class StepFunctions:
    """Start, answer and stop executions of the state machine that holds waits and order."""

    def __init__(self, client: AwsClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, run_id: str) -> None:
        """Start the run's execution; it is named after the run, so a second start changes nothing."""
        document = json.dumps({"run_id": run_id})
        self._call(ALREADY_STARTED, "start_execution", stateMachineArn=self._arn, name=run_id, input=document)

    def answer(self, token: str, output: Mapping[str, Any]) -> None:
        """Answer the task that waits with `token`. Answering a token again changes nothing."""
        self._call(ALREADY_ANSWERED, "send_task_success", taskToken=token, output=json.dumps(dict(output)))

    def stop(self, run_id: str, reason: Reason) -> None:
        """End the run's execution, if it is under way; its cause is the reason's code."""
        arn = self.execution_arn(run_id)
        self._call(NOT_THERE, "stop_execution", executionArn=arn, error="Stopped", cause=reason.code)

    def execution_arn(self, run_id: str) -> str:
        """Return the execution's ARN: `arn:…:stateMachine:<machine>` → `arn:…:execution:<machine>:<run>`."""
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{run_id}"

    def _call(self, as_wanted: frozenset[str], operation: str, **request: Any) -> None:
        """Call an operation; error codes in `as_wanted` mean that the effect is there already."""
        try:
            with aws_errors(f"states:{operation.title().replace('_', '')}"):
                getattr(self._client, operation)(**request)
        except ClientError as error:
            if code_of(error) not in as_wanted:
                raise
