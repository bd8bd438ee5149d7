"""Enrolments in memory: the store, and the machine that works on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.usecases.fakes.queues import FakeQueue
from tests.usecases.fakes.stores import page_of
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.enrolments.duplicates import Member
from whenthen.domain.enrolments.enrolment import Enrolment
from whenthen.ports.reason_codes import ENROLMENT_EXPIRED, ENROLMENT_NOT_FOUND, MOVED_ON
from whenthen.ports.values import Page


@dataclass
class FakeEnrolmentStore:
    """Each change is one step, as the real store's transactions are."""

    kept: dict[str, Enrolment] = field(default_factory=dict)
    chunks: dict[tuple[str, int], tuple[Member, ...]] = field(default_factory=dict)
    addresses: dict[tuple[str, str], str] = field(default_factory=dict)

    def get(self, enrolment_id: str) -> Enrolment:
        if enrolment_id not in self.kept:
            raise NotFound(ENROLMENT_NOT_FOUND(id=enrolment_id))
        return self.kept[enrolment_id]

    def list(self, *, rule: str | None, limit: int, cursor: str | None) -> Page[Enrolment]:
        found = [work for work in self.kept.values() if rule in (None, work.order.rule)]
        return page_of(sorted(found, key=lambda work: (work.created_at, work.id), reverse=True), limit, cursor)

    def create(self, new: Enrolment) -> Enrolment:
        return self.kept.setdefault(new.id, new)

    def save(self, after: Enrolment, chunk: Sequence[Member] = ()) -> None:
        if self.get(after.id).version != after.version - 1:
            raise Stale(MOVED_ON(subject=after.id))
        self.kept[after.id] = after
        if chunk:
            self.chunks[after.id, after.chunks - 1] = tuple(chunk)

    def chunk(self, enrolment_id: str, number: int) -> Sequence[Member]:
        if (enrolment_id, number) not in self.chunks:
            raise NotFound(ENROLMENT_EXPIRED())
        return self.chunks[enrolment_id, number]

    def taken(self, enrolment_id: str, addresses: Sequence[str]) -> dict[str, str]:
        return {each: ref for each in addresses if (ref := self.addresses.get((enrolment_id, each))) is not None}

    def take(self, enrolment_id: str, addresses: Mapping[str, str]) -> None:
        self.addresses |= {(enrolment_id, address): ref for address, ref in addresses.items()}


@dataclass
class FakeEnrolmentWorkers:
    """`statemachines/paginate_work.asl.json`: each turn begins once; the queue holds what is still to be done."""

    queue: FakeQueue
    begun: set[tuple[str, int]] = field(default_factory=set)

    def start(self, enrolment_id: str, turn: int) -> None:
        if (enrolment_id, turn) not in self.begun:
            self.begun.add((enrolment_id, turn))
            self.queue.add((enrolment_id, turn, 1))
