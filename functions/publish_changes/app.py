"""The records table's stream: each change becomes events."""

from __future__ import annotations

from typing import Any

from whenthen.adapters.dynamodb.records import change_of
from whenthen.domain.errors import WhenthenError
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Names the first change that could not be published; the stream goes on from there."""
    published = 0
    for record in event["Records"]:
        try:
            published += wired().publish_changes([change_of(record["dynamodb"])])
        except WhenthenError:
            logger.exception("change not published")
            count("EventsPublished", published)
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    count("EventsPublished", published)
    return {"batchItemFailures": []}
