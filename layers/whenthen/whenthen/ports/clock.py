"""Tell the time, and start work that is due by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.runs.enrolment import Enrolment
    from whenthen.domain.scheduling.sweep_window import Checkpoint


class Clock(Protocol):
    """Tell the time of day."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""


class Sweeps(Protocol):
    """Store the checkpoint of the sweeps."""

    def last(self) -> Checkpoint | None:
        """Read the checkpoint; None before the first sweep."""

    def move(self, last: Checkpoint | None, mark: Checkpoint) -> bool:
        """Replace the checkpoint `last` by `mark`; return False, and change nothing, if it is no longer `last`."""


class Enrolments(Protocol):
    """Start enrolments, which start a rule for each record of a view."""

    def start(self, enrolment: Enrolment) -> None:
        """Start it, unless it was started. Raises Temporary."""
