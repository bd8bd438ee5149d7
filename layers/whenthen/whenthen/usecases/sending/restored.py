"""Decide which messages may have been sent before the tables were set back to an earlier time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.domain.events.event import format_time
from whenthen.domain.sending.restored import RESTORED

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Job, Run


def may_have_been_sent(run: Run, job: Job, until: datetime) -> Reason | None:
    """Return the reason if the job could have been performed by `until`, of which nothing is known; else None.

    In doubt it could. A run that went on was due at the same moments before. One whose event was told of again began
    later this time than it did then, and so do its steps. One in line began when the run before it ended.
    """
    if run.entered > until:
        return None
    stood_in_line = bool(run.follows) and job.step_group == 0
    later_by = run.started_at - run.entered if run.started_at > until else timedelta(0)
    was_due = max(job.clock, job.held_until or job.due) - later_by
    return RESTORED(until=format_time(until)) if stood_in_line or was_due <= until else None
