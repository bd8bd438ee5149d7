"""Send webhooks as the platforms send them: signed on the raw bytes, with whenthen's own signing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dev import web
from dev.stack import Hook
from whenthen.sources.signing.signatures import parse_scheme, sign


def post(
    hook: Hook, payload: Mapping[str, Any] | bytes, delivery_id: str = "", now: datetime | None = None
) -> web.Answer:
    """Post a payload to a hook. `delivery_id` is the sender's own id, for the schemes that send one."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return web.call("POST", hook.url, body, signed(hook, body, delivery_id, now))


def signed(hook: Hook, body: bytes, delivery_id: str = "", now: datetime | None = None) -> dict[str, str]:
    """The headers of a signed post."""
    proof = sign(parse_scheme(hook.scheme), hook.secret, body, now or datetime.now(UTC), delivery_id)
    return {"content-type": "application/json", **proof}
