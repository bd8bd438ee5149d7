"""Errors in the Graph API's shape: `{"error": {"message", "type", "code", "fbtrace_id", …}}`."""

from __future__ import annotations

import secrets
from typing import Any


class GraphError(Exception):
    """A refusal; `details` is the text that WhatsApp puts into `error_data`."""

    def __init__(
        self, status: int, code: int, message: str, *, kind: str = "OAuthException", subcode: int = 0, details: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self._error: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode:
            self._error["error_subcode"] = subcode
        if details:
            self._error["error_data"] = {"messaging_product": "whatsapp", "details": details}

    def document(self) -> dict[str, Any]:
        """The body, with a trace id of its own."""
        return {"error": {**self._error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}}


BAD_TOKEN = GraphError(401, 190, "Invalid OAuth access token - Cannot parse access token")


def unsupported(method: str) -> GraphError:
    """There is nothing at this path for this method."""
    message = f"Unsupported {method.lower()} request. Please read the Graph API documentation"
    return GraphError(400, 100, message, kind="GraphMethodException")


def no_such_object(node: str) -> GraphError:
    """The object does not exist, or the token may not see it: Graph does not say which."""
    message = (
        f"Unsupported get request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions"
    )
    return GraphError(400, 100, message, kind="GraphMethodException", subcode=33)


def missing(parameter: str) -> GraphError:
    """A parameter that must be there is not."""
    text = f"(#100) The parameter {parameter} is required."
    return GraphError(400, 100, text, details=f"{parameter} is missing")


def invalid(parameter: str, why: str) -> GraphError:
    """A parameter has a value that cannot be."""
    return GraphError(400, 131009, "(#131009) Parameter value is not valid", details=f"{parameter}: {why}")
