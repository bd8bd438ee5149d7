"""Wire the use case of the channel that a function serves."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from whenthen.runtime.environment import Misconfigured
from whenthen.runtime.wiring.fresh import fresh
from whenthen.runtime.wiring.runs import RunsWiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from whenthen.usecases.connections.over_connection import OverConnection
    from whenthen.usecases.runs.perform_job import PerformJob
    from whenthen.usecases.sending.break_loops import BreakLoops
    from whenthen.usecases.sending.channels import Channel
    from whenthen.usecases.sending.circuits import Breaker


class ChannelsWiring(RunsWiring):
    """Make each use case when it is first used."""

    @fresh
    def perform_step(self) -> Callable[[str, str, int], object]:
        """Return the use case of this function's channel, and load no other's. Raises Misconfigured."""
        perform: Callable[[str, str, int], object] = self._channel.wire(self)
        return perform

    @property
    def calls_outside(self) -> bool:
        """Tell whether this function's channel calls other systems, and so needs more time to begin a job."""
        outside: bool = self._channel.CALLS_OUTSIDE
        return outside

    @cached_property
    def _channel(self) -> Any:
        """Load the `wiring` module of the channel's folder. Raises Misconfigured."""
        channel = self.settings.channel
        module = f"whenthen.channels.{channel}.wiring"
        try:
            return import_module(module)
        except ModuleNotFoundError as error:
            if not module.startswith(error.name or module):
                raise  # the channel is there, a module that it imports is not
            raise _no_channel(channel) from error

    @cached_property
    def breaker(self) -> Breaker:
        """Return what this process knows of its channel: it counts failures over all its invocations."""
        from whenthen.usecases.sending.circuits import Breaker

        return Breaker(self.settings.channel, self.circuits, self.clock)

    @cached_property
    def over_connection(self) -> OverConnection:
        """Make the sender over connections; the tokens that it is given live as long as this process."""
        from whenthen.usecases.connections.call_connection import CallConnection
        from whenthen.usecases.connections.over_connection import OverConnection
        from whenthen.usecases.connections.tokens import Tokens

        call = CallConnection(self.http, self.secrets, Tokens(self.http, self.clock), self.clock)
        return OverConnection(self.connections, call, self.secrets, self.clock)

    def perform_job(self, channel: Channel) -> PerformJob:
        """Make the use case that performs the jobs of a channel outside of the store."""
        from whenthen.usecases.runs.perform_job import PerformJob

        return PerformJob(
            self.orchestrator,
            self.runs,
            self.queues,
            self.sequences,
            self.clock,
            channel,
            self.breaker,
            switch=self.sending_switch,
        )

    def send_message(self, channel: Channel) -> PerformJob:
        """Make the use case that performs the jobs of a channel whose messages go to customers."""
        from whenthen.usecases.runs.perform_job import PerformJob
        from whenthen.usecases.sending.hold_messages import HoldMessages

        holding = HoldMessages(self.sending_states, self.send_logs, self.event_log)
        return PerformJob(
            self.orchestrator,
            self.runs,
            self.queues,
            self.sequences,
            self.clock,
            channel,
            self.breaker,
            holding,
            self.sending_switch,
            loops=self.break_loops(),
        )

    def break_loops(self) -> BreakLoops:
        """Make the rule that lets no message keep a loop going."""
        from whenthen.usecases.sending.break_loops import BreakLoops

        return BreakLoops(self.event_log, self.send_logs)


def _no_channel(channel: str) -> Misconfigured:
    from whenthen.domain.rules.actions import actions

    known = ", ".join(dict.fromkeys(action.channel for action in actions().values()))
    return Misconfigured(f"the environment variable CHANNEL is {channel!r}, which is no channel; there are {known}")
