"""Define the window of a sweep: the moments that it takes, though sweeps may run late, twice, or not for days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.common.reason_codes import MATTERS_ONLY_TO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whenthen.domain.common.document_reader import Reader

CLOCK = "clock"
"""Name the source of events that time makes."""

MAX_LATE = timedelta(days=31)
"""Bound lateness: what is later than this never happens, whatever the rule says."""

LATE_ARRIVAL_GRACE = timedelta(days=1)
"""Grace for occasions that become known only after their moment, such as those of a record imported at noon."""

OVERLAP = timedelta(minutes=10)
"""Look this far behind the last sweep: clocks differ, and writes become visible after their time."""


class Lateness(Struct, frozen=True):
    """Decide about a moment that a sweep finds late: it runs, or is skipped if later than `most`."""

    most: timedelta = timedelta(days=1)

    @classmethod
    def read(cls, trigger: Reader, most: timedelta = MAX_LATE) -> Lateness:
        """Read `late` of a trigger: `{"policy": "run"}` or `{"policy": "skip", "hours": 6}`; skip, 24 if absent."""
        reader = trigger.child("late")
        if reader is None:
            return cls()
        policy = reader.choice("policy", ("skip", "run"), "skip")
        longest = int(most / timedelta(hours=1))
        hours = reader.integer("hours", default=longest if policy == "run" else 24, least=1, most=longest)
        if policy == "run" and "hours" in reader:
            reader.report("hours", MATTERS_ONLY_TO(options=["skip"]))
        reader.finish()
        return cls(timedelta(hours=hours))


class SweepProgress(Struct, frozen=True):
    """Hold the progress of an unfinished sweep: the moment up to which it looks, and how far it came.

    done   event type, rule, its version, and of a rule that was not finished the place in the index: what sorts before
           it, and itself, is published
    """

    now: datetime
    done: tuple[str, ...] = ()


class Checkpoint(Struct, frozen=True):
    """Hold the moment up to which every event is published, and the sweep beyond, if one is under way.

    behind   rules that failed, by id: up to when everything of theirs is published
    """

    until: datetime
    going: SweepProgress | None = None
    behind: Mapping[str, datetime] = field(default_factory=dict)


class Window(Struct, frozen=True):
    """Bound what one sweep covers: moments up to `now`, from the last finished sweep on.

    since  `now` of the last finished sweep
    live   since when the rule is switched on: what was due before is not its business
    """

    since: datetime
    now: datetime
    live: datetime | None = None

    @property
    def first(self) -> datetime:
        """Return the earliest moment that this sweep can take."""
        first = max(min(self.since - OVERLAP, self.now - LATE_ARRIVAL_GRACE), self.now - MAX_LATE)
        return first if self.live is None else min(max(first, self.live), self.now)

    def takes(self, due: datetime, late: Lateness, noted: datetime | None = None) -> bool:
        """Tell whether this sweep makes an event of the moment `due`, which became known at `noted`."""
        if due > self.now or self.now - due > late.most or (self.live is not None and due <= self.live):
            return False
        behind = self.since - OVERLAP
        known_late = noted is not None and noted > behind and self.now - due <= LATE_ARRIVAL_GRACE
        return due > behind or known_late

    def missed(self, due: datetime, late: Lateness) -> bool:
        """Tell whether the moment came due since the last sweep and is skipped as late. It is only reported."""
        live = self.live is None or due > self.live
        return live and self.since < due <= self.now and self.now - due > late.most
