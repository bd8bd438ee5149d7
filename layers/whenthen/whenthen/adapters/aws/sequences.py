"""Sequences on Step Functions: executions are named after their runs, so each exists once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of

_LONGEST_CAUSE = 1_000

ALREADY_ANSWERED = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""The task was answered by another attempt, or its execution has ended: there is nobody left to answer."""

ALREADY_STARTED = frozenset({"ExecutionAlreadyExists"})
NOT_THERE = frozenset({"ExecutionDoesNotExist"})


class StepFunctions:
    """The state machine that holds waits and order."""

    def __init__(self, client: AwsClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, run_id: str) -> None:
        """Start the run's execution; it is named after the run, so a second start changes nothing."""
        document = json.dumps({"run_id": run_id})
        self._call(ALREADY_STARTED, "start_execution", stateMachineArn=self._arn, name=run_id, input=document)

    def answer(self, token: str, output: Mapping[str, Any]) -> None:
        """Answer the task that waits with `token`. A token that was answered already changes nothing."""
        self._call(ALREADY_ANSWERED, "send_task_success", taskToken=token, output=json.dumps(dict(output)))

    def stop(self, run_id: str, reason: str) -> None:
        """End the run's execution, if it is under way."""
        cause = reason[:_LONGEST_CAUSE]
        self._call(NOT_THERE, "stop_execution", executionArn=self.execution_arn(run_id), error="Stopped", cause=cause)

    def execution_arn(self, run_id: str) -> str:
        """`arn:…:stateMachine:<machine>` → `arn:…:execution:<machine>:<run>`."""
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{run_id}"

    def _call(self, as_wanted: frozenset[str], operation: str, **request: Any) -> None:
        """Call; the codes of `as_wanted` say that things stand already as they should."""
        try:
            with aws_errors(operation):
                getattr(self._client, operation)(**request)
        except ClientError as error:
            if code_of(error) not in as_wanted:
                raise
