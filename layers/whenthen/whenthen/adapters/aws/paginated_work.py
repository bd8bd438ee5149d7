"""Run long work on Step Functions: an execution is named after the work and calls its function until all is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of
from whenthen.adapters.aws.sequences import ALREADY_STARTED


class Machine:
    """Start executions of a state machine of `statemachines/paginate_work.asl.json`."""

    def __init__(self, client: AwsClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def begin(self, name: str, work: Mapping[str, Any]) -> None:
        """Begin the work of this name, unless it was begun. Raises Temporary."""
        try:
            with aws_errors("states:StartExecution"):
                self._client.start_execution(stateMachineArn=self._arn, name=name, input=json.dumps(work))
        except ClientError as error:
            if code_of(error) not in ALREADY_STARTED:
                raise


class EnrolmentMachine(Machine):
    """Start enrolments of the records of a view."""

    def start(self, enrolment_id: str, turn: int) -> None:
        """Begin, unless this turn was begun. Raises Temporary."""
        self.begin(f"{enrolment_id}-{turn}", {"enrolment": enrolment_id, "turn": turn})


class WorkMachine(Machine):
    """Start changes of many runs."""

    def start(self, work_id: str, turn: int) -> None:
        """Begin, unless this turn was begun. Raises Temporary."""
        self.begin(f"{work_id}-{turn}", {"work": work_id})


class ImportMachine(Machine):
    """Start the import of the rows of a file."""

    def start(self, import_id: str, turn: int) -> None:
        """Begin, unless this turn was begun. Raises Temporary."""
        self.begin(f"{import_id}-{turn}", {"import": import_id})
