"""A batch of queue messages: each is done, deferred or dead-lettered on its own, by the table of `domain.errors`.

Powertools has a processor of batches; it would load the models of all event sources and asyncio at every cold start.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from whenthen.domain.errors import Malformed, OnQueue, Temporary, WhenthenError, handling_of
from whenthen.runtime.observability import count, logger

Work = Callable[[Mapping[str, Any]], object]


class Messages(Protocol):
    """What can be done with a message besides working on it."""

    def bury(self, body: str, reason: str, error: str) -> None:
        """Send the message to the dead-letter queue with the reason why it can never be processed."""

    def defer(self, receipt: str, seconds: float) -> None:
        """Let the message come back after so long instead of after the queue's visibility timeout."""


def consume(event: Mapping[str, Any], work: Work, messages: Messages) -> dict[str, Any]:
    """Do `work` with the JSON object of each message; the answer names those that are to come back."""
    failed = [record["messageId"] for record in event["Records"] if not _is_done_with(record, work, messages)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done_with(record: Mapping[str, Any], work: Work, messages: Messages) -> bool:
    try:
        return _attempt(record, work, messages)
    except Exception:  # noqa: BLE001 - a defect: its message comes back until the queue buries it, the others do not
        logger.exception("message failed", message_id=record["messageId"])
        count("MessagesFailed")
        return False


def _attempt(record: Mapping[str, Any], work: Work, messages: Messages) -> bool:
    try:
        work(_document(record["body"]))
    except WhenthenError as error:
        logger.warning("message not processed", error=type(error).__name__, message_id=record["messageId"])
        if handling_of(error).on_queue is OnQueue.RETRY:
            _defer(record["receiptHandle"], error, messages)
            return False
        messages.bury(record["body"], error.reason, type(error).__name__)
        count("MessagesDeadLettered")
    return True


def _document(body: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Malformed(f"the message is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Malformed("the message is not a JSON object")
    return document


def _defer(receipt: str, error: WhenthenError, messages: Messages) -> None:
    wish = error.retry_after if isinstance(error, Temporary) else None
    if wish is not None:
        messages.defer(receipt, wish)
