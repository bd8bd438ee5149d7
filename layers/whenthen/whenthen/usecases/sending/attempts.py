"""Let a job be tried again whose effect did not happen: when its step says, as its provider wishes, or never."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import backoff
from whenthen.domain.common.errors import AccountRefused, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import actions
from whenthen.domain.runs.run import JobStatus, Outcome
from whenthen.usecases.sending.job_queues import send_again

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from whenthen.domain.common.errors import AnswerLost, Throttled
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.runs.run import Job
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import JobQueues, RunLedger, Sequences

HELD = ReasonCode("job.held")
# `reason` is that of the last attempt.
GIVEN_UP = ReasonCode("retry.given_up", "count", "reason")


class Attempts(Struct, frozen=True):
    """Put a job off, or give it up: by time, by attempts, or by what its step says."""

    runs: RunLedger
    queues: JobQueues
    sequences: Sequences
    clock: Clock

    def again(
        self, job: Job, step: Step, zone: ZoneInfo, error: AnswerLost | Temporary, rest: float | None
    ) -> Outcome | None:
        """Let the job be tried again when its step says; return its outcome if that was long or often enough.

        rest   seconds until it tries its channel again, which is paused: then this was no attempt. No time is too long
               for an account that is refused, since no job is the cause
        """
        if rest is not None and isinstance(error, AccountRefused):
            return self._put_off(job, error.reason, rest)
        now, wish = self.clock.now(), error.retry_after if isinstance(error, Temporary) else None
        job = replace(job, failing_since=job.failing_since or now)
        if (given_up := _given_up(job, step, error, now)) is not None:
            return Outcome(JobStatus.FAILED, given_up)
        if rest is not None:
            return self._put_off(job, error.reason, rest)
        own = actions()[step.action].retries
        pause = (
            wish if wish is not None and own is None else (own or backoff.NOT_DONE).pause(job.id, job.attempts, wish)
        )
        at = step.retry.next_at(job.attempts, now, zone)
        until = now + timedelta(seconds=pause) if at is None else max(at, now + timedelta(seconds=wish or 0))
        is_long = at is not None or pause > backoff.LONGEST_PAUSE
        if is_long and self.runs.hold(job, error.reason, until):
            self.wait(replace(job, held_until=until))
            return None
        self.runs.release(job, error.reason)
        raise Temporary(error.reason, retry_after=pause)

    def wait(self, job: Job) -> None:
        """Wait with a job that is held: a short time on its queue, a long one on the state machine.

        Raises Temporary for a short time: then the message comes back.
        """
        until = job.held_until or job.due
        seconds = (until - self.clock.now()).total_seconds()
        if seconds <= backoff.LONGEST_PAUSE:
            raise Temporary(job.reason or HELD(), retry_after=max(seconds, 1.0))
        self.sequences.wait(job.run_id, job.step_group, until)

    def postpone(self, job: Job, error: Throttled) -> Outcome | None:
        """Put the job off; this was no attempt, so it is given up by time."""
        now, wish = self.clock.now(), error.retry_after or 0.0
        since = job.throttled_since or max(at for at in (job.due, job.held_until, job.woken_at) if at is not None)
        if backoff.is_over(since, now):
            return Outcome(JobStatus.FAILED, backoff.given_up(error.reason))
        if wish > backoff.LONGEST_PAUSE:
            self._hold_as_asked(job, error.reason, now + timedelta(seconds=wish))
            return None
        return self._put_off(job, error.reason, backoff.pause(job.id, job.postponed + 1, error.retry_after))

    def _hold_as_asked(self, job: Job, reason: Reason, until: datetime) -> None:
        """Hold a job whose provider asks for a longer pause than a queue makes. Raises Temporary if it changed."""
        if not self.runs.postpone(job, reason):
            return
        job = replace(
            job,
            status=JobStatus.PENDING,
            postponed=job.postponed + 1,
            held_until=until,
            reason=reason,
            throttled_since=job.throttled_since or self.clock.now(),
        )
        if not self.runs.hold(job, reason, until):
            raise Temporary(reason, retry_after=backoff.LONGEST_PAUSE)
        self.wait(job)

    def _put_off(self, job: Job, reason: Reason, delay: float) -> Outcome | None:
        """Send the job again after a while: as its channel throttles, or as this job is to try it again.

        The job is released before its message is sent, which may arrive at once.
        """
        if self.runs.postpone(job, reason):
            send_again(self.queues, job, min(delay, backoff.LONGEST_PAUSE))
        return None


def _given_up(job: Job, step: Step, error: AnswerLost | Temporary, now: datetime) -> Reason | None:
    """Say that the job is given up, if it was tried often enough or for long enough; None if it is tried again."""
    bounds = (step.retry.attempts, error.attempts if isinstance(error, Temporary) else None)
    if any(most is not None and job.attempts >= most for most in bounds):
        return GIVEN_UP(count=job.attempts, reason=error.reason)
    lasts = step.retry.lasts
    if lasts is not None and now - (job.failing_since or now) >= lasts:
        return backoff.given_up(error.reason, lasts)
    return None
