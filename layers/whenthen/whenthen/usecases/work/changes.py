"""Change one run of many. Each change may be repeated, and tells the same again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.work import Failure, RunChange, Work
from whenthen.usecases.runs.pause_run import end_pause, hand_over
from whenthen.usecases.runs.stop_run import stop_wait

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.move_run import MoveRun
    from whenthen.usecases.work.retry_run import RetryRun

OVER = "over"
"""The run had its outcome, or was gone, before its turn came."""


class Changed(Struct, frozen=True):
    """Say what became of one run: a word that is counted, and why it could not be changed."""

    outcome: str
    failure: Failure | None = None


class ChangeRun(Struct, frozen=True):
    """Make a change to one run."""

    runs: RunLedger
    sequences: Sequences
    clock: Clock
    move: MoveRun
    retry: RetryRun

    def __call__(self, work: Work, run_id: str) -> Changed:
        """Make the work's change to the run, and tell what became of it. Raises Temporary."""
        state = self.runs.load(run_id)
        return Changed(OVER) if state is None else _CHANGES[work.change](self, work, state)

    def _stop(self, work: Work, state: RunState) -> Changed:
        run, now = state.run, self.clock.now()
        if not run.status.final and self.runs.finish(run, RunStatus.STOPPED, work.reason, now):
            stop_wait(self.sequences, run, work.reason, now)
            return Changed("stopped")
        ended = self.runs.load(run.id)
        return Changed("stopped" if ended and ended.run.reason == work.reason else OVER)

    def _pause(self, work: Work, state: RunState) -> Changed:
        if state.run.status.final:
            return Changed(OVER)
        paused = self.runs.pause(state.run.id, work.reason, self.clock.now(), anew=True)
        return Changed("paused" if paused else OVER)

    def _resume(self, work: Work, state: RunState) -> Changed:
        del work
        if state.run.status.final:
            return Changed(OVER)
        end_pause(self.runs, self.sequences, state.run, self.clock.now())
        return Changed("resumed")

    def _move(self, work: Work, state: RunState) -> Changed:
        if state.run.status.final or work.target is None:
            return Changed(OVER)
        if state.run.rule_version == work.target:
            return Changed("moved")
        reason = self.move(state, work.target)
        return Changed("moved") if reason is None else Changed("kept", Failure(state.run.id, reason))

    def _retry(self, work: Work, state: RunState) -> Changed:
        outcome, reason = self.retry(work, state)
        return Changed(outcome, None if reason is None else Failure(state.run.id, reason))

    def _release(self, work: Work, state: RunState) -> Changed:
        del work
        run, now = state.run, self.clock.now()
        if run.status.final:
            return Changed(OVER)
        if run.status.going:
            hand_over(self.sequences, run, now)
            self.runs.let_go(run.id, now)
        return Changed("released")

    def _recheck(self, work: Work, state: RunState) -> Changed:
        """Let the messages of the run be looked at anew that limits hold: those that must not go are held again."""
        del work
        run, now = state.run, self.clock.now()
        held = [job for job in state.jobs if job.limited and job.is_held(now)]
        if run.status is not RunStatus.RUNNING or not held:
            return Changed(OVER)
        for job in held:
            self.runs.free(job, job.held_until or now, now, woken_at=now)
        hand_over(self.sequences, run, now)
        return Changed("rechecked")


_CHANGES: Mapping[RunChange, Callable[[ChangeRun, Work, RunState], Changed]] = {
    RunChange.STOP: ChangeRun._stop,  # noqa: SLF001 - the table is of this class
    RunChange.PAUSE: ChangeRun._pause,  # noqa: SLF001
    RunChange.RESUME: ChangeRun._resume,  # noqa: SLF001
    RunChange.MOVE: ChangeRun._move,  # noqa: SLF001
    RunChange.RELEASE: ChangeRun._release,  # noqa: SLF001
    RunChange.RECHECK: ChangeRun._recheck,  # noqa: SLF001
    RunChange.RETRY: ChangeRun._retry,  # noqa: SLF001
}
