"""Keep the logs of messages in memory, and read limits with runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from tests.usecases.fakes.ledger import FakeRuns
from tests.usecases.fakes.stores import FakeSettings
from whenthen.domain.common.errors import Stale
from whenthen.domain.sending.circuits import Circuit
from whenthen.domain.sending.limits import SUBJECT
from whenthen.domain.sending.send_log import SendLog
from whenthen.ports.reason_codes import MOVED_ON
from whenthen.ports.values import RunState


@dataclass
class FakeSendingStates:
    runs: FakeRuns
    settings: FakeSettings

    def load(self, run_id: str) -> tuple[RunState | None, Mapping[str, Any]]:
        return self.runs.load(run_id), self.settings.get(SUBJECT)


@dataclass
class FakeSendLogs:
    kept: dict[str, SendLog] = field(default_factory=dict)
    writes: int = 0

    def read(self, identities: Sequence[str]) -> list[SendLog]:
        return [self.kept.get(identity, SendLog()) for identity in identities]

    def write(self, identity: str, log: SendLog) -> None:
        if self.kept.get(identity, SendLog()).version != log.version:
            raise Stale(MOVED_ON(subject="sends"))
        self.writes += 1
        self.kept[identity] = replace(log, version=log.version + 1)


@dataclass
class FakeCircuits:
    """How channels stand; each change is told, as the table's stream tells it."""

    on_change: Callable[[tuple[Circuit | None, Circuit]], None] = lambda _change: None
    kept: dict[tuple[str, str], Circuit] = field(default_factory=dict)

    def of_channel(self, channel: str) -> Mapping[str, Circuit]:
        return {receiver: circuit for (name, receiver), circuit in self.kept.items() if name == channel}

    def save(self, after: Circuit) -> None:
        before = self.kept.get((after.channel, after.receiver))
        if (before.version if before else 0) != after.version - 1:
            raise Stale(MOVED_ON(subject=after.name))
        self.kept[after.channel, after.receiver] = after
        self.on_change((before, after))
