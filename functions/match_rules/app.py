"""The event queue: each event starts the rules that match it and stops the runs that it ends."""

from __future__ import annotations

from typing import Any

from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.queue_consumer import consume, readable
from whenthen.runtime.wiring import wired
from whenthen.sources.eventbridge.envelope import events_of


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each message is an envelope of EventBridge, with an event or with all events of one change."""
    batch = wired().match_batch(readable(event["Records"], events_of))

    def match(envelope: Any) -> None:
        plans = batch(events_of(envelope))
        count("EventsMatched", len(plans) + sum(len(plan.also) for plan in plans))
        count("RulesMatched", sum(len(plan.rules) for plan in plans))

    return consume(event, match, wired().messages, context)
