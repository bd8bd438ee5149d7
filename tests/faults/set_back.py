"""Tables that are set back to an earlier time, while all that is outside of them stays as it is."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from tests.usecases.fakes.world import World
from whenthen.domain.events.event import format_time
from whenthen.domain.sending.restored import SUBJECT

SWEEP = timedelta(minutes=5)


class Backup:
    """Keep the tables of a world as they are at one moment, and set them back to it."""

    def __init__(self, world: World) -> None:
        self.at: datetime = world.clock.now()
        self._world = world
        held = {id(value): value for value in self._outside()}
        self._held = deepcopy([dict(vars(store)) for store in self._stores()], held)

    def _stores(self) -> list[Any]:
        """List the fakes that stand for a table, or for a part of one."""
        world = self._world
        own = [world.rules, world.log, world.records, world.occurrences, world.sweeps, world.enrolments, world.runs]
        own += [world.imports, world.work, world.failing, world.budgets, world.settings, world.threads]
        own += [world.lead_forms, world.send_logs, world.notices, world.message_log]
        return [*own, world.sources, world.rejections, world.claim_key.keys]

    def _outside(self) -> list[Any]:
        """List what a table refers to and does not hold: other tables, queues, and who listens to changes."""
        stores = self._stores()
        return [*stores, self._world, *self._world.queues.values(), self._world.clock]

    def restore(self) -> None:
        """Set the tables back."""
        for store, held in zip(self._stores(), self._held, strict=True):
            vars(store).clear()
            vars(store).update(held)


def says_what_is_unknown(world: World, until: datetime) -> None:
    """An operator says when sending ended before the tables were set back."""
    world.settings.save(SUBJECT, {"unknown_until": format_time(until)})


def goes_on(world: World, **by: float) -> None:
    """Let time pass, with the sweep for runs that stand still."""
    end = world.clock.now() + timedelta(**by)
    while world.clock.now() < end:
        world.pass_time(seconds=SWEEP.total_seconds())
        world.functions.resume_runs(lambda: True)
        world.settle()
