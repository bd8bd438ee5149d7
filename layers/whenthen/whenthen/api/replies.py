"""What the routes share: who is asking, what their headers say, and how answers are made."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.common.errors import Forbidden, Invalid, Problem, WhenthenError
from whenthen.runtime import http_responses
from whenthen.sources.parsing.json_body import read_json
from whenthen.usecases.admin.authorize import allows

MAX_BODY = 200_000
JSON = "application/json"


def caller(router: Router, scope: str) -> str:
    """The id of the calling key. Raises Forbidden unless the key has `scope`."""
    request = router.current_event.raw_event
    context: dict[str, Any] = request["requestContext"].get("authorizer", {}).get("lambda", {})
    if not allows(tuple(str(context.get("scopes", "")).split()), scope):
        raise Forbidden(f"this needs an API key with the scope {scope}")
    return str(context["key"])


def with_json(event: dict[str, Any]) -> dict[str, Any]:
    """The request with its body as plain JSON, whatever its sender calls it. Raises TooLarge, Malformed."""
    body = http_responses.raw_body(event, MAX_BODY)
    if not body:
        return event
    headers = {**http_responses.headers_of(event), "content-type": JSON}
    return {**event, "headers": headers, "body": json.dumps(read_json(body, exact=True)), "isBase64Encoded": False}


def wanted_version(if_match: str | None) -> int | None:
    """The version that `If-Match` names; None where the caller does not care."""
    text = (if_match or "").strip()
    if text in ("", "*"):
        return None
    number = text.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit():
        raise Invalid.field("If-Match", 'a version such as "3" is required')
    return int(number)


def seed(idempotency_key: str | None) -> str:
    """What makes the ids of this request: its Idempotency-Key, or chance."""
    return (idempotency_key or "").strip() or secrets.token_hex(16)


def reply(
    document: Any, status: int = 200, *, version: int | None = None, location: str = "", content_location: str = ""
) -> Response[str]:
    """A JSON answer, with the version as its ETag."""
    headers: dict[str, str | list[str]] = {}
    if version is not None:
        headers["etag"] = f'"{version}"'
    if location:
        headers["location"] = location
    if content_location:
        headers["content-location"] = content_location
    return Response(status, JSON, json.dumps(document, default=str, ensure_ascii=False), headers)


def nothing() -> Response[str]:
    """An answer without content."""
    return Response(204, JSON, "")


def problem(error: WhenthenError, renderer: Renderer) -> Response[str]:
    """Answer with the problem details of an error, in the caller's language."""
    document, headers = http_responses.problem_details(
        error, lambda reason: reason if isinstance(reason, str) else renderer.text(reason)
    )
    body = json.dumps(document, default=str, ensure_ascii=False)
    return Response(document["status"], http_responses.PROBLEM, body, dict(headers))


def problem_of_request(error: RequestValidationError) -> WhenthenError:
    """Invalid naming each field, parameter or header that has not the declared shape."""
    return Invalid([Problem(_name_of(item["loc"]), item["msg"]) for item in error.errors()])


def _name_of(place: Sequence[Any]) -> str:
    """("query", "limit") → limit, ("body", "mode") → mode, ("body",) → body."""
    return ".".join(str(part) for part in place[1:] or place)
