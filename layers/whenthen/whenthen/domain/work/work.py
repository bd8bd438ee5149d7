"""Define work: one change of many runs, made page by page in the background.

The ids of a page's runs are stored before they are changed, and counted after. So a worker that dies repeats the page,
finds what it did before by the reason that it wrote, and counts each run once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common.reasons import Reason  # noqa: TC001 - msgspec reads the types of stored work
from whenthen.domain.runs.pausing import RULE_FAILING
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.sending.switch import KEPT_FOR
from whenthen.domain.work.selection import Selection  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.runs.run import Run

MAX_FAILURES = 100
"""Bound the runs that are stored with the reason why they could not be changed. All of them are counted."""


REST = 10
"""Seconds between two calls of work that has a rate, unless that is less than one run in this time."""

UNTIL_MOST_KNOW, UNTIL_ALL_KNOW = 1.5 * KEPT_FOR, 3 * KEPT_FOR
"""Times after sending was switched on again: before the first, workers would withhold again what is let go; until the
second, one may do so that was slow, and is looked for."""

SLOW_HOLD = timedelta(minutes=2)
"""Time after limits changed within which a worker that had read the old ones may still hold a message."""

AS_GOOD_AS_OVER = timedelta(seconds=1)
"""A pause that ends so soon was ended already: whoever carries the run on is being called."""


class RunChange(StrEnum):
    """Name what is done to each run."""

    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    MOVE = "move"
    RELEASE = "release"
    RECHECK = "recheck"
    TRY_AGAIN = "try_again"
    RETRY = "retry"


STATUSES: Mapping[RunChange, tuple[RunStatus, ...]] = {
    RunChange.STOP: (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED),
    RunChange.PAUSE: (RunStatus.RUNNING, RunStatus.WAITING),
    RunChange.RESUME: (RunStatus.PAUSED,),
    RunChange.MOVE: (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED),
    RunChange.RELEASE: (RunStatus.RUNNING,),
    RunChange.RECHECK: (RunStatus.RUNNING,),
    RunChange.TRY_AGAIN: (RunStatus.PAUSED,),
    RunChange.RETRY: (RunStatus.FAILED, RunStatus.UNKNOWN),
}
"""Change → the statuses of the runs that it is made to."""


END = "end"


class WorkStatus(StrEnum):
    """Name the state of work."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class Failure(Struct, frozen=True):
    """Name a run that could not be changed, and why."""

    run: str
    reason: Reason


