"""Work in the background in memory: its state, and the machine that does it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.usecases.fakes.queues import FakeQueue
from tests.usecases.fakes.stores import page_of
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.work.work import Work
from whenthen.ports.reason_codes import MOVED_ON, WORK_NOT_FOUND
from whenthen.ports.values import Page


@dataclass
class FakeWork:
    kept: dict[str, Work] = field(default_factory=dict)

    def get(self, work_id: str) -> Work:
        if work_id not in self.kept:
            raise NotFound(WORK_NOT_FOUND(id=work_id))
        return self.kept[work_id]

    def list(self, *, limit: int, cursor: str | None) -> Page[Work]:
        newest = sorted(self.kept.values(), key=lambda work: (work.created_at, work.id), reverse=True)
        return page_of(newest, limit, cursor)

    def create(self, new: Work) -> Work:
        return self.kept.setdefault(new.id, new)

    def save(self, after: Work) -> None:
        if self.kept[after.id].version != after.version - 1:
            raise Stale(MOVED_ON(subject=after.id))
        self.kept[after.id] = after


@dataclass
class FakeWorkers:
    """`statemachines/paginate_work.asl.json`: each turn begins once; the queue holds what is still to be done."""

    queue: FakeQueue
    begun: set[tuple[str, int]] = field(default_factory=set)

    def start(self, work_id: str, turn: int) -> None:
        if (work_id, turn) not in self.begun:
            self.begun.add((work_id, turn))
            self.queue.add(work_id)
