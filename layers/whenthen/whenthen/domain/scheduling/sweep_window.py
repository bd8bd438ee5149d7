"""Sweeps of the clock: which moments one takes, when it may run late, twice, or not at all for days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.common.reason_codes import MATTERS_ONLY_TO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whenthen.domain.common.document_reader import Reader

CLOCK = "clock"
"""The source of events that time makes."""

MAX_LATE = timedelta(days=31)
"""What is later than this does not happen, whatever the rule says."""

LATE_ARRIVAL_GRACE = timedelta(days=1)
"""How long after its moment an occasion still counts that became known only then: a record imported at noon, say."""

OVERLAP = timedelta(minutes=10)
"""How far a sweep looks behind the last one: clocks differ, and writes become visible after their time."""


class Lateness(Struct, frozen=True):
    """What happens to a moment that a sweep finds late: it runs however late, or is skipped past `most`."""

    most: timedelta = timedelta(days=1)

    @classmethod
    def read(cls, trigger: Reader, most: timedelta = MAX_LATE) -> Lateness:
        """`late` of a trigger: `{"policy": "run"}`, or `{"policy": "skip", "hours": 6}`. By default skip, 24 hours."""
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
    """A sweep that is not finished: the moment up to which it looks, and how far it came.

    done   event type, rule, its version, and of a rule that was not finished the place in the index: what sorts before
           it, and itself, is published
    """

    now: datetime
    done: tuple[str, ...] = ()


class Checkpoint(Struct, frozen=True):
    """Up to when everything is published, and the sweep that goes beyond, if one is under way.

    behind   rules that failed, by id: up to when everything of theirs is published
    """

    until: datetime
    going: SweepProgress | None = None
    behind: Mapping[str, datetime] = field(default_factory=dict)


class Window(Struct, frozen=True):
    """What one sweep is about: moments up to `now`, from the last sweep that was finished on.

    since  `now` of the last finished sweep
    live   since when the rule is switched on: what was due before is not its business
    """

    since: datetime
    now: datetime
    live: datetime | None = None

    @property
    def first(self) -> datetime:
        """The earliest moment that this sweep can take."""
        first = max(min(self.since - OVERLAP, self.now - LATE_ARRIVAL_GRACE), self.now - MAX_LATE)
        return first if self.live is None else min(max(first, self.live), self.now)

    def takes(self, due: datetime, late: Lateness, noted: datetime | None = None) -> bool:
        """Whether this sweep is to make an event of what was due then, given when that became known."""
        if due > self.now or self.now - due > late.most or (self.live is not None and due <= self.live):
            return False
        behind = self.since - OVERLAP
        known_late = noted is not None and noted > behind and self.now - due <= LATE_ARRIVAL_GRACE
        return due > behind or known_late

    def missed(self, due: datetime, late: Lateness) -> bool:
        """Whether it came due since the last sweep and is skipped for being late: to be told, not to be done."""
        live = self.live is None or due > self.live
        return live and self.since < due <= self.now and self.now - due > late.most
