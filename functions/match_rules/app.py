"""The event queue: each event starts the rules that match it and stops the runs that it ends."""

from __future__ import annotations

from typing import Any

from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.queue_consumer import consume
from whenthen.runtime.wiring import wired
from whenthen.sources.eventbridge.envelope import event_of


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each message is an envelope of EventBridge."""

    def match(envelope: Any) -> None:
        plan = wired().match_event(event_of(envelope))
        count("EventsMatched")
        count("RulesMatched", len(plan.rules))

    return consume(event, match, wired().messages, context)
