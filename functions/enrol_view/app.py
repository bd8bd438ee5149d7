"""Called by the state machine: the next records of a view enter a rule."""

from __future__ import annotations

from typing import Any

from whenthen.runtime.observability import count, logger, metrics, work_begins
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{work: {enrolment, turn}, cursor} → {more, wait, cursor}: the cursor counts the calls of this execution."""
    work_begins()
    work, call = event["work"], (event.get("cursor") or 0) + 1
    progress = wired().enrol_records(work["enrolment"], work["turn"], call)
    count("RecordsEnrolled", progress.published)
    return {"more": progress.more, "wait": progress.wait, "cursor": call if progress.more else None}
