"""Called by the state machine: a run begins, or the step group that it waited for is due."""

from __future__ import annotations

from typing import Any

from whenthen.domain.events.event import parse_time
from whenthen.runtime.observability import logger, metrics
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """{run_id, token, step_group?, due?}: the last two as the previous answer gave them."""
    due = event.get("due")
    moment = parse_time(due, "due") if due else None
    if not wired().advance_sequence(event["run_id"], event["token"], event.get("step_group"), moment):
        logger.warning("run expired: its sequence ends", run_id=event["run_id"])
