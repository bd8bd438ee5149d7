"""The sweep queue: at each tick of the scheduler, what came due becomes events."""

from __future__ import annotations

from typing import Any

from whenthen.runtime.consumer import consume
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """What a tick says does not matter: the sweep knows up to when the last one came."""

    def sweep(_tick: Any) -> None:
        swept = wired().fire_due_dates()
        count("DueEventsPublished", swept.events)
        count("EnrolmentsStarted", swept.enrolments)

    return consume(event, context, sweep, wired().messages)
