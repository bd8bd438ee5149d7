"""A receiver of outgoing webhooks: takes any method on any path, and checks Standard Webhooks signatures.

Programmed with `{"secrets": {"/path": "whsec_…"}, "faults": […]}`; the secret of the longest path that
begins the request's path is used, and resetting keeps them. A redirect is a fault with a status of 3xx and
a `location` header. Each call is noted with `signature`: `valid`, `invalid`, or `unchecked` where no secret is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dev.standins.exchange import Answer, Request
from dev.standins.server import StandIn
from whenthen.domain.common.errors import Invalid, Unauthenticated
from whenthen.domain.common.reason_codes import NOT_OBJECT
from whenthen.sources.signing.signatures import check_secret, parse_scheme, verify

_SCHEME = parse_scheme("standard_webhooks")


class Webhooks(StandIn):
    """The webhook receiver."""

    name = "webhooks"

    def __init__(self) -> None:
        super().__init__()
        self._secrets: dict[str, str] = {}
        self._ids: Counter[str] = Counter()

    def act(self, request: Request) -> Answer:
        with self.lock:
            self._ids.update([external_id] if (external_id := request.headers.get("webhook-id")) else [])
        return Answer(200, {"received": True})

    def noted(self, request: Request) -> dict[str, Any]:
        return {"signature": self._signature(request)}

    def shown(self) -> dict[str, Any]:
        return {"count_by_webhook_id": dict(self._ids)}

    def forget(self) -> None:
        self._ids.clear()

    def prepare(self, program: Mapping[str, Any]) -> None:
        rest = dict(program)
        known = rest.pop("secrets", {})
        if not isinstance(known, dict):
            raise Invalid.field("secrets", NOT_OBJECT())
        for path, secret in known.items():
            check_secret(_SCHEME, secret, f"secrets.{path}")
        self._secrets.update(known)
        super().prepare(rest)

    def _signature(self, request: Request) -> str:
        with self.lock:
            fitting = [path for path in self._secrets if request.path.startswith(path)]
            secret = self._secrets[max(fitting, key=len)] if fitting else ""
        if not secret:
            return "unchecked"
        try:
            verify(_SCHEME, [secret], request.headers, request.body, datetime.now(UTC))
        except Unauthenticated:
            return "invalid"
        return "valid"
