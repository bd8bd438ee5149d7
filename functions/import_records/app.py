"""Called by the state machine: the next rows of an import become records."""

from __future__ import annotations

from typing import Any

from whenthen.domain.imports import ImportStatus
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{work: {import}} → {more, cursor}; the import itself knows where to go on."""
    work = wired().import_records(event["work"]["import"])
    count("ImportTurns")
    logger.info("imported", work=work.id, status=work.status.value, line=work.place.line)
    return {"more": work.status is ImportStatus.RUNNING, "cursor": None}
