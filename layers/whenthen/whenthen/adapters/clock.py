"""Read the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Tell the time of day."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)
