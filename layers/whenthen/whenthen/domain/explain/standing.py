"""Tell what a run waits for, which steps are to come, and which it never reached. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import format_time
from whenthen.domain.rules.event_triggers import written_types
from whenthen.domain.runs.run import Job, JobStatus, Run, RunStatus
from whenthen.domain.sending.circuits import CHANNEL_FAILING, CHANNEL_PAUSED_BY
from whenthen.domain.sending.switch import SENDING_PAUSED

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Rule, Step

WAITS_FOR_TIME = ReasonCode("waits.time", "step", "due")
# One of these events, or the end of the time.
WAITS_FOR_EVENT = ReasonCode("waits.event", "step", "events", "due")
# A step is in its channel's queue, or a worker performs it.
WAITS_FOR_STEP = ReasonCode("waits.step", "step")
# `reason` is that of the last attempt.
WAITS_FOR_RETRY = ReasonCode("waits.retry", "step", "due", "reason")
# `reason` is that of the hold.
WAITS_FOR_LIMITS = ReasonCode("waits.limits", "step", "reason")
# The run of this rule, which the same event started, has to be over first.
WAITS_FOR_RULE = ReasonCode("waits.rule", "rule", "name")
# All sending of the installation is stopped.
WAITS_FOR_SENDING = ReasonCode("waits.sending", "step")
# The channel of the step is paused; `reason` says why.
WAITS_FOR_CHANNEL = ReasonCode("waits.channel", "step", "reason")
# Further events of a burst move `due`, to `latest` at most.
WAITS_FOR_EVENTS = ReasonCode("waits.events", "due", "latest")
WAITS_WHILE_PAUSED = ReasonCode("waits.paused")


_OF_CHANNEL = frozenset({CHANNEL_FAILING.code, CHANNEL_PAUSED_BY.code})


class WaitsFor(StrEnum):
    """List what an open run may wait for."""

    TIME = "time"
    EVENT = "event"
    STEP = "step"
    RETRY = "retry"
    LIMITS = "limits"
    RULE = "rule"
    EVENTS = "events"
    RESUME = "resume"
    SENDING = "sending"
    CHANNEL = "channel"


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
        return Waiting(WaitsFor.RESUME, run.paused_until, WAITS_WHILE_PAUSED())
    if (reason := reason_in_line(run)) is not None:
        return Waiting(WaitsFor.RULE, None, reason)
    if run.status is RunStatus.WAITING and run.waits_until is not None and run.gathering:
        due, latest = format_time(run.waits_until), format_time(run.settles_by or run.waits_until)
        return Waiting(WaitsFor.EVENTS, run.waits_until, WAITS_FOR_EVENTS(due=due, latest=latest))
    if run.status is RunStatus.WAITING and run.waits_until is not None:
        return _wait(run, run.waits_until, rule)
    open_jobs = [job for job in jobs if not job.status.final]
    return _job(open_jobs[0]) if open_jobs else None


def reason_in_line(run: Run) -> Reason | None:
    """Return the rule for which the run waits, as a reason; None if its turn has come."""
    return WAITS_FOR_RULE(rule=run.follows_rule, name=run.follows_name) if run.is_in_line else None


def _wait(run: Run, until: datetime, rule: Rule) -> Waiting:
    first = rule.step_groups[run.step_group + 1][0]
    if first.awaits is not None and run.awaits_since is not None:
        events = written_types(first.awaits.on)
        reason = WAITS_FOR_EVENT(step=first.id, events=events, due=format_time(until))
        return Waiting(WaitsFor.EVENT, until, reason)
    return Waiting(WaitsFor.TIME, until, WAITS_FOR_TIME(step=first.id, due=format_time(until)))


def _job(job: Job) -> Waiting:
    if job.status is JobStatus.PENDING and job.held_until is not None:
        if job.limited:
            return Waiting(WaitsFor.LIMITS, job.held_until, WAITS_FOR_LIMITS(step=job.step_id, reason=job.reason))
        reason = WAITS_FOR_RETRY(step=job.step_id, due=format_time(job.held_until), reason=job.reason)
        return Waiting(WaitsFor.RETRY, job.held_until, reason)
    if job.reason is not None and job.reason.code == SENDING_PAUSED.code:
        return Waiting(WaitsFor.SENDING, None, WAITS_FOR_SENDING(step=job.step_id))
    if job.reason is not None and job.reason.code in _OF_CHANNEL:
        return Waiting(WaitsFor.CHANNEL, None, WAITS_FOR_CHANNEL(step=job.step_id, reason=job.reason))
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
        Ahead(step, run.waits_until if number == following and not run.gathering else None)
        for number, step_group in enumerate(rule.step_groups)
        for step in step_group
        if number >= following
    ]
