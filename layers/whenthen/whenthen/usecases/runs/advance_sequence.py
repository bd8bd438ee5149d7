"""advance_sequence: enter the step group of a run whose wait is over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.runs.planner import end_of_wait
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.runs.wait_legs import end_of_next_leg

if TYPE_CHECKING:
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.orchestrator import Orchestrator


class AdvanceSequence(Struct, frozen=True):
    """Dispatch the step group that is due. The ledger decides whether it is: a wait that was moved or ended is void."""

    orchestrator: Orchestrator
    runs: RunLedger
    sequences: Sequences

    def __call__(self, run_id: str, step_group: int, until: datetime) -> bool:
        """Advance the run whose wait for `step_group` lasted `until`. Returns whether the run exists.

        An open run never expires, so a run that is gone was over long ago. Raises Temporary; may be repeated after a
        crash at any point.
        """
        state = self.runs.load(run_id)
        if state is None:
            return False
        run = state.run
        if run.step_group >= step_group:
            self.orchestrator.catch_up(state)
        elif run.status is RunStatus.WAITING and run.step_group + 1 == step_group and run.waits_until is not None:
            self._end_wait(state, until, run.waits_until)
        return True

    def _end_wait(self, state: RunState, until: datetime, due: datetime) -> None:
        """Enter the step group; or start the wait's next leg, if `until` ended only one of them, or was moved."""
        step_group = state.run.step_group + 1
        if until < due:
            self.sequences.wait(state.run.id, step_group, end_of_next_leg(due, until))
            return
        # The wait is over because the state machine says so, whatever the clock here shows.
        rule, context = self.orchestrator.rule_of(state.run), self.orchestrator.context(state, due)
        self.orchestrator.carry_out(state, end_of_wait(rule, state.run, context, due, state.jobs))
