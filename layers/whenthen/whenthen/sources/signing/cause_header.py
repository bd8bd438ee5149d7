"""Carry a cause over a call to another system and back: a signed header, read by the stack's own hook.

A webhook that leads into the stack's own hook would begin a new chain each time, and loop for ever. Others can neither
make such a header nor change one; they may leave it out, as any caller may.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from whenthen.domain.events.event import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "whenthen-cause"
SECRET = "cause"  # noqa: S105 - the name of a secret
"""Name the secret whose `key` signs the header."""

_FORM = re.compile(r"v1,(\d{1,4}),([\w.:-]{1,200}),([\w.:-]{1,200})(?:,([\w.:-]{1,200}))?,([0-9a-f]{64})", re.ASCII)


def write(cause: Cause, key: str) -> dict[str, str]:
    """Return the header that carries the cause; the last of its runs stands for all."""
    text = ",".join(["v1", str(cause.depth), cause.root, cause.runs[-1], *([cause.message] if cause.message else [])])
    return {HEADER: f"{text},{_signature(text, key)}"}


def read(headers: Mapping[str, str], key: str) -> Cause | None:
    """Return the cause that the header carries. None without one, or if it is not ours."""
    found = _FORM.fullmatch(headers.get(HEADER, ""))
    if found is None or not key:
        return None
    text = found[0].rpartition(",")[0]
    if not hmac.compare_digest(_signature(text, key), found[5]):
        return None
    return Cause((found[3],), int(found[1]), found[2], message=found[4] or "")


def _signature(text: str, key: str) -> str:
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()
