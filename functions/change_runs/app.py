"""Called by the state machine: the next of many runs are changed."""

from __future__ import annotations

from typing import Any

from whenthen.domain.work.work import WorkStatus
from whenthen.runtime.observability import count, logger, metrics, work_begins
from whenthen.runtime.wiring import wired
from whenthen.usecases.work.change_runs import MAX_CALLS


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{work: {work}, cursor} → {more, cursor, wait}: the work knows where to go on, the cursor counts the calls."""
    work_begins()
    call = (event.get("cursor") or 0) + 1
    work = wired().change_runs(event["work"]["work"], call)
    count("WorkTurns")
    logger.info("changed runs", work=work.id, status=work.status.value, done=work.done)
    more = work.status is WorkStatus.RUNNING and call < MAX_CALLS
    return {"more": more, "cursor": call if more else None, "wait": work.rest_after(wired().clock.now())}
