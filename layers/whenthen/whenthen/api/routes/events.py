"""/v1/events: report what happened, see what became of it, and why a rule did or did not start."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.events import EventReport, EventsBody, SentEvent, SentEvents
from whenthen.api.models.explanations import EventExplanation
from whenthen.api.requests import Id, IdempotencyKey, Text, TraceParent, caller, seed
from whenthen.api.responses import answers, reply
from whenthen.api.visibility import Sight
from whenthen.runtime.wiring import wired

router = Router()


@router.post(
    "/events",
    summary="Send one event or several",
    tags=["events"],
    responses=answers("All are durable.", status=202),
)
def send(
    body: EventsBody, idempotency_key: IdempotencyKey = None, traceparent: TraceParent = None
) -> Response[SentEvents]:
    """Answers when all are durable. The same `id` (or Idempotency-Key) has the effects of one event.

    409 for the same Idempotency-Key with other events.
    """
    by = caller(router, "records:write")
    written = body if isinstance(body, list) else [body]
    key = (idempotency_key or "").strip()
    sent = wired().send_event(written, seed=seed(idempotency_key), by=by, key=key, traceparent=traceparent)
    return reply(SentEvents(events=[SentEvent.of(event) for event in sent]), 202)


@router.get(
    "/events/<event_id>",
    summary="What became of an event",
    tags=["events"],
    responses=answers("The event and what became of it."),
)
def read(event_id: Id, lang: Lang = "") -> Response[EventReport]:
    """The event, the record as it was seen, the rules that matched, their runs, and which rules let nobody in.

    Without the scope `records:read`, the event has no data, and there is no record.
    """
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    plan, states = wired().read_history.event(event_id)
    sight = Sight.of(router)
    return reply(EventReport.of(renderer, sight.plan(plan), sight.states(states)))


@router.get(
    "/events/<event_id>/explain",
    summary="Why each rule did or did not start",
    tags=["events"],
    responses=answers("Why each rule did or did not start."),
)
def explain(event_id: Id, rule: Text = "", lang: Lang = "") -> Response[EventExplanation]:
    """Each rule of the event's type, or one: matched or not, each condition with its expected and actual value, and
    what in its trigger was nearly right. Those that came nearest to starting stand first.

    Conditions need the scope `rules:read`, actual values `records:read`.
    """
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    return reply(EventExplanation.of(renderer, Sight.of(router).explained(wired().explain_event(event_id, rule))))
