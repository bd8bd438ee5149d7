"""What the routes share: who is asking, what their headers say, and how answers are made."""

from __future__ import annotations

import json
import secrets
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from whenthen.domain.errors import Forbidden, Invalid, Malformed, Problem, WhenthenError
from whenthen.runtime import answers
from whenthen.usecases.authorize import allows

MAX_BODY = 200_000
JSON = "application/json"


def caller(router: Router, scope: str) -> str:
    """The id of the calling key. Raises Forbidden unless the key has `scope`."""
    request = router.current_event.raw_event
    context: dict[str, Any] = request["requestContext"].get("authorizer", {}).get("lambda", {})
    if not allows(tuple(str(context.get("scopes", "")).split()), scope):
        raise Forbidden(f"this needs an API key with the scope {scope}")
    answers.raw_body(request, MAX_BODY)
    return str(context["key"])


def wanted_version(router: Router) -> int | None:
    """The version that `If-Match` names; None where the caller does not care."""
    text = (router.current_event.headers.get("if-match") or "").strip()
    if text in ("", "*"):
        return None
    number = text.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit():
        raise Invalid.field("If-Match", 'a version such as "3" is required')
    return int(number)


def seed(router: Router) -> str:
    """What makes the ids of this request: its Idempotency-Key, or chance."""
    key = (router.current_event.headers.get("idempotency-key") or "").strip()
    if len(key) > 200:
        raise Invalid.field("Idempotency-Key", "at most 200 characters are allowed")
    return key or secrets.token_hex(16)


def reply(document: Any, status: int = 200, *, version: int | None = None, location: str = "") -> Response[str]:
    """A JSON answer, with the version as its ETag."""
    headers: dict[str, str | list[str]] = {}
    if version is not None:
        headers["etag"] = f'"{version}"'
    if location:
        headers["location"] = location
    return Response(status, JSON, json.dumps(document, default=str, ensure_ascii=False), headers)


def nothing() -> Response[str]:
    """An answer without content."""
    return Response(204, JSON, "")


def problem(error: WhenthenError) -> Response[str]:
    """The problem details of an error."""
    document, headers = answers.problem_details(error)
    return Response(document["status"], answers.PROBLEM, json.dumps(document), dict(headers))


def problem_of_request(error: RequestValidationError) -> WhenthenError:
    """Malformed for a body that is not JSON, Invalid naming each field that has not the declared shape."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return Malformed("the body is not JSON")
    return Invalid([Problem(".".join(str(part) for part in item["loc"][1:]), item["msg"]) for item in found])
