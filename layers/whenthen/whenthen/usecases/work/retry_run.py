"""retry_run: let a run go on that failed, from the step that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.delivery.mail_reports import with_reached
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.runs.pause_run import hand_over
from whenthen.usecases.sending.job_queues import channel_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Job
    from whenthen.domain.work.selection import Selection
    from whenthen.domain.work.work import Work
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState

RETRIED, OTHER, KEPT = "retried", "other", "kept"
"""Tell what became of a run: it goes on; its step is of another channel; it stays as it ended, for a reason."""

# No step of the run ended in this way, so there is nothing to try again.
NO_STEP = ReasonCode("retry.no_step", "status")
# An event came that would have stopped the run, or somebody changed it meanwhile.
STAYS = ReasonCode("retry.stays")


class RetryRun(Struct, frozen=True):
    """Open an ended run, and its jobs that ended in the same way: they are tried as if for the first time.

    Whom a mail of such a job reached before gets no other.
    """

    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(self, work: Work, state: RunState) -> tuple[str, Reason | None]:
        """Let the run go on. Returns what became of it, and why it stays as it is. Raises Temporary.

        May be repeated after a crash: a run that was let go on since this work began was so by it.
        """
        run = state.run
        if run.retried_at is not None and run.retried_at >= work.created_at:
            if not run.status.final:
                self._carry_on(state)
            return RETRIED, None
        if not work.selection.takes(run):
            return "over", None
        failed = _failed(state.jobs, work.selection)
        if not failed:
            return KEPT, NO_STEP(status=run.status.value)
        if work.selection.channel and all(channel_of(job) != work.selection.channel for job in failed):
            return OTHER, None
        if not self.runs.reopen(run, [with_reached(job) for job in failed], self.clock.now()):
            return KEPT, STAYS()
        self._carry_on(self.runs.load(run.id) or state)
        return RETRIED, None

    def _carry_on(self, state: RunState) -> None:
        """Let the state machine call advance_sequence, which sends the jobs."""
        hand_over(self.sequences, state.run, self.clock.now())


def _failed(jobs: Sequence[Job], selection: Selection) -> list[Job]:
    return [job for job in jobs if job.status is JobStatus(selection.outcome)]
