"""GET and POST /hooks/meta: Meta verifies the address, then notifies of leads and WhatsApp messages."""

from __future__ import annotations

from typing import Any

from whenthen.runtime import http_responses
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.wiring import wired

MAX_BODY = 4_000_000
"""Meta sends up to 3 MB; Lambda takes 6 MB, of which base64 would use a third."""


@metrics.log_metrics
@logger.inject_lambda_context
@http_responses.answering
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers 200 once every part of the notification is durable."""
    if event["requestContext"]["http"]["method"] == "GET":
        query = event.get("queryStringParameters") or {}
        return http_responses.text(200, wired().receive_meta.verify_address(query))
    accepted = wired().receive_meta(http_responses.headers_of(event), http_responses.raw_body(event, MAX_BODY))
    count("EventsReceived", accepted.events + accepted.leads)
    count("ChangesIgnored", accepted.ignored)
    return http_responses.answer(200, {"events": accepted.events, "leads": accepted.leads, "ignored": accepted.ignored})
