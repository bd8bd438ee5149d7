"""Make the HTTP answers of the receive functions, and problem details (RFC 9457) for every error.

A problem document has the reason's `code` and `params`, and in `detail` its text in the caller's language. `errors`
names each wrong field: `{"field": "steps[0].with.to", "code": "mail.no_address", "params": {}, "text": "…"}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from msgspec import to_builtins

from whenthen.domain.common.errors import (
    Invalid,
    LintFailed,
    Malformed,
    Problem,
    Temporary,
    TooLarge,
    WhenthenError,
    handling_of,
)
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.ports.reason_codes import TOO_LARGE
from whenthen.runtime.observability import count, loggable, logger, work_begins

PROBLEM = "application/problem+json"

NOT_BASE64 = ReasonCode("body.not_base64")
# The body holds half of a surrogate pair, which is no character, at this position.
HALF_CHARACTER = ReasonCode("body.half_character", "position")

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

Text = Callable[[Reason], str]
"""Renders a reason in the caller's language."""


def answering(work: Handler) -> Handler:
    """Answer errors that are raised on purpose with problem details; a defect is raised on, and alarmed."""

    @wraps(work)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        work_begins()
        try:
            return work(event, context)
        except WhenthenError as error:
            logger.warning("refused", **loggable(error))
            count("RequestsRefused")
            return problem(error, language_of(headers_of(event)))

    return handler


def language_of(headers: Mapping[str, str]) -> str:
    """Pick the language of an error's text by Accept-Language. `headers`: names in lower case."""
    from whenthen.runtime import reason_texts  # noqa: PLC0415 - only errors need it

    return reason_texts.language_of(headers)


def answer(status: int, document: Any) -> dict[str, Any]:
    """Make a JSON answer in API Gateway's payload format 2.0."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(document)}


def text(status: int, body: str) -> dict[str, Any]:
    """Make a plain-text answer; browsers must not sniff another type."""
    headers = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": body}


def texts_in(language: str) -> Text:
    """Return what renders reasons in a language that `language_of` gave."""
    from whenthen.runtime.reason_texts import text_of  # noqa: PLC0415 - only errors need it

    return lambda reason: text_of(reason, language)


def problem(error: BaseException, language: str = "en") -> dict[str, Any]:
    """Make the answer for an error; one that was not raised on purpose gets no details."""
    document, headers = problem_details(error, texts_in(language))
    return {
        "statusCode": document["status"],
        "headers": {"content-type": PROBLEM, **headers},
        "body": json.dumps(document),
    }


def problem_details(error: BaseException, text: Text = str) -> tuple[dict[str, Any], dict[str, str]]:
    """Describe an error as a problem document, with the headers that go with it.

    text   renders reasons; by default they are given in their compact form
    """
    row = handling_of(error)
    document: dict[str, Any] = {"type": "about:blank", "title": text(row.title), "status": row.status}
    if isinstance(error, WhenthenError):
        document |= {"detail": text(error.reason), **to_builtins(error.reason)}
    if isinstance(error, Invalid):
        document["errors"] = field_problems(error.problems, text)
    if isinstance(error, LintFailed) and error.warnings:
        document["warnings"] = field_problems(error.warnings, text)
    headers = {}
    if isinstance(error, Temporary):
        headers["retry-after"] = str(int(error.retry_after or 5))
    return document, headers


def field_problems(problems: Sequence[Problem], text: Text) -> list[dict[str, Any]]:
    """Describe wrong fields: `{"field": "steps", "code": "list.too_many", "params": {"count": 30}, "text": "…"}`."""
    return [{"field": each.field, **to_builtins(each.reason), "text": text(each.reason)} for each in problems]


def raw_body(event: Mapping[str, Any], most: int) -> bytes:
    """Return the body's bytes exactly as they were sent. Raises TooLarge, Malformed."""
    body = event.get("body") or ""
    if len(body) > 2 * most:
        raise TooLarge(TOO_LARGE(most=most, found=len(body)))
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except UnicodeEncodeError as error:
        raise Malformed(HALF_CHARACTER(position=error.start + 1)) from error
    except ValueError as error:  # of base64; also for letters beyond ASCII
        raise Malformed(NOT_BASE64()) from error
    if len(data) > most:
        raise TooLarge(TOO_LARGE(most=most, found=len(data)))
    return data


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the request's headers with names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}
