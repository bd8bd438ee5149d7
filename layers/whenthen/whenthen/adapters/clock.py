"""Clock on the machine's own."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The time of day."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)
