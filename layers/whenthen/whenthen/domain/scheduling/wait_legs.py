"""Divide a long wait into legs, as an execution of Step Functions lasts a year at most. No I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

LEG = timedelta(days=300)


def end_of_leg(due: datetime, now: datetime) -> datetime:
    """Return the end of the leg in which `now` lies: `due`, or so many whole legs before it.

    Counted back from `due`, so that a repetition of the call finds the same leg.
    """
    before_the_last = max(0, -((now - due) // LEG) - 1)
    return due - before_the_last * LEG


def end_of_next_leg(due: datetime, until: datetime) -> datetime:
    """Return the end of the leg that follows the one that ended at `until`."""
    return min(until + LEG, due)
