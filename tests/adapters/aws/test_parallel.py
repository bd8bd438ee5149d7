"""Calls that are made together: their results in order, never too many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from tests.waiting import HANGS
from whenthen.adapters.aws import parallel
from whenthen.adapters.aws.parallel import AT_ONCE, gather


class Together:
    """Counts how many calls are under way; each waits until `wanted` are, or no more come."""

    def __init__(self, wanted: int) -> None:
        self.lock, self.under_way, self.most = threading.Lock(), 0, 0
        self.gate = threading.Barrier(wanted)

    def call(self, answer: int, inner: Callable[[], object] = lambda: None) -> int:
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            self.gate.wait(timeout=HANGS)
            inner()
        finally:
            with self.lock:
                self.under_way -= 1
        return answer


def test_calls_are_made_at_the_same_time_and_answer_in_order() -> None:
    together = Together(3)
    assert gather([partial(together.call, number) for number in range(3)]) == [0, 1, 2]
    assert together.most == 3


def test_what_calls_gather_themselves_counts_too() -> None:
    """Two of eight are taken, so six of ten go at once, and nobody waits for a worker that will never come."""
    outer, inner = Together(2), Together(1)
    gathered = partial(gather, [partial(inner.call, number) for number in range(10)])
    assert gather([partial(outer.call, number, gathered) for number in range(2)]) == [0, 1]
    assert inner.most <= AT_ONCE - 2
    assert Together(AT_ONCE).gate.parties == len(gather([partial(Together(1).call, 1)] * AT_ONCE))


def test_the_first_failure_is_raised_after_all_have_ended() -> None:
    ended: list[int] = []

    def fails(number: int) -> None:
        ended.append(number)
        if number:
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        gather([partial(fails, number) for number in range(3)])
    assert sorted(ended) == [0, 1, 2]
    assert parallel._busy == [0]


def test_one_call_needs_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gather([threading.current_thread]) == [threading.current_thread()]
    monkeypatch.setattr(parallel, "AT_ONCE", 1)
    assert gather([threading.current_thread] * 2) == [threading.current_thread()] * 2
