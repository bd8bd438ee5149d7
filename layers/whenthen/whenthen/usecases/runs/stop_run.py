"""stop_run: end a run for an admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import NotFound
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.scheduling.wait_legs import end_of_leg
from whenthen.ports.reason_codes import RUN_NOT_FOUND

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Run
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState

# `by` is the id of the API key that stopped a run or an import.
STOPPED_BY = ReasonCode("admin.stopped", "by")


def stop_wait(sequences: Sequences, run: Run, reason: Reason, now: datetime) -> None:
    """End the execution that holds the run's wait. Only to tidy up: one left waiting finds that its run has ended."""
    if run.waits_until is not None:
        sequences.stop(run.id, run.step_group + 1, end_of_leg(run.waits_until, now), reason)


class StopRun(Struct, frozen=True):
    """Stop a run: finished steps stay done, later steps do not happen."""

    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(self, run_id: str, *, by: str) -> RunState:
        """Stop the run and return it; one that has its outcome keeps it. Raises NotFound."""
        state = self.runs.load(run_id)
        if state is None:
            raise NotFound(RUN_NOT_FOUND(run=run_id))
        reason = STOPPED_BY(by=by)
        if self.runs.finish(state.run, RunStatus.STOPPED, reason, self.clock.now()):
            stop_wait(self.sequences, state.run, reason, self.clock.now())
        return self.runs.load(run_id) or state
