"""stop_run: an admin ends a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import NotFound
from whenthen.domain.runs.run import RunStatus

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState


class StopRun(Struct, frozen=True):
    """What was done stays done; what is still to come does not happen."""

    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(self, run_id: str, *, by: str) -> RunState:
        """The run as it stands then; one that has its outcome keeps it. Raises NotFound."""
        state = self.runs.load(run_id)
        if state is None:
            raise NotFound(f"there is no run {run_id}")
        reason = f"stopped by {by}"
        if self.runs.finish(state.run, RunStatus.STOPPED, reason, self.clock.now()):
            self.sequences.stop(run_id, reason)
        return self.runs.load(run_id) or state
