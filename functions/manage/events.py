"""/v1/events: report what happened, see what became of it, and why a rule did or did not start."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from replies import caller, reply, seed
from shapes import Id, IdempotencyKey, record_document, run_document

from whenthen.domain.events import to_json
from whenthen.runtime.wiring import wired

router = Router()
Events = Annotated[dict[str, Any] | list[Any], Body(description="An event, or a list of up to 100.")]


@router.post("/events", summary="Send one event or several", tags=["events"])
def send(body: Events, idempotency_key: IdempotencyKey = None) -> Response[str]:
    """Answers when all are durable. The same `id` (or Idempotency-Key) has the effects of one event."""
    by = caller(router, "records:write")
    written = body if isinstance(body, list) else [body]
    sent = wired().send_event(written, seed=seed(idempotency_key), by=by)
    return reply({"events": [{"id": event.id, "type": event.type} for event in sent]}, 202)


@router.get("/events/<event_id>", summary="What became of an event", tags=["events"])
def read(event_id: Id) -> Response[str]:
    """The event, the record as it was seen, the rules that matched, and their runs."""
    caller(router, "runs:read")
    plan, states = wired().read_history.event(event_id)
    return reply(
        {
            "event": to_json(plan.event),
            "record": record_document(plan.record) if plan.record else None,
            "handled": plan.handled,
            "note": plan.note,
            "rules": [{"id": rule_id, "version": version} for rule_id, version in plan.rules],
            "runs": [run_document(state.run) for state in states],
        }
    )


@router.get("/events/<event_id>/explain", summary="Why each rule did or did not start", tags=["events"])
def explain(event_id: Id) -> Response[str]:
    """Each rule of the event's type: matched or not, and each condition with its expected and actual value."""
    caller(router, "runs:read")
    return reply(wired().explain_event(event_id))
