"""Called by the state machine: the next records of a view enter a rule."""

from __future__ import annotations

from typing import Any

from whenthen.domain.runs.enrolment import from_json
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{work: an enrolment, cursor} → {more, cursor}."""
    done = wired().enrol_view(from_json(event["work"]), event.get("cursor"))
    count("RecordsEnrolled", done.enrolled)
    return {"more": done.cursor is not None, "cursor": done.cursor}