class Work(Struct, frozen=True, omit_defaults=True):
    """Hold work as it stands at `version`.

    reason   is written onto the runs, and names the work
    of       how many runs there were to change when it began; None if they were too many to count at once
    target   the version of the rule that runs are moved to
    rate     runs a minute that are changed at most; None: as many as can be
    counts   runs so far by what became of them: stopped, paused, resumed, moved (now or before its next step), kept
             (its version, or as it ended, for the reason among `failures`), retried, other (of another channel), or
             over (it had ended meanwhile, or goes on already)
    place    the cursor of the next page of open runs; empty: the first; END: there is none
    fresh    runs that the present pass over all pages found; the last pass finds none
    pending  ids of the runs of the page that is being changed
    turn     counts the starts, from 1
    rest_until, since   when the next step of the work is due, and since when it looks at what the last one did
    """

    id: str
    change: RunChange
    selection: Selection
    reason: Reason
    by: str
    created_at: datetime
    status: WorkStatus = WorkStatus.RUNNING
    of: int | None = None
    target: int | None = None
    rate: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    place: str = ""
    fresh: int = 0
    pending: tuple[str, ...] = ()
    turn: int = 1
    rest_until: datetime | None = None
    since: datetime | None = None
    finished_at: datetime | None = None
    version: int = 1

    @property
    def done(self) -> int:
        """Return how many runs were dealt with."""
        return sum(self.counts.values())

    @property
    def quota(self) -> int:
        """Return how many runs one call changes at most, where a rate bounds them."""
        return max(1, (self.rate or 0) * REST // 60)

    def rest_after(self, now: datetime) -> int:
        """Return the seconds until the next call: until the next step is due, or as the rate says."""
        if self.rest_until is not None:
            return max(0, ceil((self.rest_until - now).total_seconds()))
        return 0 if self.rate is None else -(-self.quota * 60 // self.rate)

    def is_too_early(self, now: datetime) -> bool:
        """Tell whether nothing is to be changed yet."""
        if self.change is RunChange.RELEASE:
            return now < self.created_at + UNTIL_MOST_KNOW
        return self.rest_until is not None and now < self.rest_until

    def concerns(self, run: Run, now: datetime) -> bool:
        """Tell whether the run is to be changed. One that was changed already is not."""
        return concerns(self.change, self.selection, run, now, self.target)

    def found(self, run_ids: Sequence[str], cursor: str | None) -> Work:
        """Return the work with the next page's runs at hand."""
        fresh, place = self.fresh + len(run_ids), cursor
        if cursor is None:
            # A run that goes on meanwhile may be missed. Those that are paused, or ended, stand still.
            # Messages that are held anew stay among those that are held.
            is_through = not fresh or self.change in (RunChange.RESUME, RunChange.RECHECK, RunChange.RETRY)
            fresh, place = 0, END if is_through else ""
        return replace(self, pending=tuple(run_ids), place=place or "", fresh=fresh, version=self.version + 1)

    def over(self, now: datetime) -> Work:
        """Return the work with its end."""
        return replace(self, status=WorkStatus.DONE, finished_at=now, of=self.done, version=self.version + 1)

    def begin_again(self, at: datetime | None = None) -> Work:
        """Return the work at the begin of another pass. `at`: when that is due; None: now."""
        return replace(self, place="", fresh=0, rest_until=at, version=self.version + 1)

    def next_pass(self, now: datetime) -> Work | None:
        """Return the work at the begin of another pass, for what slow workers still do. None: it is over."""
        if self.change is RunChange.RELEASE and now < self.created_at + UNTIL_ALL_KNOW:
            return self.begin_again()
        last = self._last_pass
        return self.begin_again(last) if last and (self.rest_until is None or self.rest_until < last) else None

    @property
    def _last_pass(self) -> datetime | None:
        """Return when a last pass begins, after which no worker acts by what it knew before. None: none is needed."""
        if self.change is RunChange.RECHECK:
            return self.created_at + SLOW_HOLD
        if self.change is RunChange.RESUME and self.selection.paused_as == RULE_FAILING.code:
            return self.created_at + UNTIL_ALL_KNOW
        return None

    def changed(self, outcomes: Sequence[str], failures: Sequence[Failure]) -> Work:
        """Return the work with the page's runs counted by what became of them."""
        counts = dict(self.counts)
        for outcome in outcomes:
            counts[outcome] = counts.get(outcome, 0) + 1
        kept = (*self.failures, *failures)[:MAX_FAILURES]
        return replace(self, counts=counts, failures=kept, pending=(), version=self.version + 1)

    def stopped(self, now: datetime) -> Work:
        """Return the work at rest, until it is resumed."""
        return replace(self, status=WorkStatus.STOPPED, finished_at=now, version=self.version + 1)

    def resumed(self) -> Work:
        """Return the work at the start of its next turn, where it was."""
        return replace(self, status=WorkStatus.RUNNING, finished_at=None, turn=self.turn + 1, version=self.version + 1)


def concerns(change: RunChange, selection: Selection, run: Run, now: datetime, target: int | None = None) -> bool:
    """Tell whether the change is to be made to the run. One that was changed already is not."""
    if not selection.takes(run) or (target is not None and target in (run.moves_to, run.stays_from)):
        return False
    if run.status is RunStatus.PAUSED and run.paused_until is not None:
        return _is_open_to(change, run.paused_until, now, asked=bool(selection.paused_as))
    return run.status in STATUSES[change]


def _is_open_to(change: RunChange, until: datetime, now: datetime, *, asked: bool) -> bool:
    """Tell whether the change can be made to a run that is paused until then.

    Such a pause can be made one without an end. It ends by itself as well, and so it is only ended early where it is
    `asked` for by its reason.
    """
    if change is RunChange.RESUME:
        return asked and until > now + AS_GOOD_AS_OVER
    return change in (RunChange.STOP, RunChange.PAUSE, RunChange.MOVE)
