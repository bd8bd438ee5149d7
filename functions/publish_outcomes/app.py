"""The runs table's stream: the outcome of each run becomes an event, where a rule waits for it."""

from __future__ import annotations

from typing import Any

from whenthen.adapters.dynamodb.run_items import ended_run
from whenthen.domain.errors import WhenthenError
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Names the first outcome that could not be published; the stream goes on from there."""
    published = 0
    for record in event["Records"]:
        try:
            run = ended_run(record["dynamodb"])
            published += run is not None and wired().publish_outcomes(run)
        except WhenthenError:
            logger.exception("outcome not published")
            count("OutcomesPublished", published)
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    count("OutcomesPublished", published)
    return {"batchItemFailures": []}
