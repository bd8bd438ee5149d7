"""The queue of one channel: perform the step that each job names. The setting CHANNEL says for which channel."""

from __future__ import annotations

from typing import Any

from whenthen.adapters.aws.queues import job_of
from whenthen.runtime.observability import logger, metrics
from whenthen.runtime.queue_consumer import CALL_SECONDS, STORE_SECONDS, consume
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Perform the job that each message names. Raises Misconfigured for an unknown channel: all messages come back."""
    wiring = wired()
    seconds = CALL_SECONDS if wiring.calls_outside else STORE_SECONDS
    return consume(event, lambda message: wiring.perform_step(*job_of(message)), wiring.messages, context, seconds)
