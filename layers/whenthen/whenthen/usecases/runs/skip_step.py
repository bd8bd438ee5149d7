"""skip_step: leave out a step of a run that has not begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Conflict, Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.runs.pausing import SKIPPED_BY, skip_of
from whenthen.domain.runs.run import JobStatus, Outcome
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.runs.pause_run import hand_over, refuse_ended

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Job
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState

ATTEMPTS = 4

# The run's version of its rule has no such step.
NO_SUCH_STEP = ReasonCode("step.not_found", "step", "known")
# The step is being performed, or has its outcome.
STEP_BEGUN = ReasonCode("step.begun", "step", "outcome")


class SkipStep(Struct, frozen=True):
    """Skip a step that is still to come when it is due, and one that is due at once."""

    rules: RuleBook
    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(self, run_id: str, step_id: str, *, by: str) -> RunState:
        """Skip the step and return the run. Raises NotFound; Invalid for an unknown step; Conflict if it has begun."""
        for _ in range(ATTEMPTS):
            state = refuse_ended(self.runs, run_id)
            known = [step.id for step in self.rules.version(state.run.rule_id, state.run.rule_version).steps]
            if step_id not in known:
                raise Invalid.field("step", NO_SUCH_STEP(step=step_id, known=known))
            job = next((each for each in state.jobs if each.step_id == step_id), None)
            skipped = self._note(state, step_id, by) if job is None else self._skip(state, job, by)
            if skipped is not None:
                return skipped
        raise Conflict(CONTENDED(subject=run_id))

    def _note(self, state: RunState, step_id: str, by: str) -> RunState | None:
        """Note that the step is skipped when it is due. None if it came due meanwhile."""
        if skip_of(state.run, step_id) is not None:
            return state
        return self.runs.skip(state.run.id, step_id, by)

    def _skip(self, state: RunState, job: Job, by: str) -> RunState | None:
        """Skip a step that is due, and let the run go on. None if it began or ended meanwhile."""
        done_before = job.status is JobStatus.SKIPPED and job.reason is not None and job.reason.code == SKIPPED_BY.code
        if not done_before and job.status is not JobStatus.PENDING:
            raise Conflict(STEP_BEGUN(step=job.step_id, outcome=job.status.value))
        now = self.clock.now()
        outcome = Outcome(JobStatus.SKIPPED, SKIPPED_BY(by=by))
        ended = state if done_before else self.runs.complete(job, outcome, now)
        if ended is not None and ended.run.status.going:
            hand_over(self.sequences, ended.run, now)
        return ended
