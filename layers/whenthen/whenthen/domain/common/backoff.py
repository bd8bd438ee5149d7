"""Compute how long to wait before a retry, and when to give up.

Pauses grow and differ from one caller to the next, so that five thousand callers that were throttled in the same
second do not all retry in the same second. The jitter is made from the caller's own key: every redelivery computes the
same pause.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

GIVEN_UP_AFTER_HOURS = ReasonCode("retry.given_up_after_hours", "count", "reason")

GIVE_UP_AFTER = timedelta(hours=36)
"""Time after which a throttled call is given up. Daily limits of providers pass within 24 hours."""

LONGEST_PAUSE = 900.0
"""Seconds: SQS delays a message by no more."""

FIRST_PAUSE = 5.0
_GROWTH = 1.3
"""Small: when few callers are left, they must not all be pausing while the provider is idle."""
_SPREAD = 0.5
_MOST = LONGEST_PAUSE / (1 + _SPREAD)
_ENOUGH = 40

SHORTEST_OUTAGE_PAUSE = 5.0
LONGEST_OUTAGE_PAUSE = 120.0
"""Seconds: an outage of AWS ends for everyone at once, so nobody should sleep long after it."""


def is_over(since: datetime, now: datetime) -> bool:
    """Tell whether a call that was first due at `since` is to be given up."""
    return now - since >= GIVE_UP_AFTER


def given_up(reason: Reason) -> Reason:
    """Say that a call was given up; `reason` is that of its last rejection."""
    return GIVEN_UP_AFTER_HOURS(count=GIVE_UP_AFTER // timedelta(hours=1), reason=reason)


def pause(key: str, times: int, wish: float | None = None) -> float:
    """Return seconds to wait after `times` rejections: at least the provider's `wish`, at most LONGEST_PAUSE."""
    grown = FIRST_PAUSE * _GROWTH ** min(max(times, 1) - 1, _ENOUGH)
    least = min(max(grown, wish or 0.0), _MOST)
    return least * (1 + _SPREAD * _fraction(f"{key}#{times}"))


def outage_pause(key: str, times: int) -> float:
    """Return seconds to wait after a message met an outage `times` times: 5 to 7.5 at first, 80 to 120 in the end."""
    grown = SHORTEST_OUTAGE_PAUSE * _GROWTH ** min(max(times, 1) - 1, _ENOUGH)
    least = min(grown, LONGEST_OUTAGE_PAUSE / (1 + _SPREAD))
    return least * (1 + _SPREAD * _fraction(f"{key}#{times}"))


def _fraction(seed: str) -> float:
    """Return a number from 0 to 1 that looks random and is always the same for one seed."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4]) / 2**32
