"""Let the jobs of a channel go, or wait while it fails throughout, without a request for each job."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.common.errors import AccountRefused, CredentialsRefused, Stale, Temporary
from whenthen.domain.sending.circuits import FAILURES, WHOLE, WITHIN, Circuit, CircuitState
from whenthen.domain.sending.switch import KEPT_FOR

if TYPE_CHECKING:
    from whenthen.domain.common.errors import AnswerLost
    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.clock import Clock
    from whenthen.ports.sending import Circuits

MAX_RECEIVERS = 1_000
"""Receivers whose failures a worker counts at once."""


class Breaker(Struct):
    """Hold a channel's circuits as a worker knows them, read again every few seconds.

    Each worker counts failures in a row by itself, so that nothing is written for a job that fails, and only the store
    knows whether a circuit is open: it is written when it opens, at each trial, and when it closes.

    known     the circuits that are not as at first, by their receivers
    failures  failures in a row, by receiver: how many, and when the last one was
    """

    channel: str
    store: Circuits
    clock: Clock
    known: Mapping[str, Circuit] = field(default_factory=dict)
    read_at: datetime | None = None
    failures: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def blocking(self, receiver: str = WHOLE) -> Circuit | None:
        """Return the circuit that a job has to wait for; None if the job may go. Raises Temporary.

        Of the jobs that find a failing circuit due for a trial, one may go.
        """
        now = self.clock.now()
        self._read_if_old(now)
        for name in dict.fromkeys((WHOLE, receiver)):
            circuit = self.known.get(name)
            if circuit is not None and circuit.blocks and not self._takes_trial(circuit, now):
                return self.known.get(name, circuit)
        return None

    def find(self, receiver: str) -> Circuit | None:
        """Return the receiver's circuit as it stands, without a trial. None if it never opened. Raises Temporary."""
        self._read_if_old(self.clock.now())
        return self.known.get(receiver)

    def switch_off(self, receiver: str, reason: Reason) -> None:
        """Open the receiver's circuit until somebody resumes it. If that cannot be written now, a later call does."""
        circuit = self.known.get(receiver) or Circuit(self.channel, receiver)
        with suppress(Temporary):
            self._save(circuit.switched_off(reason, self.clock.now()))

    def worked(self, receiver: str) -> None:
        """Note that the provider answered: an open circuit closes; if that cannot be written now, at the next trial."""
        self.failures.pop(receiver, None)
        circuit = self.known.get(receiver)
        if circuit is not None and circuit.state is CircuitState.FAILING:
            with suppress(Temporary):
                self._save(circuit.running(self.clock.now()))

    def failed(self, receiver: str, error: Temporary | AnswerLost) -> float | None:
        """Note a failure. Returns the seconds after which this job tries again, if it is the one that tries.

        A circuit that cannot be written now opens at a later failure.
        """
        now = self.clock.now()
        circuit = self.known.get(receiver) or Circuit(self.channel, receiver)
        if circuit.state is CircuitState.FAILING:
            return _rest(circuit, now)
        count = self._count(receiver, now)
        account = isinstance(error, AccountRefused)
        at_once = account and (not receiver or isinstance(error, CredentialsRefused))
        if count < (1 if at_once else FAILURES):
            return None
        opened = circuit.failing(error.reason, now, account=account)
        with suppress(Temporary):
            if self._save(opened):
                self.failures.pop(receiver, None)
                return _rest(opened, now)
        return None

    def _count(self, receiver: str, now: datetime) -> int:
        count, last = self.failures.get(receiver, (0, now))
        if receiver not in self.failures and len(self.failures) >= MAX_RECEIVERS:
            self.failures.clear()
        self.failures[receiver] = (count + 1 if now - last < WITHIN else 1, now)
        return self.failures[receiver][0]

    def _takes_trial(self, circuit: Circuit, now: datetime) -> bool:
        return circuit.may_try(now) and self._save(circuit.trying(now))

    def _save(self, after: Circuit) -> bool:
        """Write the circuit; if another worker was faster, read how it stands now."""
        try:
            self.store.save(after)
        except Stale:
            self._read(self.clock.now())
            return False
        self.known = {**self.known, after.receiver: after}
        return True

    def _read_if_old(self, now: datetime) -> None:
        if self.read_at is None or not self.read_at <= now < self.read_at + KEPT_FOR:
            self._read(now)

    def _read(self, now: datetime) -> None:
        self.known, self.read_at = self.store.of_channel(self.channel), now


def _rest(circuit: Circuit, now: datetime) -> float:
    return max(1.0, (circuit.try_at - now).total_seconds()) if circuit.try_at else 1.0
