"""Make answers, and declare for the OpenAPI document what they are."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import Response

from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.common.errors import WhenthenError
from whenthen.runtime import http_responses

JSON = "application/json"

T = TypeVar("T")

_HEADERS = {
    "ETag": "The version, in quotation marks; send it as If-Match.",
    "Location": "Where it is.",
    "Content-Location": "Where it is, if not at the address that was asked for.",
}


def answers(description: str, *headers: str, status: int = 200) -> dict[int, Any]:
    """Declare a route's answer: its status, what it is, and its headers. The body's shape is the return type."""
    declared = {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in headers}
    return {status: {"description": description, **({"headers": declared} if declared else {})}}


GONE: dict[int, Any] = {204: {"description": "It is gone.", "content": {}}}
"""Declares an answer without content."""


def reply(
    body: T, status: int = 200, *, version: int | None = None, location: str = "", content_location: str = ""
) -> Response[T]:
    """Answer with a model as JSON, and with the version as its ETag."""
    headers: dict[str, str | list[str]] = {}
    if version is not None:
        headers["etag"] = f'"{version}"'
    if location:
        headers["location"] = location
    if content_location:
        headers["content-location"] = content_location
    return Response(status, JSON, body, headers)


def nothing() -> Response[str]:
    """Answer without content."""
    return Response(204, JSON, "")


def problem(error: WhenthenError, renderer: Renderer) -> Response[str]:
    """Answer with the problem details of an error, in the caller's language."""
    document, headers = http_responses.problem_details(error, renderer.text)
    return Response(document["status"], http_responses.PROBLEM, dumps(document), dict(headers))


def dumps(document: Any) -> str:
    """Write JSON as the API does: in UTF-8, not escaped."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
