"""A world of fakes whose processes die, whose messages come twice, and in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

from tests.simulation.story import Chaos
from tests.usecases.fakes.queues import Execution, FakeQueue, Message
from tests.usecases.fakes.world import Killed, World
from whenthen.domain.common.errors import WhenthenError

AT_REST = 20_000
"""Deliveries after which a story that has not come to rest never will."""


class Kills:
    """Count the moments before and after each call of a port, and kill at some of them."""

    def __init__(self, moments: tuple[int, ...]) -> None:
        self.moments = frozenset(moments)
        self.passed = 0
        self.last = ""

    def before(self, call: str) -> None:
        self._pass(f"before {call}")

    def after(self, call: str) -> None:
        self._pass(f"after {call}")

    def _pass(self, moment: str) -> None:
        self.last = moment
        self.passed += 1
        if self.passed in self.moments:
            raise Killed(moment)


class DisturbedWorld(World):
    """Deliver as SQS does: at least once, in any order. `killed`: when processes died, and where."""

    def __init__(self, chaos: Chaos) -> None:
        self.order = Random(chaos.shuffle)  # noqa: S311 - a story is told again in the same order
        self.chaos, self.deliveries = chaos, 0
        self.killed: list[tuple[datetime, str]] = []
        super().__init__(tap=Kills(chaos.kills))

    def settle(self) -> None:
        """Deliver all that can be delivered now."""
        while choices := self._choices():
            self.deliveries += 1
            assert self.deliveries < AT_REST, "it never comes to rest"
            (self.order.choice(choices) if self.chaos.shuffle else choices[0])()

    def _choices(self) -> list[Callable[[], object]]:
        now = self.clock.now()
        visible = [
            partial(self._receive, name, queue, message)
            for name, queue in self.queues.items()
            for message in queue.messages
            if message.visible_at <= now
        ]
        return [*visible, *(partial(self.step, each) for each in self._ready_executions())]

    def _ready_executions(self) -> list[Execution]:
        return [each for each in self.sequences.executions.values() if self._ready(each)]

    def _receive(self, name: str, queue: FakeQueue, message: Message) -> None:
        queue.take(message)
        try:
            self._handle(name, message.body)
        except Killed:
            self._restart()
        except WhenthenError as error:
            self._refuse(queue, message, error)
        else:
            if self.deliveries in self.chaos.repeats:
                message.visible_at = self.clock.now()
            else:
                queue.messages.remove(message)

    def persist(self, call: Callable[[], object]) -> None:
        """Make a call until it is answered, as a sender or an admin does."""
        while True:
            try:
                call()
            except Killed:
                self._restart()
                continue
            return

    def _restart(self) -> None:
        assert isinstance(self.tap, Kills)
        self.killed.append((self.clock.now(), self.tap.last))
        super()._restart()
