"""The reconcile queue: at each tick of the scheduler, Meta is asked for the leads whose webhook was lost."""

from __future__ import annotations

from typing import Any

from whenthen.domain.common.errors import Malformed
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.queue_consumer import NOT_A_TICK, consume
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """Each message is a tick, {"sweep": "leads"}; each form itself knows up to when it was asked."""

    def reconcile(tick: Any) -> None:
        if tick.get("sweep") != "leads":
            raise Malformed(NOT_A_TICK(sweep="leads"))
        done = wired().reconcile_leads()
        count("LeadFormsAsked", done.forms)
        count("LeadFormsRefused", done.refused)
        count("LeadFormsPostponed", done.postponed)
        count("LeadsMissed", done.missed)

    return consume(event, reconcile, wired().messages, context)
