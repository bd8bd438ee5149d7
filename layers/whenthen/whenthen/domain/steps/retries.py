"""Read how often a step is tried, and how long its run waits in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reason_codes import NOT_LIST
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.time_values import Duration, read_duration

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from whenthen.domain.common.document_reader import Reader

MAX_ATTEMPTS = 8
ATTEMPTS = 5
"""Attempts of a step that names its delays alone."""

LONGEST_HOURS = 24
LONGEST = timedelta(hours=LONGEST_HOURS)
"""Time after which a step is given up that says nothing about it; no step can say more."""

MAX_DELAY_DAYS = 30
"""Bound one delay between two attempts."""

# There is one delay fewer than attempts: `count` at most.
TOO_MANY_DELAYS = ReasonCode("retry.too_many_delays", "count", "found")
DELAY_TOO_LONG = ReasonCode("retry.delay_too_long", "count")
# A step is given up after `count` hours at most.
LASTS_TOO_LONG = ReasonCode("retry.lasts_too_long", "count")


class Retry(Struct, frozen=True):
    """Say how often a step is tried, and how long after each attempt the next one is made.

    attempts  None: as many as there is time for
    delays    the last one repeats; empty: pauses of seconds to minutes, which grow
    give_up_after  the time after the first failure in which it is tried; None: a day, or until the attempts are made
    """

    attempts: int | None = None
    delays: tuple[Duration, ...] = ()
    give_up_after: Duration | None = None

    @property
    def lasts(self) -> timedelta | None:
        """Return the time after which the step is given up; None if its attempts alone decide."""
        if self.give_up_after is not None:
            return _length(self.give_up_after)
        return LONGEST if self.attempts is None else None

    def next_at(self, attempts: int, now: datetime, zone: tzinfo) -> datetime | None:
        """Return the moment of the attempt that follows so many; None if the rule leaves it to the engine."""
        if not self.delays:
            return None
        return self.delays[min(max(attempts, 1), len(self.delays)) - 1].from_moment(now, zone, 1)


def read_retry(reader: Reader) -> Retry:
    """Read `retry`: `{"attempts": 1–8, "delays": [durations], "give_up_after": duration}`."""
    delays = tuple(_read_delays(reader))
    attempts: int | None = reader.integer("attempts", default=ATTEMPTS, least=1, most=MAX_ATTEMPTS)
    if attempts is not None and len(delays) > attempts - 1:
        reader.report("delays", TOO_MANY_DELAYS(count=attempts - 1, found=len(delays)))
    if not delays and reader.value("attempts") is None:
        attempts = None
    give_up_after = _read_give_up_after(reader)
    reader.finish()
    return Retry(attempts, delays, give_up_after)


def _read_give_up_after(reader: Reader) -> Duration | None:
    written = reader.value("give_up_after")
    if written is None:
        return None
    try:
        found = read_duration(written)
    except InvalidValue as error:
        reader.report("give_up_after", error.reason)
        return None
    if _length(found) > LONGEST:
        reader.report("give_up_after", LASTS_TOO_LONG(count=LONGEST_HOURS))
    return found


def _read_delays(reader: Reader) -> Iterator[Duration]:
    written: Any = reader.value("delays")
    if written is None:
        return
    if not isinstance(written, list):
        reader.report("delays", NOT_LIST())
        return
    for position, item in enumerate(written[:MAX_ATTEMPTS]):
        try:
            delay = read_duration(item)
        except InvalidValue as error:
            reader.report(f"delays[{position}]", error.reason)
            continue
        if _length(delay) > timedelta(days=MAX_DELAY_DAYS):
            reader.report(f"delays[{position}]", DELAY_TOO_LONG(count=MAX_DELAY_DAYS))
        yield delay


def _length(delay: Duration) -> timedelta:
    return timedelta(weeks=delay.weeks, days=delay.days, hours=delay.hours, minutes=delay.minutes)
