"""Read the wait for an event: which events, how long at most, and how the run goes on in either case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE, REQUIRED
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.steps.branches import ELSE, read_target
from whenthen.domain.temporal.time_values import Duration, read_duration

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from whenthen.domain.common.document_reader import Reader

MAX_AWAITED = 10
"""Event types of one wait."""

MAX_TIMEOUT_DAYS = 360

FOR_EVENT = "for_event"
THEN = "then"

TIMEOUT_TOO_LONG = ReasonCode("event_wait.too_long", "count")
# A wait for an event has no other part beside it.
NOT_ALONE = ReasonCode("event_wait.not_alone")


class EventWait(Struct, frozen=True):
    """Wait for an event about the run's customer.

    on         event types, one of which is enough
    timeout    how long the run waits at most
    then       the later step to go on with once an event came; empty: the step that waits
    otherwise  the later step to go on with if none came in time; empty: the step that waits
    """

    on: tuple[str, ...]
    timeout: Duration
    then: str = ""
    otherwise: str = ""

    @property
    def length(self) -> timedelta:
        """Return how long the wait may last, for sums."""
        return _length(self.timeout)

    def ends(self, begun: datetime, zone: tzinfo) -> datetime:
        """Return when a wait that began then is over without an event."""
        return self.timeout.from_moment(begun, zone, 1)


def read_event_wait(reader: Reader, step_id: str) -> EventWait:
    """Read `for_event`: `{"on": [types], "timeout": duration, "then": id, "else": id}`.

    A way that names the step that waits itself is the default, and read as none.
    """
    types = reader.texts("on", most=MAX_AWAITED)
    if not types and reader.value("on") in (None, [], ""):
        reader.report("on", REQUIRED())
    for event_type in types:
        if not EVENT_TYPE.fullmatch(event_type):
            reader.report("on", BAD_EVENT_TYPE(value=event_type))
    then, otherwise = (read_target(reader, name) for name in (THEN, ELSE))
    found = EventWait(
        on=types,
        timeout=_read_timeout(reader),
        then="" if then == step_id else then,
        otherwise="" if otherwise == step_id else otherwise,
    )
    reader.finish()
    return found


def _read_timeout(reader: Reader) -> Duration:
    written = reader.value("timeout")
    if written is None:
        reader.report("timeout", REQUIRED())
        return Duration()
    try:
        timeout = read_duration(written)
    except InvalidValue as error:
        reader.report("timeout", error.reason)
        return Duration()
    if _length(timeout) > timedelta(days=MAX_TIMEOUT_DAYS):
        reader.report("timeout", TIMEOUT_TOO_LONG(count=MAX_TIMEOUT_DAYS))
    return timeout


def _length(duration: Duration) -> timedelta:
    days = 7 * duration.weeks + duration.days
    return timedelta(days=days, hours=duration.hours, minutes=duration.minutes)
