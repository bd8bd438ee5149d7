"""follow_circuits: tell of channels that paused or go on, and let the jobs go that waited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.sending.circuits import CHANNEL_GOES_ON, ENGINE, Circuit, change_event
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange, Work

if TYPE_CHECKING:
    from whenthen.ports.background.work import Workers, WorkStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus


class FollowCircuits(Struct, frozen=True):
    """Follow the stored circuits, whoever changed them. Each change may be followed again: it has the same effects."""

    work: WorkStore
    workers: Workers
    bus: Bus
    clock: Clock

    def __call__(self, changes: Sequence[tuple[Circuit | None, Circuit]]) -> int:
        """Publish what the changes mean, and begin to let jobs go. Returns how many circuits paused. Raises Temporary.

        First the jobs, then the event: whoever hears that a channel goes on finds the work.
        """
        paused = 0
        for before, after in changes:
            event = change_event(before, after)
            if event is None:
                continue
            paused += after.blocks
            if not after.blocks:
                self._release(after)
            self.bus.publish([event])
        return paused

    def _release(self, circuit: Circuit) -> None:
        by, since = circuit.by or ENGINE, circuit.since or self.clock.now()
        work_id = ids.work_id(ENGINE, circuit.name, f"{circuit.version}#{since.timestamp()}")
        reason = CHANNEL_GOES_ON(channel=circuit.name, by=by, work=work_id)
        selection = Selection(withheld=circuit.name)
        new = Work(work_id, RunChange.RELEASE, selection, reason, by, self.clock.now(), rate=circuit.rate)
        stored = self.work.create(new)
        self.workers.start(stored.id, stored.turn)
