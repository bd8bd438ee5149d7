"""Tell what a run waits for, which steps are to come, and which it never reached. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.run import Job, JobStatus, Run, RunStatus

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Rule, Step

WAITS_FOR_TIME = ReasonCode("waits.time", "step", "due")
# A step is in its channel's queue, or a worker performs it.
WAITS_FOR_STEP = ReasonCode("waits.step", "step")
# `reason` is that of the last attempt.
WAITS_FOR_RETRY = ReasonCode("waits.retry", "step", "due", "reason")
# `reason` is that of the hold.
WAITS_FOR_LIMITS = ReasonCode("waits.limits", "step", "reason")
# The run of this rule, which the same event started, has to be over first.
WAITS_FOR_RULE = ReasonCode("waits.rule", "rule", "name")
WAITS_WHILE_PAUSED = ReasonCode("waits.paused")


class WaitsFor(StrEnum):
    """List what an open run may wait for."""

    TIME = "time"
    STEP = "step"
    RETRY = "retry"
    LIMITS = "limits"
    RULE = "rule"
    RESUME = "resume"


class Waiting(Struct, frozen=True):
    """Say what an open run waits for, and until when (None: nobody knows)."""

    what: WaitsFor
    until: datetime | None
    reason: Reason


class Ahead(Struct, frozen=True):
    """Name a step that a run may still come to, and when it is due (None: that depends on what comes before it)."""

    step: Step
    due: datetime | None = None


def waits_of(run: Run, jobs: Sequence[Job], rule: Rule) -> Waiting | None:
    """Return what the run waits for; None for one that is over."""
    if run.status.final:
        return None
    if run.status is RunStatus.PAUSED:
        return Waiting(WaitsFor.RESUME, None, WAITS_WHILE_PAUSED())
    if run.is_in_line:
        return Waiting(WaitsFor.RULE, None, WAITS_FOR_RULE(rule=run.follows_rule, name=run.follows_name))
    if run.status is RunStatus.WAITING and run.waits_until is not None:
        return _wait(run, run.waits_until, rule)
    open_jobs = [job for job in jobs if not job.status.final]
    return _job(open_jobs[0]) if open_jobs else None


def _wait(run: Run, until: datetime, rule: Rule) -> Waiting:
    first = rule.step_groups[run.step_group + 1][0]
    return Waiting(WaitsFor.TIME, until, WAITS_FOR_TIME(step=first.id, due=format_time(until)))


def _job(job: Job) -> Waiting:
    if job.status is JobStatus.PENDING and job.held_until is not None:
        if job.limited:
            return Waiting(WaitsFor.LIMITS, job.held_until, WAITS_FOR_LIMITS(step=job.step_id, reason=job.reason))
        reason = WAITS_FOR_RETRY(step=job.step_id, due=format_time(job.held_until), reason=job.reason)
        return Waiting(WaitsFor.RETRY, job.held_until, reason)
    return Waiting(WaitsFor.STEP, None, WAITS_FOR_STEP(step=job.step_id))


def to_come(run: Run, rule: Rule) -> list[Ahead]:
    """Return the steps that an open run may still come to, in their order."""
    return [] if run.status.final else _behind(run, rule)


def not_reached(run: Run, rule: Rule) -> list[Ahead]:
    """Return the steps that a run was over before it came to them, in their order."""
    return _behind(run, rule) if run.status.final and not run.shadow else []


def _behind(run: Run, rule: Rule) -> list[Ahead]:
    following = run.step_group + 1
    return [
        Ahead(step, run.waits_until if number == following else None)
        for number, step_group in enumerate(rule.step_groups)
        for step in step_group
        if number >= following
    ]
