"""advance_sequence: enter the step group of a run whose wait is over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.runs.pausing import pause_is_over
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.scheduling.wait_legs import end_of_next_leg

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.orchestrator import Orchestrator


class AdvanceSequence(Struct, frozen=True):
    """Dispatch the step group that is due. The ledger decides whether it is: a wait that was moved or ended is void."""

    orchestrator: Orchestrator
    runs: RunLedger
    sequences: Sequences

    def __call__(self, run_id: str, step_group: int, until: datetime) -> bool:
        """Advance the run whose wait for `step_group`, or whose pause, lasted `until`. Returns whether the run exists.

        A negative `step_group` says that a run is over which this one may follow: then it catches up, or begins.
        An open run never expires, so a run that is gone was over long ago. Raises Temporary; may be repeated after a
        crash at any point.
        """
        state = self.runs.load(run_id)
        if state is None:
            return False
        if pause_is_over(state.run, until):
            state = self.runs.resume(state.run, until) or self.runs.load(run_id) or state
        run = state.run
        if run.step_group >= step_group:
            self._end_holds(state, until)
            self.orchestrator.catch_up(state)
        elif run.status is RunStatus.WAITING and run.step_group + 1 == step_group and run.waits_until is not None:
            self._end_wait(state, until, run.waits_until)
        elif run.begun_only:
            self.orchestrator.catch_up(state)
        self._go_on_pausing(state.run, step_group, until)
        return True

    def _go_on_pausing(self, run: Run, step_group: int, until: datetime) -> None:
        """Start the next leg of a long pause, if `until` ended only one of them."""
        if run.status is RunStatus.PAUSED and run.paused_until is not None and until < run.paused_until:
            self.sequences.wait(run.id, step_group, end_of_next_leg(run.paused_until, until))

    def _end_holds(self, state: RunState, until: datetime) -> None:
        """Let jobs be tried again that were held until now: the state machine says that it is time."""
        if state.run.status.final:
            # Those that nobody has begun of a run that is over are skipped by whoever performs them.
            self.orchestrator.send([job for job in state.jobs if job.status is JobStatus.PENDING])
            return
        for job in state.jobs:
            if job.held_until is not None and job.held_until <= until:
                self.orchestrator.free(job, until)

    def _end_wait(self, state: RunState, until: datetime, due: datetime) -> None:
        """Enter the step group; or start the wait's next leg, if `until` ended only one of them, or it was moved."""
        orchestrator, run = self.orchestrator, state.run
        if until >= due:
            # The wait is over because the state machine says so, whatever the clock here shows.
            (orchestrator.end_gathering if run.gathering else orchestrator.end_wait)(state, due)
            return
        # The record may have changed while the run was paused, when nobody looked.
        if orchestrator.follow_date(state, until):
            return
        self.sequences.wait(run.id, run.step_group + 1, end_of_next_leg(due, until))
        orchestrator.look_for_event(state)  # it may have come while the run was paused
