"""Read what a message needs before it goes, and remember the messages to one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whenthen.domain.sending.circuits import Circuit
    from whenthen.domain.sending.send_log import SendLog
    from whenthen.ports.values import RunState


class SendingStates(Protocol):
    """Read a run together with the limits of sending, so that limits cost no request of their own."""

    def load(self, run_id: str) -> tuple[RunState | None, Mapping[str, Any]]:
        """Read the run, as `RunLedger.load` does, and the settings `limits` as they are now; empty if none are set."""


class SendLogs(Protocol):
    """Store the log of marketing messages to each person, under one of their identities."""

    def read(self, identities: Sequence[str]) -> list[SendLog]:
        """Read the log under each identity, consistently and in this order. An empty one where there is none."""

    def write(self, identity: str, log: SendLog) -> None:
        """Write the log as the version after `log.version`. Raises Stale if that is not the stored one any more."""


class Circuits(Protocol):
    """Store how channels stand: whether their jobs go, or wait."""

    def of_channel(self, channel: str) -> Mapping[str, Circuit]:
        """Read the channel's circuits that were ever open, by their receivers; consistently."""

    def save(self, after: Circuit) -> None:
        """Write the circuit in place of the version before it. Raises Stale."""
