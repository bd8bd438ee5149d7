"""Know what it means that a run is paused: until when, and with which step group it goes on. No I/O."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.run import RunStatus

if TYPE_CHECKING:
    from whenthen.domain.records.automation import Automation
    from whenthen.domain.runs.run import Run

# `by` is the id of the API key that paused a run.
PAUSED_BY = ReasonCode("admin.paused", "by")

# `by` is the id of the API key that skipped a step.
SKIPPED_BY = ReasonCode("admin.skipped", "by")


IN_LINE = -1_000_000
"""Stands for the step group of a run that stands in line, where somebody resumes it."""


# Somebody paused the automation of the run's record until `due`, or excluded the rule for it.
RECORD_PAUSED = ReasonCode("record.automation_paused", "ref", "due")
RULE_EXCLUDED = ReasonCode("record.rule_excluded", "ref", "rule")


# The run's rule paused itself, since too many of its runs failed.
RULE_FAILING = ReasonCode("rule.failing", "rule")


class Pause(Struct, frozen=True):
    """Pause the run until then."""

    until: datetime
    reason: Reason


def kept_back(run: Run, automation: Automation, now: datetime) -> Pause | Reason | None:
    """Tell what the record says against the run's next step: a pause, or the reason for which the run stops."""
    ref = run.record or ""
    if run.rule_id in automation.excluded_rules:
        return RULE_EXCLUDED(ref=ref, rule=run.rule_id)
    if automation.paused_until is None or not automation.pauses(now):
        return None
    return Pause(automation.paused_until, RECORD_PAUSED(ref=ref, due=format_time(automation.paused_until)))


def skip_of(run: Run, step_id: str) -> Reason | None:
    """Return the reason why a step that is due is skipped; None if no admin asked for that."""
    return next((SKIPPED_BY(by=by) for step, by in run.skips if step == step_id), None)


def pause_is_over(run: Run, at: datetime) -> bool:
    """Tell whether a paused run is to go on by itself at this time."""
    return run.status is RunStatus.PAUSED and run.paused_until is not None and run.paused_until <= at


def stands_in_line(run: Run) -> bool:
    """Tell whether the run, paused or not, has not begun yet, because it follows another."""
    return bool(run.follows) and run.step_group < 0 and run.waits_until is None


def next_step_group(run: Run) -> int:
    """Return the step group that the run is to be looked at for: the one it waits for, or the one under way.

    Negative for one that stands in line: it is not to be confused with the calls of the runs before it.
    """
    return IN_LINE if stands_in_line(run) else run.step_group + (run.waits_until is not None)


def free_moment(run: Run, now: datetime) -> datetime:
    """Return `now`, or a moment after it if the run's wait ends now: the execution of that moment may have ended."""
    return now + timedelta(milliseconds=1) if now == run.waits_until else now


def stands_still(run: Run, now: datetime) -> bool:
    """Tell whether nothing but a message, or somebody who looks at it, carries the run on."""
    return run.status is RunStatus.RUNNING or (run.waits_until is not None and run.waits_until <= now)
