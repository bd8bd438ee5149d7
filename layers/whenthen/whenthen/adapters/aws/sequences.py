"""Hold waits on Step Functions: each execution is named after its wait, so it exists once."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of
from whenthen.domain.events.event import format_time

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

ALREADY_STARTED = frozenset({"ExecutionAlreadyExists"})
NOT_THERE = frozenset({"ExecutionDoesNotExist", "ValidationException"})
"""Error codes of an execution that cannot be stopped because it is over. Its ARN is one that whenthen made, so nothing
else about the request can be invalid."""


class StepFunctions:
    """Start and stop executions of the state machine that waits."""

    def __init__(self, client: AwsClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def wait(self, run_id: str, step_group: int, until: datetime) -> None:
        """Call advance_sequence for this run and step group at `until`. A second call changes nothing."""
        document = json.dumps({"run_id": run_id, "step_group": step_group, "due": format_time(until)})
        name = execution_name(run_id, step_group, until)
        self._call(ALREADY_STARTED, "start_execution", stateMachineArn=self._arn, name=name, input=document)

    def stop(self, run_id: str, step_group: int, until: datetime, reason: Reason) -> None:
        """End the execution that holds this wait, if it is under way; its cause is the reason's code."""
        execution = self._arn.replace(":stateMachine:", ":execution:")
        arn = f"{execution}:{execution_name(run_id, step_group, until)}"
        self._call(NOT_THERE, "stop_execution", executionArn=arn, error="Stopped", cause=reason.code)

    def _call(self, as_wanted: frozenset[str], operation: str, **request: Any) -> None:
        """Call an operation; error codes in `as_wanted` mean that the effect is there already."""
        try:
            with aws_errors(f"states:{operation.title().replace('_', '')}"):
                getattr(self._client, operation)(**request)
        except ClientError as error:
            if code_of(error) not in as_wanted:
                raise


def execution_name(run_id: str, step_group: int, until: datetime) -> str:
    """Return the name of a wait's execution, of at most 80 characters: `<run id>-<step group>-<unix milliseconds>`."""
    return f"{run_id}-{step_group}-{int(until.timestamp() * 1000)}"
