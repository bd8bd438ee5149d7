"""The SMS queue: what AWS End User Messaging's topic tells of messages that came in, and of ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.queue_consumer import consume_dated
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each message is a notification: an SMS, or a report about one."""
    return consume_dated(event, receive, wired().messages, context)


def receive(message: Mapping[str, Any], sent_at: datetime | None) -> None:
    """Publish the events of one notification. Raises Malformed for a message that is none."""
    count("EventsReceived", len(wired().receive_sms(message, sent_at)))
