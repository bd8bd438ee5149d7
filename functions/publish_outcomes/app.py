"""The runs table's stream: outcomes become events, where a rule waits for them, and are counted by day.

Rules that keep failing pause. Channels that paused or go on become events too, and the jobs go that waited.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whenthen.adapters.dynamodb.runs_table.run_items import ended_jobs, ended_run, ended_too_early
from whenthen.adapters.dynamodb.sending.circuits import circuit_change
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.stream_forwarder import forward
from whenthen.runtime.wiring import wired


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Names the first outcome that could not be published for now."""
    return forward(event, _publish, wired().lost_outcomes)


def _publish(changes: Sequence[Any]) -> None:
    found = [(run, change) for change in changes if (run := ended_run(change)) is not None]
    ended = [run for run, _ in found]
    too_early = {run.id for run, change in found if ended_too_early(change)}
    count("OutcomesPublished", wired().publish_outcomes(ended, too_early))
    count("RulesPaused", wired().pause_failing(ended))
    wired().count_outcomes([(run, ended_jobs(change)) for run, change in found])
    circuits = [change for change in map(circuit_change, changes) if change is not None]
    if circuits:
        count("ChannelsPaused", wired().follow_circuits(circuits))
