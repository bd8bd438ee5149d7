"""The records table's stream: each change becomes events."""

from __future__ import annotations

import json
from typing import Any

from whenthen.adapters.dynamodb.records import change_of
from whenthen.domain.errors import OnQueue, WhenthenError, handling_of
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Names the first change that could not be published for now; the stream comes back to it, and to what follows."""
    for record in event["Records"]:
        try:
            _publish(record["dynamodb"])
        except WhenthenError:
            logger.exception("change not published", sequence_number=record["dynamodb"]["SequenceNumber"])
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _publish(change: dict[str, Any]) -> None:
    """Raises Temporary. What will never be published would hold all later changes of its shard: it is buried."""
    try:
        count("EventsPublished", wired().publish_changes([change_of(change)]))
    except WhenthenError as error:
        if handling_of(error).on_queue is OnQueue.RETRY:
            raise
        logger.warning("change buried", error=type(error).__name__, sequence_number=change["SequenceNumber"])
        wired().lost_changes.bury(_name_of(change), error.reason, type(error).__name__)
        count("ChangesDeadLettered")


def _name_of(change: dict[str, Any]) -> str:
    """Which change it was, without what it changed: a dead-letter queue is no place for customers' data."""
    return json.dumps({"keys": change["Keys"], "sequence_number": change["SequenceNumber"]})
