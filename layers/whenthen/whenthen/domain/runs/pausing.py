"""Know what it means that a run is paused: until when, and with which step group it goes on. No I/O."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.runs.run import RunStatus

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.runs.run import Run

# `by` is the id of the API key that paused a run.
PAUSED_BY = ReasonCode("admin.paused", "by")


def pause_is_over(run: Run, at: datetime) -> bool:
    """Tell whether a paused run is to go on by itself at this time."""
    return run.status is RunStatus.PAUSED and run.paused_until is not None and run.paused_until <= at


def next_step_group(run: Run) -> int:
    """Return the step group that the run is to be looked at for: the one it waits for, or the one under way."""
    return run.step_group + (run.waits_until is not None)


def free_moment(run: Run, now: datetime) -> datetime:
    """Return `now`, or a moment after it if the run's wait ends now: the execution of that moment may have ended."""
    return now + timedelta(milliseconds=1) if now == run.waits_until else now


def stands_still(run: Run, now: datetime) -> bool:
    """Tell whether nothing but a message, or somebody who looks at it, carries the run on."""
    return run.status is RunStatus.RUNNING or (run.waits_until is not None and run.waits_until <= now)
