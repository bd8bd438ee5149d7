"""publish_outcomes: publish a run's outcome as an event, if a rule's trigger or exit names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.events.types import FINISHED
from whenthen.domain.runs.engine_events import finished_event

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run
    from whenthen.ports.events import Bus
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger


class PublishOutcomes(Struct, frozen=True):
    """Publish the outcomes that the runs table's stream tells of, whoever wrote them."""

    rules: RuleBook
    runs: RunLedger
    bus: Bus

    def __call__(self, run: Run) -> bool:
        """Publish the run's event; return False if no rule waits for it or the run was a shadow. Raises Temporary."""
        if run.shadow or not self._awaited():
            return False
        state = self.runs.load(run.id)
        if state is None:
            return False
        self.bus.publish([finished_event(run, state.event)])
        return True

    def _awaited(self) -> bool:
        return bool(self.rules.considered(FINISHED)) or FINISHED in self.rules.exit_types()
