"""Called by the state machine: the next rows of an import become records."""

from __future__ import annotations

from typing import Any

from whenthen.domain.imports.job import ImportStatus
from whenthen.runtime.observability import count, logger, metrics, work_begins
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{work: {import}, cursor} → {more, cursor}: the import knows where to go on, the cursor counts the calls."""
    work_begins()
    call = (event.get("cursor") or 0) + 1
    work = wired().import_records(event["work"]["import"], call)
    count("ImportTurns")
    logger.info("imported", work=work.id, status=work.status.value, line=work.place.line)
    more = work.status is ImportStatus.RUNNING
    return {"more": more, "cursor": call if more else None}
