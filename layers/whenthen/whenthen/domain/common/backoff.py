"""Asking again where the outside said "not now": for how long, and after which pauses.

Pauses grow and differ from one asker to the next, so that five thousand who were refused in the same second do not
come back in the same second. What they differ by is made from the asker's own key: the same for every redelivery.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

GIVE_UP_AFTER = timedelta(hours=36)
"""After so long it is given up. Daily limits of providers pass within 24 hours."""

LONGEST_PAUSE = 900.0
"""Seconds: SQS delays a message by no more."""

_FIRST = 5.0
_GROWTH = 1.3
"""Small: when the crowd has thinned out, those who are left must not all be pausing while nobody is in the way."""
_SPREAD = 0.5
_MOST = LONGEST_PAUSE / (1 + _SPREAD)
_ENOUGH = 40


def is_over(since: datetime, now: datetime) -> bool:
    """Whether what has been asked for since then is to be given up."""
    return now - since >= GIVE_UP_AFTER


def given_up(reason: str) -> str:
    """Why it was given up, in the words that are kept."""
    return f"given up after {GIVE_UP_AFTER // timedelta(hours=1)} hours: {reason}"


def pause(key: str, times: int, wish: float | None = None) -> float:
    """Seconds to wait after `times` refusals, the provider's `wish` at least, and never more than LONGEST_PAUSE."""
    grown = _FIRST * _GROWTH ** min(max(times, 1) - 1, _ENOUGH)
    least = min(max(grown, wish or 0.0), _MOST)
    return least * (1 + _SPREAD * _fraction(f"{key}#{times}"))


def _fraction(seed: str) -> float:
    """A number from 0 to 1, as good as chance, and always the same of one seed."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4]) / 2**32
