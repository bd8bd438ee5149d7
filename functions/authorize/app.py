"""The authorizer of /v1: who is calling, and with which scopes."""

from __future__ import annotations

from typing import Any

from whenthen.domain.common.errors import Unauthenticated
from whenthen.runtime.observability import loggable, logger
from whenthen.runtime.wiring import wired


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A simple response of payload format 2.0; the scopes travel to `manage` as one string."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    try:
        key = wired().authorize(headers.get("authorization", ""))
    except Unauthenticated as error:
        logger.info("refused", **loggable(error))
        # The gateway itself would answer 403, without a problem document; the API answers 401, and does nothing else.
        return {"isAuthorized": True, "context": {"refused": error.reason.code}}
    return {"isAuthorized": True, "context": {"key": key.id, "scopes": " ".join(key.scopes)}}
