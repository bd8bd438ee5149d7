"""Called by the state machine: the wait of a run is over."""

from __future__ import annotations

from typing import Any

from whenthen.domain.events.event import parse_time
from whenthen.runtime.observability import logger, metrics, work_begins
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """{run_id, step_group, due}: as `adapters.aws.sequences` started the execution."""
    work_begins()
    if not wired().advance_sequence(event["run_id"], event["step_group"], parse_time(event["due"], "due")):
        logger.warning("run expired: its wait ends", run_id=event["run_id"])
