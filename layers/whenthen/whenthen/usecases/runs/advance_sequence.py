"""advance_sequence: the state machine says that a step group is due, or that a run begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.runs.planner import due_step_group, enter_step_group
from whenthen.usecases.runs.orchestrator import Orchestrator, send_jobs

if TYPE_CHECKING:
    from whenthen.ports.values import RunState


class AdvanceSequence(Struct, frozen=True):
    """Dispatch the step group that is due. The state machine waits with `token` until its jobs have ended."""

    orchestrator: Orchestrator

    def __call__(self, run_id: str, token: str, step_group: int | None, due: datetime | None) -> bool:
        """`step_group` and `due` are what the last answer said; both None when the execution has just begun.

        Returns whether there is such a run. One that waits never expires, so one that is gone was over long ago (it
        was stopped, and its execution left waiting): there is nothing left to do but to let the execution end.
        """
        runs = self.orchestrator.runs
        runs.keep_token(run_id, token)
        state = runs.load(run_id)
        if state is None:
            self.orchestrator.sequences.answer(token, {"more": False})
            return False
        state = replace(state, run=replace(state.run, token=token))
        if state.run.status.final:
            self.orchestrator.sequences.answer(token, {"more": False})
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
        """The step group was dispatched by an attempt that did not live to tell: send again what has no outcome."""
        send_jobs(self.orchestrator.queues, state.jobs)
        self.orchestrator.on_job_finished(state.run.id)
