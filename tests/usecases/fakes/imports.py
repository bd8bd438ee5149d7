"""Imports in memory: their state, their files, and the machine that works them off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.usecases.fakes.queues import FakeQueue
from tests.usecases.fakes.stores import FakeRecords, page_of
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.imports.job import Import, RejectedRow
from whenthen.domain.records.limits import cost_of
from whenthen.domain.records.record import Record
from whenthen.ports.reason_codes import FILE_GONE, IMPORT_NOT_FOUND, MOVED_ON
from whenthen.ports.values import Page, RecordWrite
from whenthen.usecases.records.import_batches import MAX_COST


@dataclass
class FakeImports:
    """Write records to their own store; `batches` are the costs of each transaction."""

    records: FakeRecords
    kept: dict[str, Import] = field(default_factory=dict)
    refused: dict[str, list[RejectedRow]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)

    def get(self, import_id: str) -> Import:
        if import_id not in self.kept:
            raise NotFound(IMPORT_NOT_FOUND(id=import_id))
        return self.kept[import_id]

    def list(self, *, limit: int, cursor: str | None) -> Page[Import]:
        newest = sorted(self.kept.values(), key=lambda work: (work.created_at, work.id), reverse=True)
        return page_of(newest, limit, cursor)

    def rejected_rows(self, import_id: str) -> Sequence[RejectedRow]:
        return sorted(self.refused.get(import_id, ()), key=lambda rejected_row: rejected_row.line)

    def create(self, new: Import) -> Import:
        return self.kept.setdefault(new.id, new)

    def save(self, after: Import) -> None:
        if self.kept[after.id].version != after.version - 1:
            raise Stale(MOVED_ON(subject=after.id))
        self.kept[after.id] = after

    def advance(self, after: Import, writes: Sequence[RecordWrite], refused: Sequence[RejectedRow]) -> None:
        if self.kept[after.id].version != after.version - 1:
            raise Stale(MOVED_ON(subject=after.id))
        for write in writes:
            self.records.required_condition(write.record, write.replaces)
        assert len({write.record.ref for write in writes}) == len(writes), "a transaction takes each item once"
        cost = len(refused) + sum(
            cost_of(write.record, write.replaces or Record(write.record.kind, write.record.id)) for write in writes
        )
        assert cost <= MAX_COST
        self.batches.append(cost)
        self.kept[after.id] = after
        self.refused.setdefault(after.id, []).extend(refused)
        for write in writes:
            self.records.put(write.record, write.replaces)


@dataclass
class FakeImportFiles:
    kept: dict[str, bytes] = field(default_factory=dict)

    def upload_url(self, key: str, seconds: int) -> str:
        return f"https://files.example/{key}?for={seconds}"

    def head(self, key: str) -> tuple[int, str] | None:
        return (len(self.kept[key]), str(hash(self.kept[key]))) if key in self.kept else None

    def read(self, key: str, tag: str, start: int, length: int) -> bytes:
        if self.head(key) is None or str(hash(self.kept[key])) != tag:
            raise NotFound(FILE_GONE())
        return self.kept[key][start : start + length]


@dataclass
class FakeImportWorkers:
    """`statemachines/paginate_work.asl.json`: each turn begins once; the queue holds what is still to be done."""

    queue: FakeQueue
    begun: set[tuple[str, int]] = field(default_factory=set)

    def start(self, import_id: str, turn: int) -> None:
        if (import_id, turn) not in self.begun:
            self.begun.add((import_id, turn))
            self.queue.add(import_id)
