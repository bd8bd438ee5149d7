"""perform_job: one step's effect on the outside, at most once where the channel cannot tell repetitions apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from whenthen.domain.common import backoff
from whenthen.domain.common.errors import AnswerLost, NotFound, Permanent, Refused, Temporary, Throttled
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.usecases.runs.orchestrator import send_again

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Step
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.orchestrator import Orchestrator

LEASE = timedelta(seconds=90)
"""How long a claim holds: longer than any action function may run, shorter than its queue's visibility."""

BACKOFF = (5, 20, 60, 180, 300, 600, 900)
"""Seconds before the next attempt, by how many there were; a provider's own wish goes first."""


class Effect(Protocol):
    """An effect that is ready to be had: everything about it is known and checked."""

    def perform(self) -> Outcome:
        """Have it. Raises Temporary if it did not happen, Throttled if not now, AnswerLost if it may have happened.

        Permanent or Refused for good.
        """


class Channel(Protocol):
    """Turns steps into effects. `repeatable`: the outside takes the job's id as an idempotency key."""

    @property
    def repeatable(self) -> bool:
        """Whether an effect whose answer was lost may be had again."""

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> Effect | Outcome:
        """Render, read secrets and check; the outcome, where there is nothing to be done.

        Raises Refused or Permanent, Temporary where something cannot be read now.
        """


class PerformJob(Struct, frozen=True):
    """Claims the job, has its effect, writes its outcome, and lets the run go on.

    Where the outside says "not now", the job is sent again by a message of its own, and this one is done with: it
    may be long until then, and a message is received only so often. A crash between the two leaves two messages,
    of which the second to arrive finds the job claimed or ended.
    """

    orchestrator: Orchestrator
    channel: Channel

    def __call__(self, run_id: str, step_id: str, occurrence: int) -> None:
        """Raises Temporary when the job is to be tried again, NotFound when there is no such job."""
        state = self.orchestrator.runs.load(run_id)
        job = find_job(state, run_id, step_id, occurrence)
        if state is None or job.status.final or self._perform(state, job):
            self.orchestrator.on_job_finished(run_id)

    def _perform(self, state: RunState, job: Job) -> bool:
        """Whether the job has its outcome; False if it was sent again."""
        clock, runs = self.orchestrator.clock, self.orchestrator.runs
        rule = self.orchestrator.rule_of(state.run)
        step = rule.step(job.step_id)
        prepared = self._prepare(state, job, step)
        now = clock.now()
        if isinstance(prepared, Outcome) and job.status is JobStatus.PENDING:
            # Nothing goes out, so nothing is claimed: a worker that dies here must not seem to have sent.
            if not runs.complete(job, prepared, now):
                raise Temporary("another worker has taken this job meanwhile", retry_after=1)
            return True
        claimed = runs.claim(job, now=now, lease_until=now + LEASE, repeatable=self.channel.repeatable)
        if claimed.status.final:
            return True
        outcome = prepared if isinstance(prepared, Outcome) else self._execute(prepared, claimed, step)
        if outcome is None:
            return False
        runs.complete(claimed, outcome, clock.now())
        return True

    def _prepare(self, state: RunState, job: Job, step: Step) -> Effect | Outcome:
        """Everything that can fail without an effect. Raises Temporary: then the job is as it was."""
        if state.run.status.final:
            return Outcome(JobStatus.SKIPPED, f"the run is {state.run.status}: {state.run.reason}")
        try:
            return self.channel.prepare(job, step, self.orchestrator.context(state, job.due))
        except (Refused, Permanent) as error:
            return Outcome(JobStatus.FAILED, error.reason)

    def _execute(self, effect: Effect, job: Job, step: Step) -> Outcome | None:
        """Have the effect; None where the job was sent again. Raises Temporary: then its message is to come back."""
        try:
            return effect.perform()
        except (Refused, Permanent) as error:
            return Outcome(JobStatus.FAILED, error.reason)
        except AnswerLost as error:
            if not self.channel.repeatable:
                return Outcome(JobStatus.UNKNOWN, f"it may have been sent: {error.reason}")
            return self._again(job, step, error.reason, None)
        except Throttled as error:
            return self._postpone(job, error)
        except Temporary as error:
            return self._again(job, step, error.reason, error.retry_after)

    def _again(self, job: Job, step: Step, reason: str, wish: float | None) -> Outcome:
        if job.attempts >= step.attempts:
            several = f"given up after {job.attempts} attempts: {reason}"
            return Outcome(JobStatus.FAILED, several if job.attempts > 1 else f"given up after 1 attempt: {reason}")
        self.orchestrator.runs.release(job, reason)
        raise Temporary(reason, retry_after=retry_delay(job.attempts) if wish is None else wish)

    def _postpone(self, job: Job, error: Throttled) -> Outcome | None:
        """No attempt: it is given up by time. The job is free before its message is sent, which may arrive at once."""
        if backoff.is_over(job.due, self.orchestrator.clock.now()):
            return Outcome(JobStatus.FAILED, backoff.given_up(error.reason))
        if self.orchestrator.runs.postpone(job, error.reason):
            delay = backoff.pause(job.id, job.postponed + 1, error.retry_after)
            send_again(self.orchestrator.queues, job, delay)
        return None


def retry_delay(attempts: int) -> float:
    """Seconds to wait after so many attempts."""
    return BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]


def find_job(state: RunState | None, run_id: str, step_id: str, occurrence: int) -> Job:
    """The job of a message. Raises NotFound: its run has expired, or it never was."""
    for job in state.jobs if state else ():
        if job.step_id == step_id and job.occurrence == occurrence:
            return job
    raise NotFound(f"there is no job for step {step_id} ({occurrence}) of run {run_id}")
