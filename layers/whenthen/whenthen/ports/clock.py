"""Tell the time, and store up to when everything that was due by it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

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
