"""Times and answers that may be uncertain: a span of time, and yes, no or perhaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

Answer = bool | None
"""True, False, or None for perhaps."""

NEVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """A moment that lies between two, both included. `latest` is NEVER if it may not come at all."""

    earliest: datetime
    latest: datetime

    def joined(self, other: Span) -> Span:
        """Return the later of two moments."""
        return Span(max(self.earliest, other.earliest), max(self.latest, other.latest))

    def is_before(self, other: Span) -> Answer:
        """Tell whether this moment comes before the other."""
        if self.latest < other.earliest:
            return True
        return False if self.earliest > other.latest else None


def both(one: Answer, other: Answer) -> Answer:
    """Tell whether both are true."""
    if one is False or other is False:
        return False
    return True if one and other else None


def negated(answer: Answer) -> Answer:
    """Tell the opposite."""
    return None if answer is None else not answer
