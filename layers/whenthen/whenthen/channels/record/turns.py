"""Take turns among agents without one item that all workers write.

A rule's step has one row of turns while few take one: then the agents follow one another exactly. Workers that get in
each other's way go on in rows of their own, SPREAD of them, each of which follows the same order. Each row is exact, so
no agent is ever ahead of another by more than one assignment a row, however many there are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from msgspec import Struct, field

SPREAD = 16
"""Rows in which turns are taken under contention. One row takes some thirty turns a second."""

TRIES_IN_ONE_ROW = 6
"""How often a turn is tried in the common row: so many that are assigned at once still follow one another exactly."""

CONTENDED_FOR = timedelta(minutes=1)
"""How long a worker leaves the common row after others were in its way."""


class Turns(Struct):
    """Choose rows of turns; lives as long as the worker. `until`: common row → end of its contention."""

    until: dict[str, datetime] = field(default_factory=dict)

    def row(self, name: str, job_id: str, attempt: int, now: datetime) -> tuple[str, int]:
        """Return the counter of the row in which the job takes its turn, and the place at which the row began.

        name     of the common row
        attempt  number of times that the job was tried before, 0 at first
        """
        if attempt >= TRIES_IN_ONE_ROW:
            self.until[name] = now + CONTENDED_FOR
        if self.until.get(name, now) <= now:
            return name, 0
        row = (crc32(job_id.encode()) + attempt) % SPREAD
        return f"{name}#{row}", row
