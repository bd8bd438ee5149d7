"""/v1/events: report what happened, see what became of it, and why a rule did or did not start."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body

from whenthen.api.explanations import explanation_document
from whenthen.api.replies import caller, reply, seed
from whenthen.api.shapes import Id, IdempotencyKey, Text, record_document
from whenthen.api.speaking import Lang, refused_document, renderer_of, told_run
from whenthen.domain.events.event import to_json
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
def read(event_id: Id, lang: Lang = "") -> Response[str]:
    """The event, the record as it was seen, the rules that matched, their runs, and which rules let nobody in."""
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    plan, states = wired().read_history.event(event_id)
    return reply(
        {
            "event": to_json(plan.event),
            "record": record_document(plan.record) if plan.record else None,
            "handled": plan.completed,
            "note": plan.note,
            "rules": [{"id": each.rule, "version": each.version, "record": each.ref} for each in plan.rules],
            "refused": [refused_document(renderer, refused) for refused in plan.refused],
            "runs": [told_run(renderer, state.run) for state in states],
        }
    )


@router.get("/events/<event_id>/explain", summary="Why each rule did or did not start", tags=["events"])
def explain(event_id: Id, rule: Text = "", lang: Lang = "") -> Response[str]:
    """Each rule of the event's type, or one: matched or not, each condition with its expected and actual value, and
    what in its trigger was nearly right. Those that came nearest to starting stand first.
    """
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    return reply(explanation_document(renderer, wired().explain_event(event_id, rule)))
