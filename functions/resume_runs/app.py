"""The resume queue: at each tick of the scheduler, runs that stand still are carried on."""

from __future__ import annotations

from typing import Any

from whenthen.domain.common.errors import Malformed
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.queue_consumer import NOT_A_TICK, consume
from whenthen.runtime.wiring import wired

MILLISECONDS_TO_END = 15_000
"""Time that is kept for the run in hand and for the answer."""


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """Each message is a tick, {"sweep": "runs"}; the ledger knows which runs are overdue."""

    def resume(tick: Any) -> None:
        if tick.get("sweep") != "runs":
            raise Malformed(NOT_A_TICK(sweep="runs"))
        done = wired().resume_runs(lambda: context.get_remaining_time_in_millis() > MILLISECONDS_TO_END)
        count("RunsOverdue", done.seen)
        count("RunsResumed", done.resumed)
        count("SweepsUnfinished", int(not done.finished))
        count("RunsFailed", len(done.failed))
        for run_id, error in done.failed.items():
            logger.error("run failed: a later sweep tries it again", run_id=run_id, exc_info=error)

    return consume(event, resume, wired().messages, context)
