"""The records table's stream: each change becomes events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whenthen.adapters.dynamodb.records_table.records import change_of
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.stream_forwarder import forward
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Names the first change that could not be published for now."""
    return forward(event, _publish, wired().lost_changes)


def _publish(changes: Sequence[Any]) -> None:
    read = [change_of(change) for change in changes]
    count("RefusalsTakenOver", wired().take_over_refusals(read))
    count("EventsPublished", wired().publish_changes(read))
