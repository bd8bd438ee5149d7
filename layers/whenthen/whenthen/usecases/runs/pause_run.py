"""pause_run, resume_run: hold a run for an admin, and let it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Conflict, NotFound
from whenthen.domain.runs.pausing import PAUSED_BY, free_moment, next_step_group, stands_still
from whenthen.domain.runs.run import RunStatus
from whenthen.ports.reason_codes import RUN_NOT_FOUND
from whenthen.usecases.runs.perform_job import RUN_ENDED

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.runs.run import Run
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState


def hand_over(sequences: Sequences, run: Run, now: datetime) -> None:
    """Let advance_sequence carry the run on at once, called by the state machine as at the end of a wait."""
    sequences.wait(run.id, next_step_group(run), free_moment(run, now))


def end_pause(runs: RunLedger, sequences: Sequences, run: Run, now: datetime) -> None:
    """Let a run's pause end now. May be repeated after a crash at any point: until it is over, the run is paused."""
    if runs.end_pause(run.id, free_moment(run, now)):
        hand_over(sequences, run, now)


class PauseRun(Struct, frozen=True):
    """Pause a run: what is under way ends, and nothing else begins until the run is resumed."""

    runs: RunLedger
    clock: Clock

    def __call__(self, run_id: str, *, by: str) -> RunState:
        """Pause the run and return it. Raises NotFound; Conflict if it has its outcome."""
        paused = self.runs.pause(run_id, PAUSED_BY(by=by), self.clock.now(), anew=True)
        return paused or refuse_ended(self.runs, run_id)


class ResumeRun(Struct, frozen=True):
    """Resume a paused run: a wait that was over meanwhile ends now."""

    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(self, run_id: str) -> RunState:
        """Resume the run and return it; one that goes on stays as it is. Raises NotFound; Conflict if it ended."""
        state = self.runs.load(run_id)
        if state is None or state.run.status.final:
            return refuse_ended(self.runs, run_id)
        run, now = state.run, self.clock.now()
        if run.status is not RunStatus.PAUSED:
            if stands_still(run, now):  # an earlier call may have died before it handed the run over
                hand_over(self.sequences, run, now)
            return state
        end_pause(self.runs, self.sequences, run, now)
        loaded = self.runs.load(run_id) or state
        return self.runs.resume(loaded.run, free_moment(run, now)) or self.runs.load(run_id) or loaded


def refuse_ended(runs: RunLedger, run_id: str) -> RunState:
    """Return the run if it is open. Raises NotFound, and Conflict if it has its outcome."""
    state = runs.load(run_id)
    if state is None:
        raise NotFound(RUN_NOT_FOUND(run=run_id))
    if state.run.status.final:
        raise Conflict(RUN_ENDED(outcome=state.run.status.value, reason=state.run.reason))
    return state
