"""The e-mail queue: each job is one mail."""

from __future__ import annotations

from typing import Any

from whenthen.adapters.aws.queues import job_of
from whenthen.runtime.observability import logger, metrics
from whenthen.runtime.queue_consumer import CALL_SECONDS, consume
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each message names a job of a run."""
    return consume(event, lambda message: wired().send_email(*job_of(message)), wired().messages, context, CALL_SECONDS)
