"""The event queue and that of imports: each event starts the rules that match it and stops the runs that it ends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from whenthen.runtime.journal import ids_of
from whenthen.runtime.observability import count, logger, metrics, noted
from whenthen.runtime.queue_consumer import Messages, consume_dated, readable
from whenthen.runtime.wiring import wired
from whenthen.sources.eventbridge.envelope import events_of

if TYPE_CHECKING:
    from whenthen.ports.values import Plan


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each message is an envelope of EventBridge, with an event or with all events of one change.

    The messages of one call come from one queue.
    """
    batch = wired().match_batch(readable(event["Records"], events_of))

    def match(envelope: Any, arrival: datetime | None) -> None:
        plans = batch(events_of(envelope, arrival))
        count("EventsMatched", len(plans) + sum(len(plan.also) for plan in plans))
        count("RulesMatched", sum(len(plan.rules) for plan in plans))
        for plan in plans:
            _note(plan)

    return consume_dated(event, match, _queue_of(event), context)


def _note(plan: Plan) -> None:
    """Log what each event of the plan came to."""
    outcome = "matched" if plan.rules else "refused" if plan.refused else "no rule"
    rules = [planned.rule for planned in plan.rules] or None
    code = plan.note.code if plan.note else None
    noted("event", outcome, **ids_of(plan.event), rule_ids=rules, code=code)
    for event in plan.also:
        noted("event", "no rule", **ids_of(event))


def _queue_of(event: dict[str, Any]) -> Messages:
    """Return the client of the queue that the messages came from, by the name at the end of its ARN."""
    name = event["Records"][0]["eventSourceARN"].rpartition(":")[2]
    imports = wired().settings.import_queue_url.rpartition("/")[2]
    return wired().import_messages if name == imports else wired().messages
