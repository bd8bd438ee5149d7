"""Work in the background in memory: its state, and the machine that does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from tests.usecases.fakes.queues import FakeQueue
from tests.usecases.fakes.stores import page_of
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.runs.run import Run
from whenthen.domain.work.failing import FailingRule
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


@dataclass
class FakeFailing:
    """Failed runs by their rules, and the rules that paused themselves."""

    failures: dict[str, dict[str, datetime]] = field(default_factory=dict)
    went_on: dict[str, datetime] = field(default_factory=dict)
    paused: dict[str, FailingRule] = field(default_factory=dict)

    def note(self, run: Run) -> None:
        self.failures.setdefault(run.rule_id, {})[run.id] = run.finished_at or run.started_at

    def count(self, rule: str, since: datetime, *, limit: int) -> int:
        first = max(since, self.went_on.get(rule, since))
        return min(limit, len([at for at in self.failures.get(rule, {}).values() if at >= first]))

    def begin(self, failing: FailingRule) -> FailingRule:
        return self.paused.setdefault(failing.rule, failing)

    def get(self, rule: str) -> FailingRule | None:
        return self.paused.get(rule)

    def all(self) -> Mapping[str, FailingRule]:
        return dict(self.paused)

    def set_trial(self, rule: str, run_id: str) -> None:
        if rule in self.paused:
            self.paused[rule] = replace(self.paused[rule], trial=run_id)

    def clear(self, rule: str, at: datetime) -> None:
        self.went_on[rule] = at
        self.paused.pop(rule, None)
