"""Say how long to wait before a retry, and when to give up: one table for all channels, by kind of failure.

Pauses grow and differ from one caller to the next, so that five thousand callers that failed in the same second do not
all retry in the same second. The jitter is made from the caller's own key: every redelivery computes the same pause.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

GIVEN_UP_AFTER_HOURS = ReasonCode("retry.given_up_after_hours", "count", "reason")
GIVEN_UP_AFTER_MINUTES = ReasonCode("retry.given_up_after_minutes", "count", "reason")

LONGEST_PAUSE = 900.0
"""Seconds: SQS delays a message by no more."""

_ENOUGH = 40
"""Failures after which a pause has surely grown to its longest."""


class Failure(StrEnum):
    """Name the kinds of failure after which the same call may succeed."""

    NOT_DONE = "not_done"
    THROTTLED = "throttled"
    AWS_DOWN = "aws_down"
    CHANNEL_DOWN = "channel_down"
    ACCOUNT_REFUSED = "account_refused"


class Schedule(Struct, frozen=True):
    """Say how retries follow one another. All but `lasts` are seconds, or factors of them.

    first    the pause after the first failure, before its jitter
    growth   the factor from one pause to the next
    longest  the longest pause, its jitter included
    spread   the largest part of a pause that jitter adds
    lasts    the time after which a call is given up; None: its queue says when
    """

    first: float
    growth: float
    longest: float
    spread: float
    lasts: timedelta | None = None

    def pause(self, key: str, times: int, wish: float | None = None) -> float:
        """Return seconds to wait after `times` failures: no less than the provider wishes, if that is not too long."""
        grown = self.first * self.growth ** min(max(times, 1) - 1, _ENOUGH)
        least = min(max(grown, wish or 0.0), self.longest / (1 + self.spread))
        return least * (1 + self.spread * _fraction(f"{key}#{times}"))

    def is_over(self, since: datetime, now: datetime) -> bool:
        """Tell whether a call that has failed since then is to be given up."""
        return self.lasts is not None and now - since >= self.lasts


SCHEDULES: Mapping[Failure, Schedule] = {
    # The provider or the network failed, and nothing was done. The longest pause is short enough for a job to go on
    # within ten minutes after an outage; a day of them is fewer receives than a queue allows.
    Failure.NOT_DONE: Schedule(5.0, 2.5, 480.0, 0.2, timedelta(hours=24)),
    # The provider was asked too much at once. Growth is small: when few callers are left, they must not all be pausing
    # while the provider is idle. Daily limits of providers pass within 24 hours.
    Failure.THROTTLED: Schedule(5.0, 1.3, LONGEST_PAUSE, 0.5, timedelta(hours=36)),
    # An outage of AWS ends for everyone at once, so nobody should sleep long after it.
    Failure.AWS_DOWN: Schedule(5.0, 1.3, 120.0, 0.5),
    # A channel paused itself, and one job at a time tries it again. Somebody has to mend an account.
    Failure.CHANNEL_DOWN: Schedule(15.0, 1.5, 120.0, 0.2),
    Failure.ACCOUNT_REFUSED: Schedule(60.0, 2.0, LONGEST_PAUSE, 0.2),
}
"""Kind of failure → how its retries follow one another. What is refused has no row: it is given up at once."""

NOT_DONE, THROTTLED = SCHEDULES[Failure.NOT_DONE], SCHEDULES[Failure.THROTTLED]
CHANNEL_DOWN, ACCOUNT_REFUSED = SCHEDULES[Failure.CHANNEL_DOWN], SCHEDULES[Failure.ACCOUNT_REFUSED]
_AWS_DOWN = SCHEDULES[Failure.AWS_DOWN]

GIVE_UP_AFTER = THROTTLED.lasts or timedelta()
"""Time after which a throttled call is given up."""

FIRST_PAUSE = THROTTLED.first
"""Seconds of the first pause of a throttled call, before its jitter."""

SHORTEST_OUTAGE_PAUSE, LONGEST_OUTAGE_PAUSE = _AWS_DOWN.first, _AWS_DOWN.longest


def is_over(since: datetime, now: datetime) -> bool:
    """Tell whether a throttled call that was first due at `since` is to be given up."""
    return THROTTLED.is_over(since, now)


def given_up(reason: Reason, after: timedelta = GIVE_UP_AFTER) -> Reason:
    """Say that a call was given up after so long; `reason` is that of its last failure."""
    hours, rest = divmod(after, timedelta(hours=1))
    if rest:
        return GIVEN_UP_AFTER_MINUTES(count=after // timedelta(minutes=1), reason=reason)
    return GIVEN_UP_AFTER_HOURS(count=hours, reason=reason)


def pause(key: str, times: int, wish: float | None = None) -> float:
    """Return seconds to wait after `times` rejections: at least the provider's `wish`, at most LONGEST_PAUSE."""
    return THROTTLED.pause(key, times, wish)


def outage_pause(key: str, times: int) -> float:
    """Return seconds to wait after a message met an outage `times` times: 5 to 7.5 at first, 80 to 120 in the end."""
    return _AWS_DOWN.pause(key, times)


def _fraction(seed: str) -> float:
    """Return a number from 0 to 1 that looks random and is always the same for one seed."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4]) / 2**32
