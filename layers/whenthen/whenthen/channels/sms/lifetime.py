"""Read how long the network may try to deliver a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import number_in

SHORTEST, LONGEST = 5, 259_200
"""Seconds that the provider takes."""

# `ttl` is an object of days, hours, minutes and seconds, which together come to as many seconds as the bounds say.
BAD_LIFETIME = ReasonCode("sms.bad_ttl", "least", "most")

_SECONDS: Mapping[str, int] = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def lifetime(written: Any) -> int | None:
    """Return the seconds of `{"hours": 2}`; None if nothing is said. Raises Invalid naming `with.ttl`."""
    if not written:
        return None
    parts = written if isinstance(written, Mapping) and written.keys() <= _SECONDS.keys() else {}
    amounts = {name: None if isinstance(value, bool) else number_in(str(value)) for name, value in parts.items()}
    counted = [_SECONDS[name] * amount for name, amount in amounts.items() if amount is not None]
    total = sum(counted)
    if not parts or len(counted) < len(parts) or not SHORTEST <= total <= LONGEST:
        raise Invalid.field("with.ttl", BAD_LIFETIME(least=SHORTEST, most=LONGEST))
    return int(total)
