"""The mappings that apply to a source whose admin wrote none: those of its scheme."""

from __future__ import annotations

from functools import cache
from typing import Any

from whenthen.sources.mapping import EventMapping, parse_mappings

STANDARD_WEBHOOKS: list[dict[str, Any]] = [
    {
        "type_from": "body.type",
        "time": "body.timestamp",
        "identities": "(body.data || body).{phone: phone || customer.phone, email: email || customer.email}",
        "data": "body.data || body",
    },
]
"""The specification's advice for bodies: `type`, `timestamp` and `data`; some senders leave `data` out and are flat."""


@cache
def default_mappings(scheme: str) -> tuple[EventMapping, ...]:
    """The mappings of a scheme; none where its bodies can be anything."""
    return parse_mappings(_OF_SCHEME.get(scheme, []))


_OF_SCHEME = {"standard_webhooks": STANDARD_WEBHOOKS}
