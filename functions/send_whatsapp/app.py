"""The WhatsApp queue: each job is one message."""

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

    def send(message: Any) -> None:
        wired().send_whatsapp(*job_of(message))

    return consume(event, send, wired().messages, context, CALL_SECONDS)
