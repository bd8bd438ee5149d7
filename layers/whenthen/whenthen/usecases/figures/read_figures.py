"""read_figures: show how runs and jobs ended, by day."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.figures.figure import By, Figure, group
from whenthen.ports.values import Page

if TYPE_CHECKING:
    from whenthen.ports.background.figures import Figures
    from whenthen.ports.clock import Clock

DEFAULT_DAYS = 7
"""Days that are shown if none are asked for, today's included."""

MOST_DAYS = 400
"""Days for which figures are kept, and so the most that one may ask for."""

# The first day is after the last.
DAYS_REVERSED = ReasonCode("figures.days_reversed")
TOO_MANY_DAYS = ReasonCode("figures.too_many_days", "most")


class ReadFigures(Struct, frozen=True):
    """Read figures by day."""

    figures: Figures
    clock: Clock

    def __call__(
        self,
        first: date | None,
        last: date | None,
        by: By,
        *,
        rule: str = "",
        channel: str = "",
        cursor: str | None = None,
    ) -> Page[Figure]:
        """Return the figures of these days (UTC), the newest first. Raises Invalid naming the wrong parameter."""
        last = last or self.clock.now().astimezone(UTC).date()
        first = first or date.fromordinal(max(last.toordinal() - DEFAULT_DAYS + 1, 1))
        if first > last:
            raise Invalid.field("from", DAYS_REVERSED())
        if (last - first).days >= MOST_DAYS:
            raise Invalid.field("from", TOO_MANY_DAYS(most=MOST_DAYS))
        page = self.figures.read(first, last, rule=rule, cursor=cursor)
        return Page(tuple(group(page.items, by, channel)), page.cursor)
