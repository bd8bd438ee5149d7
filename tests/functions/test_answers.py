"""What a refusal says: all to who asked, and nothing of what was sent to the log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whenthen.domain.common.errors import (
    Invalid,
    Malformed,
    NotFound,
    Problem,
    Temporary,
    Unauthenticated,
    WhenthenError,
)
from whenthen.runtime import http_responses

SENT = "ayse yilmaz@example.com"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Invalid([Problem("fields.email", f"{SENT!r} is not an address"), Problem(f"fields.{SENT}", "is not allowed")]),
         {"error": "Invalid", "fields": ["fields"]}),
        (Malformed(f"the body cannot be read: {SENT}"), {"error": "Malformed"}),
        (NotFound(f"there is no record {SENT}"), {"error": "NotFound"}),
        (Unauthenticated("the signature is wrong"), {"error": "Unauthenticated", "reason": "the signature is wrong"}),
        (Temporary("reading: throttled"), {"error": "Temporary", "reason": "reading: throttled"}),
    ],
)  # fmt: skip
def test_the_log_says_what_kind_of_error_it_was_and_quotes_nothing(
    error: WhenthenError, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(http_responses.logger, "warning", lambda _, **said: logged.append(said))

    @http_responses.answering
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        del event, context
        raise error

    answer = handler({}, None)
    assert logged == [told]
    assert json.loads(answer["body"])["detail"] == error.reason
