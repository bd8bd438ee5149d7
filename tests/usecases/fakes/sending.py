"""Keep the logs of messages in memory, and read limits with runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from tests.usecases.fakes.ledger import FakeRuns
from tests.usecases.fakes.stores import FakeSettings
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.notices.notice import Notice
from whenthen.domain.notices.progress import MessageProgress, MessageStatus
from whenthen.domain.sending.circuits import Circuit
from whenthen.domain.sending.limits import SUBJECT
from whenthen.domain.sending.send_log import SendLog
from whenthen.ports.reason_codes import MOVED_ON, NOTICE_NOT_FOUND
from whenthen.ports.values import Page, RunState


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


@dataclass
class FakeNotices:
    kept: dict[str, Notice] = field(default_factory=dict)

    def add(self, notice: Notice) -> None:
        self.kept.setdefault(notice.id, notice)

    def get(self, notice_id: str) -> Notice:
        if notice_id not in self.kept:
            raise NotFound(NOTICE_NOT_FOUND(id=notice_id))
        return self.kept[notice_id]

    def list(self, agent: str, *, unread: bool, limit: int, cursor: str | None) -> Page[Notice]:
        del cursor
        return Page(tuple(reversed(self._of(agent, unread=unread)))[:limit], None)

    def unread_until(self, agent: str, until: datetime, most: int) -> Sequence[Notice]:
        return [each for each in self._of(agent, unread=True) if each.created_at <= until][:most]

    def save(self, notice: Notice) -> None:
        self.get(notice.id)
        self.kept[notice.id] = notice

    def _of(self, agent: str, *, unread: bool) -> list[Notice]:
        own = [each for each in self.kept.values() if each.agent == agent and not (unread and each.read_at)]
        return sorted(own, key=lambda each: (each.created_at, each.id))


@dataclass
class FakeMessageLog:
    kept: dict[tuple[str, str], MessageProgress] = field(default_factory=dict)

    def begin(self, job_id: str, message: str, now: datetime) -> MessageProgress | None:
        known = self.kept.get((job_id, message))
        if known is None:
            self.kept[job_id, message] = MessageProgress(MessageStatus.BEGUN, now)
        return known

    def end(self, job_id: str, message: str, delivery: MessageProgress) -> None:
        self.kept[job_id, message] = delivery

    def forget(self, job_id: str, message: str) -> None:
        self.kept.pop((job_id, message), None)
