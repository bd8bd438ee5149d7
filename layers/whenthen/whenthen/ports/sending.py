"""Read what a message needs before it goes, remember the messages to one person, and store notices to colleagues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.notices.notice import Notice
    from whenthen.domain.notices.progress import MessageProgress
    from whenthen.domain.sending.circuits import Circuit
    from whenthen.domain.sending.send_log import SendLog
    from whenthen.ports.values import Page, RunState


class SendingStates(Protocol):
    """Read a run together with the limits of sending, so that limits cost no request of their own."""

    def load(self, run_id: str) -> tuple[RunState | None, Mapping[str, Any]]:
        """Read the run, as `RunLedger.load` does, and the settings `limits` as they are now; empty if none are set."""


class SendLogs(Protocol):
    """Store the logs of each person under one of their identities: marketing messages, and answers to messages.

    The answers stand under a name made of the identity (`usecases.sending.answers.place`).
    """

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


class Notices(Protocol):
    """Store notices to colleagues, until they expire."""

    def add(self, notice: Notice) -> None:
        """Store a notice, unless there is one of this id: then that stays as it is. Raises Temporary."""

    def get(self, notice_id: str) -> Notice:
        """Read a notice. Raises NotFound."""

    def list(self, agent: str, *, unread: bool, limit: int, cursor: str | None) -> Page[Notice]:
        """List the notices of a colleague, or those not read, newest first; eventually consistent."""

    def unread_until(self, agent: str, until: datetime, most: int) -> Sequence[Notice]:
        """Return the first notices of a colleague that are not read and not younger; eventually consistent."""

    def save(self, notice: Notice) -> None:
        """Write whether a notice was read. Raises NotFound if it has expired."""


class MessageLog(Protocol):
    """Store how far each message of a job came that tells colleagues something by several ways."""

    def begin(self, job_id: str, message: str, now: datetime) -> MessageProgress | None:
        """Note that this message goes out now; None. If something is noted of it already, return that instead."""

    def end(self, job_id: str, message: str, progress: MessageProgress) -> None:
        """Note how far the message came."""

    def forget(self, job_id: str, message: str) -> None:
        """Note that the message did not go out, so that another attempt may send it."""
