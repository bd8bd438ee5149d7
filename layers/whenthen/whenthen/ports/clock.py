"""The time of day, and what happens by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.runs.enrolment import Enrolment
    from whenthen.domain.scheduling.sweep_window import Checkpoint


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""


class Sweeps(Protocol):
    """How far the sweeps of the clock came."""

    def last(self) -> Checkpoint | None:
        """Where they stand; None before the first sweep."""

    def move(self, last: Checkpoint | None, mark: Checkpoint) -> bool:
        """Move on. False, and nothing moves, if they no longer stand at `last`."""


class Enrolments(Protocol):
    """What goes through a view and starts a rule for each of its records."""

    def start(self, enrolment: Enrolment) -> None:
        """Begin it, unless it was begun. Raises Temporary."""
