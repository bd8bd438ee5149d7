"""publish_outcomes: publish the outcomes of runs as events, and let the runs begin that follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.events.types import FINISHED
from whenthen.domain.runs.engine_events import finished_event
from whenthen.ports.values import Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from whenthen.domain.runs.run import Run
    from whenthen.ports.events import Bus, Preloading
    from whenthen.ports.runs import RunLedger, Sequences

_ASKED = Wanted(events=(), types=(FINISHED,))


class PublishOutcomes(Struct, frozen=True):
    """Publish the outcomes that the runs table's stream tells of, whoever wrote them, if a rule waits for outcomes."""

    preloading: Preloading
    runs: RunLedger
    bus: Bus
    sequences: Sequences

    def __call__(self, ended: Sequence[Run], too_early: Collection[str] = ()) -> int:
        """Publish the events of these runs, but for shadows; none if no rule waits for outcomes. Raises Temporary.

        Returns how many events there were. Whether a rule waits is asked once for all. Before that, each run that
        follows one of them is called: its execution waits for nothing. So are those `too_early`: they have jobs that
        nobody has begun, such as messages that limits held, and these are skipped at once.
        """
        for run in ended:
            if run.id in too_early:
                self.sequences.wait(run.id, max(run.step_group, 0), run.finished_at or run.started_at)
        for run in ended:
            for follower in run.followers:
                self.sequences.wait(follower, -1 - run.turn, run.finished_at or run.started_at)
        telling = [run for run in ended if not run.shadow]
        if not telling or not self._awaited():
            return 0
        states = [self.runs.load(run.id) for run in telling]
        events = [finished_event(run, state.event) for run, state in zip(telling, states, strict=True) if state]
        if events:
            self.bus.publish(events)
        return len(events)

    def _awaited(self) -> bool:
        found = self.preloading.read(_ASKED)
        return len(found.rules[FINISHED]) > 0 or FINISHED in found.signals
