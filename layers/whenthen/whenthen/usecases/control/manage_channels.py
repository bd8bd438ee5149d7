"""manage_channels: show how channels stand, and pause and resume them for admins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Problem, Stale
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import list_channels
from whenthen.domain.sending.circuits import WHOLE, Circuit
from whenthen.domain.sending.switch import MAX_RATE, RATE
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.sending.job_queues import channel_of

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Job
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.sending import Circuits

ATTEMPTS = 8
"""How often a circuit is read again that somebody else wrote meanwhile."""

MOST_RUNS = 1_000
"""Runs that are looked at for their jobs: those that are longest under way."""

NO_SUCH_CHANNEL = ReasonCode("channel.not_found", "channel", "options")


class Backlog(Struct, frozen=True):
    """Count the jobs that are due and have no outcome. `more`: not all runs were looked at."""

    jobs: int
    more: bool
    oldest: datetime | None


class ChannelState(Struct, frozen=True):
    """Tell how a channel stands.

    receivers   those of its receivers that do not run, or failed not long ago
    last_error  that of the circuit, else of a job that is tried again; None: none is known
    """

    circuit: Circuit
    receivers: tuple[Circuit, ...]
    backlog: Backlog
    last_error: Reason | None


class ManageChannels(Struct, frozen=True):
    """Show, pause and resume channels. What follows from a change is done by `follow_circuits`."""

    circuits: Circuits
    runs: RunLedger
    clock: Clock

    def list(self) -> Sequence[ChannelState]:
        """Tell how each channel stands. Raises Temporary."""
        jobs, more = self._open_jobs()
        return [self._state(channel, jobs, more=more) for channel in list_channels()]

    def get(self, channel: str) -> ChannelState:
        """Tell how the channel stands. Raises NotFound, Temporary."""
        _check(channel)
        jobs, more = self._open_jobs()
        return self._state(channel, jobs, more=more)

    def pause(self, channel: str, *, by: str) -> ChannelState:
        """Let the channel's jobs wait until somebody resumes it; what is under way ends. Raises NotFound, Temporary."""
        _check(channel)
        self._change(channel, WHOLE, lambda circuit: circuit.paused(by, self.clock.now()))
        return self.get(channel)

    def resume(self, channel: str, written: Mapping[str, Any], *, by: str) -> ChannelState:
        """Let the channel go on, and all its receivers: those that fail are tried at once.

        written  `{"rate_per_minute": 600}`, or empty. Raises Invalid, NotFound, Temporary.
        """
        _check(channel)
        rate = _read_rate(written)
        for receiver, circuit in self.circuits.of_channel(channel).items():
            if circuit.blocks:
                self._change(channel, receiver, lambda each: each.running(self.clock.now(), by=by, rate=rate))
        return self.get(channel)

    def _change(self, channel: str, receiver: str, change: Callable[[Circuit], Circuit]) -> None:
        for _ in range(ATTEMPTS):
            found = self.circuits.of_channel(channel).get(receiver) or Circuit(channel, receiver)
            after = change(found)
            if after.state is found.state:
                return
            try:
                self.circuits.save(after)
            except Stale:  # a worker tried it, or another admin was faster
                continue
            return
        raise Conflict(CONTENDED(subject=channel))

    def _open_jobs(self) -> tuple[Sequence[Job], bool]:
        now = self.clock.now()
        page = self.runs.open_jobs(limit=MOST_RUNS)
        return [job for job in page.items if not job.is_held(now)], page.cursor is not None

    def _state(self, channel: str, jobs: Sequence[Job], *, more: bool) -> ChannelState:
        known = self.circuits.of_channel(channel)
        own = [job for job in jobs if channel_of(job) == channel]
        backlog = Backlog(len(own), more, min((job.due for job in own), default=None))
        circuit = known.get(WHOLE) or Circuit(channel)
        receivers = tuple(each for name, each in sorted(known.items()) if name != WHOLE)
        return ChannelState(circuit, receivers, backlog, _last_error(circuit, receivers, own))


def _last_error(circuit: Circuit, receivers: Sequence[Circuit], jobs: Sequence[Job]) -> Reason | None:
    failed = [each for each in (circuit, *receivers) if each.reason is not None and each.since is not None]
    if failed:
        return max(failed, key=lambda each: (each.blocks, each.since)).reason
    failing = [job for job in jobs if job.failing_since is not None]
    return max(failing, key=lambda job: (job.failing_since, job.id)).reason if failing else None


def _read_rate(written: Mapping[str, Any]) -> int:
    problems: list[Problem] = []
    reader = Reader(written, "", problems)
    rate = reader.integer("rate_per_minute", default=RATE, least=1, most=MAX_RATE)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return rate


def _check(channel: str) -> None:
    if channel not in list_channels():
        raise NotFound(NO_SUCH_CHANNEL(channel=channel, options=list(list_channels())))
