"""Read limits of sending: the installation's, and those of a rule, which may only be stricter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, InvalidValue, Problem
from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.sending.quiet_hours import QuietHours, read_quiet_hours
from whenthen.domain.temporal.time_values import Duration, read_duration

SUBJECT = "limits"
"""Name these settings among those of the installation."""

ANY = "any"
"""Stands in a cap for all channels together."""

MAX_CAPS = 20
MAX_MESSAGES = 100
"""Bound `most`: so many messages to one person are remembered."""
MAX_DAYS = 366
"""Bound the days of a cap's window."""

# The window of a cap has at most so many days.
WINDOW_TOO_LONG = ReasonCode("cap.window_too_long", "count")


class Cap(Struct, frozen=True):
    """Allow at most so many marketing messages to one person within any `window` of elapsed time.

    channel  whose messages count: of ANY, those of all channels
    """

    channel: str
    most: int
    window: timedelta

    def counts(self, channel: str) -> bool:
        """Tell whether messages of a channel count."""
        return self.channel in (ANY, channel)


class Limits(Struct, frozen=True):
    """Hold spans of quiet hours, in any of which no message goes out, and caps, each of which holds."""

    quiet_hours: tuple[QuietHours, ...] = ()
    marketing: tuple[Cap, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.quiet_hours or self.marketing)

    def and_those_of(self, other: Limits) -> Limits:
        """Return both, so that neither makes the other looser."""
        return Limits(self.quiet_hours + other.quiet_hours, self.marketing + other.marketing)

    def caps_of(self, channel: str) -> tuple[Cap, ...]:
        """Return the caps that hold for messages of a channel."""
        return tuple(cap for cap in self.marketing if cap.counts(channel))

    def is_looser_than(self, before: Limits) -> bool:
        """Tell whether something that `before` held may go: a span or a cap of it is not among these."""
        return not ({*before.quiet_hours} <= {*self.quiet_hours} and {*before.marketing} <= {*self.marketing})


NO_LIMITS = Limits()


def read_limits(reader: Reader, channels: Collection[str] | None) -> Limits:
    """Read `{"quiet_hours": {"from": "21:00", "to": "09:00"}, "marketing": [{"channel": "whatsapp", …}]}`.

    channels  those that send messages to customers; None: any name is taken
    """
    quiet = reader.child("quiet_hours")
    hours = read_quiet_hours(quiet) if quiet is not None else None
    caps = tuple(_read_cap(each, channels) for each in reader.children("marketing", most=MAX_CAPS))
    reader.finish()
    return Limits((hours,) if hours else (), caps)


def _read_cap(reader: Reader, channels: Collection[str] | None) -> Cap:
    for name in ("channel", "most", "per"):
        if name not in reader:
            reader.report(name, REQUIRED())
    cap = Cap(
        channel=reader.text("channel") if channels is None else reader.choice("channel", [*channels, ANY], ANY),
        most=reader.integer("most", default=1, least=1, most=MAX_MESSAGES),
        window=_read_window(reader),
    )
    reader.finish()
    return cap


def _read_window(reader: Reader) -> timedelta:
    written = reader.value("per")
    try:
        window = _elapsed(read_duration(written)) if written is not None else timedelta()
    except InvalidValue as error:
        reader.report("per", error.reason)
        return timedelta()
    if window > timedelta(days=MAX_DAYS):
        reader.report("per", WINDOW_TOO_LONG(count=MAX_DAYS))
    return window


def _elapsed(length: Duration) -> timedelta:
    return timedelta(weeks=length.weeks, days=length.days, hours=length.hours, minutes=length.minutes)


def read_limit_settings(document: Mapping[str, Any], channels: Collection[str] | None = None) -> Limits:
    """Read the installation's document of limits, one that was checked before or with `channels`. Raises Invalid."""
    problems: list[Problem] = []
    limits = read_limits(Reader(document, "", problems), channels)
    if problems:
        raise Invalid(problems)
    return limits
