"""The lead queue: a notified lead's fields are fetched from Meta."""

from __future__ import annotations

from typing import Any

from whenthen.adapters.aws.queues import lead_of
from whenthen.runtime.observability import logger, metrics
from whenthen.runtime.queue_consumer import CALL_SECONDS, consume
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each message is a LeadRef as JSON."""
    return consume(event, lambda message: wired().fetch_lead(lead_of(message)), wired().messages, context, CALL_SECONDS)
