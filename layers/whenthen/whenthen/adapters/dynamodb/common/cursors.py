"""Make and check cursors: opaque text that says where a list goes on. It comes back from outside, so it is checked."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode

_LONGEST = 4_000

# The cursor was not made by this list.
INVALID_CURSOR = ReasonCode("cursor.invalid")


def cursor_of(last: Mapping[str, str] | None) -> str | None:
    """Make the cursor behind the key of a page's last item; None after the last page."""
    if last is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(dict(last), separators=(",", ":")).encode()).decode().rstrip("=")


def start_of(cursor: str | None, pk: str, index: str = "") -> dict[str, str] | None:
    """Read the key behind a cursor of the collection `pk` (of `index`). Raises Invalid naming `cursor`."""
    if cursor is None:
        return None
    start = _read(cursor)
    names = {"pk", "sk", f"{index}pk", f"{index}sk"}
    fits = isinstance(start, dict) and start.keys() == names and all(isinstance(part, str) for part in start.values())
    if not fits or start[f"{index}pk"] != pk or not all(start.values()):
        raise Invalid.field("cursor", INVALID_CURSOR())
    return start  # type: ignore[no-any-return]


def _read(cursor: str) -> Any:
    if len(cursor) > _LONGEST:
        return None
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
