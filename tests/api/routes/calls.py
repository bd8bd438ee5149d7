"""An event about a missed call, as it is sent to the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CALL: Mapping[str, Any] = {
    "type": "call.incoming_missed",
    "person": {"phone": "+905321234567"},
    "time": "2026-03-14T09:30:00Z",
}
