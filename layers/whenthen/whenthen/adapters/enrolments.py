"""Enrolments on Step Functions: an execution goes through the view, and is named after the enrolment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from whenthen.adapters.aws import AwsClient, aws_errors, code_of
from whenthen.adapters.sequences import ALREADY_STARTED
from whenthen.domain import enrolments

if TYPE_CHECKING:
    from whenthen.domain.enrolments import Enrolment


class EnrolmentMachine:
    """The state machine of `statemachines/enrol_view.asl.json`."""

    def __init__(self, client: AwsClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, enrolment: Enrolment) -> None:
        """Begin it, unless it was begun. Raises Temporary."""
        document = json.dumps(enrolments.to_json(enrolment))
        try:
            with aws_errors("starting an enrolment"):
                self._client.start_execution(stateMachineArn=self._arn, name=enrolment.id, input=document)
        except ClientError as error:
            if code_of(error) not in ALREADY_STARTED:
                raise
