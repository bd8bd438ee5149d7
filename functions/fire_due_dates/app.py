"""The sweep queue: at each tick of the scheduler, what came due becomes events."""

from __future__ import annotations

from typing import Any

from whenthen.domain.common.errors import Malformed
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.queue_consumer import NOT_A_TICK, consume
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """Each message is a tick, {"sweep": "dates"}; the sweep itself knows up to when the last one came."""

    def sweep(tick: Any) -> None:
        if tick.get("sweep") != "dates":
            raise Malformed(NOT_A_TICK(sweep="dates"))
        swept = wired().fire_due_dates()
        count("DueEventsPublished", swept.events)
        count("EnrolmentsStarted", swept.enrolments)
        count("SweepsUnfinished", int(not swept.finished))
        count("OccasionsSkipped", sum(swept.skipped.values()))
        for rule, skipped in swept.skipped.items():
            logger.warning("occasions skipped: they would have been too late", rule_id=rule, count=skipped)
        count("RulesFailed", len(swept.failed))
        for rule, error in swept.failed.items():
            logger.error("rule failed: the next sweep tries it again", rule_id=rule, exc_info=error)

    return consume(event, sweep, wired().messages, context)
