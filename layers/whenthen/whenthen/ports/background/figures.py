"""Store the counts of outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from whenthen.domain.figures.tally import Ending, Tally
    from whenthen.ports.values import Page


class Figures(Protocol):
    """Count endings of runs by rule and day."""

    def count(self, endings: Sequence[Ending]) -> None:
        """Count those that were not counted. Raises Temporary; a repetition then counts the rest."""

    def read(self, first: date, last: date, *, rule: str, cursor: str | None) -> Page[Tally]:
        """Read the counts of these days, the newest first, of all rules or of one. Raises Invalid naming `cursor`."""
