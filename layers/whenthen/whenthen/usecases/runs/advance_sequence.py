"""advance_sequence: begin a run, or enter its next step group, when the state machine says that it is due."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.runs.planner import due_step_group, enter_step_group
from whenthen.usecases.runs.orchestrator import Orchestrator, send_jobs

if TYPE_CHECKING:
    from whenthen.ports.runs import JobQueues, RunLedger, Sequences
    from whenthen.ports.values import RunState


class AdvanceSequence(Struct, frozen=True):
    """Dispatch the step group that is due. The state machine waits with `token` until its jobs have ended."""

    orchestrator: Orchestrator
    runs: RunLedger
    queues: JobQueues
    sequences: Sequences

    def __call__(self, run_id: str, token: str, step_group: int | None, due: datetime | None) -> bool:
        """Advance the run. `step_group` and `due` come from the last answer; both are None at the first call.

        Returns whether the run exists. A waiting run never expires, so a run that is gone was over long ago (it was
        stopped, and its execution left waiting): all that is left is to let the execution end.
        """
        self.runs.keep_token(run_id, token)
        state = self.runs.load(run_id)
        if state is None:
            self.sequences.answer(token, {"more": False})
            return False
        state = replace(state, run=replace(state.run, token=token))
        if state.run.status.final:
            self.sequences.answer(token, {"more": False})
        elif state.run.step_group >= (step_group or 0):
            self._resume(state)
        else:
            self._begin(state, step_group, due)
        return True

    def _begin(self, state: RunState, step_group: int | None, due: datetime | None) -> None:
        rule, now = self.orchestrator.rule_of(state.run), due or state.run.due
        context = self.orchestrator.context(state, now)
        if step_group is None or due is None:
            move = enter_step_group(rule, state.run, 0, context, state.run.due, state.jobs)
        else:
            # The wait is over because the state machine says so, whatever the clock here shows.
            move = due_step_group(rule, step_group, context, due)
        self.orchestrator.carry_out(state, move)

    def _resume(self, state: RunState) -> None:
        """Send the jobs without an outcome again: an earlier attempt dispatched the step group and then died."""
        send_jobs(self.queues, state.jobs)
        self.orchestrator.on_job_finished(state.run.id)
