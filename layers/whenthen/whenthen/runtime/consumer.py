"""A batch of queue messages: each is done, deferred or dead-lettered on its own, by the table of `domain.errors`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from whenthen.domain.errors import Malformed, OnQueue, Temporary, WhenthenError, handling_of
from whenthen.runtime.observability import count, logger

Work = Callable[[Mapping[str, Any]], object]


class Messages(Protocol):
    """What can be done with a message besides working on it."""

    def bury(self, body: str, reason: str, error: str) -> None:
        """Send the message to the dead-letter queue with the reason why it can never be processed."""

    def defer(self, receipt: str, seconds: float) -> None:
        """Let the message come back after so long instead of after the queue's visibility timeout."""


def consume(event: dict[str, Any], context: Any, work: Work, messages: Messages) -> PartialItemFailureResponse:
    """Do `work` with the JSON object of each message; the answer names those that are to come back."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def handle(record: SQSRecord) -> None:
        try:
            work(_document(record.body))
        except WhenthenError as error:
            logger.warning("message not processed", error=type(error).__name__, message_id=record.message_id)
            if handling_of(error).on_queue is OnQueue.RETRY:
                _defer(record, error, messages)
                raise
            messages.bury(record.body, error.reason, type(error).__name__)
            count("MessagesDeadLettered")
        except Exception:
            # A defect, which the batch processor would keep to itself. The message comes back until the queue buries it.
            logger.exception("message failed", message_id=record.message_id)
            count("MessagesFailed")
            raise

    with processor(records=event["Records"], handler=handle, lambda_context=context):
        processor.process()
    return processor.response()


def _document(body: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Malformed(f"the message is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Malformed("the message is not a JSON object")
    return document


def _defer(record: SQSRecord, error: WhenthenError, messages: Messages) -> None:
    wish = error.retry_after if isinstance(error, Temporary) else None
    if wish is not None:
        messages.defer(record.receipt_handle, wish)
