"""HTTP answers of the receive functions, and problem details (RFC 9457) for every error."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from msgspec import to_builtins

from whenthen.domain.common.errors import (
    Forbidden,
    Invalid,
    LintFailed,
    Malformed,
    Problem,
    Temporary,
    TooLarge,
    Unauthenticated,
    WhenthenError,
    handling_of,
)
from whenthen.domain.common.reasons import Reason
from whenthen.runtime.observability import count, logger

PROBLEM = "application/problem+json"

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def answering(work: Handler) -> Handler:
    """Turns the errors that are raised on purpose into problem details; a defect stays one, and is alarmed."""

    @wraps(work)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return work(event, context)
        except WhenthenError as error:
            logger.warning("refused", **told(error))
            count("RequestsRefused")
            return problem(error)

    return handler


def told(error: WhenthenError) -> dict[str, Any]:
    """What the log may say of an error: reasons that quote what was sent, as most do, are for its sender alone."""
    fields = {problem.field.partition(".")[0] for problem in error.problems} if isinstance(error, Invalid) else ()
    reason = {"reason": error.reason} if isinstance(error, _QUOTING_NOTHING) else {}
    return {"error": type(error).__name__, **({"fields": sorted(fields)} if fields else {}), **reason}


_QUOTING_NOTHING = (Unauthenticated, Forbidden, TooLarge, Temporary)


def answer(status: int, document: Any) -> dict[str, Any]:
    """A JSON answer in API Gateway's payload format 2.0."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(document)}


def text(status: int, body: str) -> dict[str, Any]:
    """A plain-text answer, never read as anything else."""
    headers = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": body}


def problem(error: BaseException) -> dict[str, Any]:
    """The answer for an error; one that was not raised on purpose says nothing of itself."""
    document, headers = problem_details(error)
    return {
        "statusCode": document["status"],
        "headers": {"content-type": PROBLEM, **headers},
        "body": json.dumps(document),
    }


Text = Callable[[Reason | str], str]
"""Renders a reason; without the texts of a language, it is the reason's compact form."""


def problem_details(error: BaseException, text: Text = str) -> tuple[dict[str, Any], dict[str, str]]:
    """Describe an error as a problem document, with the headers that go with it."""
    row = handling_of(error)
    document: dict[str, Any] = {"type": "about:blank", "title": row.title, "status": row.status}
    reason = getattr(error, "reason", None)
    if isinstance(error, Invalid):
        document["detail"] = "; ".join(filter(None, (_placed(each, text) for each in error.problems)))
        document["errors"] = [_named(each, text) for each in error.problems]
    elif isinstance(reason, str | Reason):
        document["detail"] = text(reason)
        document.update(to_builtins(reason) if isinstance(reason, Reason) else {})
    if isinstance(error, LintFailed) and error.warnings:
        document["warnings"] = [_named(each, text) for each in error.warnings]
    headers = {}
    if isinstance(error, Temporary):
        headers["retry-after"] = str(int(error.retry_after or 5))
    return document, headers


def _placed(found: Problem, text: Text) -> str:
    return f"{found.field}: {text(found.message)}" if found.field else text(found.message)


def _named(found: Problem, text: Text) -> dict[str, Any]:
    code = {"code": found.code} if found.code else {}
    reason = to_builtins(found.message) if isinstance(found.message, Reason) else code
    return {"field": found.field, **reason, "text": text(found.message)}


def raw_body(event: Mapping[str, Any], most: int) -> bytes:
    """The body's bytes exactly as they were sent. Raises TooLarge, Malformed."""
    body = event.get("body") or ""
    if len(body) > 2 * most:
        raise TooLarge(f"a body of at most {most} bytes is taken")
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Malformed(f"the body cannot be read: {error}") from error
    if len(data) > most:
        raise TooLarge(f"a body of at most {most} bytes is taken, this one has {len(data)}")
    return data


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """The request's headers with names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}
