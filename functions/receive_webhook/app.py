"""POST /hooks/{source}: any system that an admin configured reports what happened."""

from __future__ import annotations

from typing import Any

from whenthen.runtime import http_responses
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired

MOST = 6_000_000
"""Bound the bytes of a body as Lambda itself does. The use case bounds those of each source."""


@metrics.log_metrics
@logger.inject_lambda_context
@http_responses.answering
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers 202 with the events' ids once they are durable."""
    body = http_responses.raw_body(event, MOST)
    headers = http_responses.headers_of(event)
    accepted = wired().receive_webhook(event["pathParameters"]["source"], headers, body)
    count("EventsReceived", len(accepted.events))
    count("MappingProblems", len(accepted.problems))
    if accepted.redirect:
        return {"statusCode": 303, "headers": {"location": accepted.redirect}}
    document: dict[str, Any] = {"events": [found.id for found in accepted.events], "problems": []}
    if accepted.problems:
        text = http_responses.texts_in(http_responses.language_of(headers))
        document["problems"] = http_responses.field_problems(accepted.problems, text)
    return http_responses.answer(202, document)
