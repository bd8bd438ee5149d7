"""Read what the routes share of a request: the caller, the parameters, the body, and what is wrong with them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver, Router
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from whenthen.api.reason_codes import (
    MISSING_SCOPE,
    NOT_A_VERSION,
    UNEXPECTED_PARAMETER,
)
from whenthen.domain.common.errors import BadRequest, Forbidden, Invalid, Problem, Unauthenticated
from whenthen.domain.common.reason_codes import NOT_OBJECT
from whenthen.domain.events import trace
from whenthen.runtime import http_responses
from whenthen.sources.parsing.json_body import read_json
from whenthen.usecases.admin.authorize import KEY_REQUIRED, KEY_UNKNOWN, allows

MAX_BODY = 200_000
JSON = "application/json"

LANG = "lang"
"""Query parameter that every route takes: its errors are in that language."""

MAX_NAME = 100

REFUSED_KEYS = {reason.code: reason for reason in (KEY_REQUIRED, KEY_UNKNOWN)}

TAKE_LISTS = ("/v1/events",)
"""Paths whose bodies may be a list."""

Id = Annotated[str, Path(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100, description="How many, at most.")]
Cursor = Annotated[str | None, Query(max_length=2000, description="Where the last page ended.")]
Text = Annotated[str, Query(max_length=200)]
Converted = Annotated[
    bool | None,
    Query(description="Only runs that reached the goal of their rule, or only others. A page may be short, or empty."),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=200, description="The version that is to be changed, as its ETag.")
]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="A repetition with the same key changes nothing."),
]
TraceParent = Annotated[
    str | None,
    Header(alias=trace.HEADER, description="The caller's W3C trace context, which goes on. One not valid is ignored."),
]


def caller(router: Router, scope: str) -> str:
    """Return the id of the calling key. Raises Forbidden unless the key has `scope`."""
    if not has_scope(router, scope):
        raise Forbidden(MISSING_SCOPE(scope=scope))
    return str(_authorizer(router)["key"])


def has_scope(router: Router, scope: str) -> bool:
    """Tell whether the calling key has `scope`."""
    return allows(tuple(str(_authorizer(router).get("scopes", "")).split()), scope)


def _authorizer(router: Router) -> dict[str, Any]:
    request = router.current_event.raw_event
    context: dict[str, Any] = request["requestContext"].get("authorizer", {}).get("lambda", {})
    return context


def with_json(event: dict[str, Any]) -> dict[str, Any]:
    """Return the request with its body as plain JSON, however its sender names it. Raises TooLarge, Malformed.

    Raises BadRequest for a list where an object is required: the resolver would take its first item, and drop the rest.
    """
    body = http_responses.raw_body(event, MAX_BODY)
    if not body:
        return event
    document = read_json(body, exact=True)
    if isinstance(document, list) and event.get("rawPath") not in TAKE_LISTS:
        raise BadRequest.field("body", NOT_OBJECT())
    headers = {**http_responses.headers_of(event), "content-type": JSON}
    return {**event, "headers": headers, "body": json.dumps(document), "isBase64Encoded": False}


def check_authenticated(event: Mapping[str, Any]) -> None:
    """Raise Unauthenticated if the authorizer refused the key. It lets such requests pass: its own answer would be 403.

    A request that no authorizer saw has neither a key nor scopes, and no route serves it.
    """
    context = event["requestContext"].get("authorizer", {}).get("lambda") or {}
    if context.get("refused"):
        raise Unauthenticated(REFUSED_KEYS.get(context["refused"], KEY_UNKNOWN)())


def check_query(app: ApiGatewayResolver, call: NextMiddleware) -> Response[Any]:
    """Raise BadRequest naming each query parameter that the route does not have, before the route is called."""
    known = {field.alias for field in app.context["_route"].dependant.query_params} | {LANG}
    given = app.current_event.raw_event.get("queryStringParameters") or {}
    unknown = sorted(set(given) - known)
    if unknown:
        raise BadRequest([Problem(name[:MAX_NAME], UNEXPECTED_PARAMETER(known=sorted(known))) for name in unknown])
    return call(app)


def wanted_version(if_match: str | None) -> int | None:
    """Return the version that `If-Match` names; None if the caller takes any."""
    text = (if_match or "").strip()
    if text in ("", "*"):
        return None
    number = text.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit():
        raise Invalid.field("If-Match", NOT_A_VERSION())
    return int(number)


def seed(idempotency_key: str | None) -> str:
    """Return what the ids of this request are made from: its Idempotency-Key, or chance."""
    return (idempotency_key or "").strip() or secrets.token_hex(16)
