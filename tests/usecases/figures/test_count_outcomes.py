"""Nothing is written for a batch in which nothing counts."""

from __future__ import annotations

from typing import Any

from tests.adapters.samples import NOW, event, run
from whenthen.domain.runs.run import RunStatus
from whenthen.usecases.figures.count_outcomes import CountOutcomes


class Kept:
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def count(self, endings: Any) -> None:
        self.calls.append(list(endings))

    def read(self, *_: Any, **__: Any) -> Any:
        raise AssertionError


def test_only_what_counts_is_stored() -> None:
    store = Kept()
    done = run(event(), status=RunStatus.DONE, finished_at=NOW)
    shadow = run(event(), status=RunStatus.DONE, finished_at=NOW, shadow=True)
    CountOutcomes(store)([])
    CountOutcomes(store)([(shadow, ())])
    assert store.calls == []
    CountOutcomes(store)([(done, ()), (shadow, ())])
    assert [[ending.outcome for ending in call] for call in store.calls] == [["done"]]
