"""The time of day, and what happens by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.enrolments import Enrolment


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""


class Sweeps(Protocol):
    """Up to when the sweeps of the clock have published everything."""

    def last(self) -> datetime | None:
        """The moment; None before the first sweep."""

    def move(self, last: datetime | None, now: datetime) -> bool:
        """Move it on. False, and nothing moves, if it no longer is `last`."""


class Enrolments(Protocol):
    """What goes through a view and starts a rule for each of its records."""

    def start(self, enrolment: Enrolment) -> None:
        """Begin it, unless it was begun. Raises Temporary."""
