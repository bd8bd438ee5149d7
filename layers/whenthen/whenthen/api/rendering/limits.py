"""Say the limits of sending that a rule has of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from whenthen.api.rendering.sentences import LIMITS
from whenthen.domain.sending.limits import ANY

if TYPE_CHECKING:
    from whenthen.api.rendering.phrasebook import Phrasebook
    from whenthen.domain.sending.limits import Cap, Limits

_UNITS = (("days", timedelta(days=1)), ("hours", timedelta(hours=1)), ("minutes", timedelta(minutes=1)))


def render_limits(book: Phrasebook, limits: Limits) -> Iterator[str]:
    """Say each span of quiet hours and each cap."""
    for quiet in limits.quiet_hours:
        start, end = (hour.strftime("%H:%M") for hour in (quiet.start, quiet.end))
        yield book.phrase(LIMITS, "quiet_hours", start=start, end=end)
    for cap in limits.marketing:
        yield _cap(book, cap)


def _cap(book: Phrasebook, cap: Cap) -> str:
    most, length = str(cap.most), book.lengths(_lengths(cap.window))
    if cap.channel == ANY:
        return book.phrase(LIMITS, "cap_any", most=most, length=length)
    return book.phrase(LIMITS, "cap", channel=book.quoted(cap.channel), most=most, length=length)


def _lengths(window: timedelta) -> dict[str, int]:
    """Return unit → amount, in the longest units that there are."""
    found = {}
    for unit, length in _UNITS:
        amount, window = divmod(window, length)
        if amount:
            found[unit] = amount
    return found
