"""Make several calls at the same time, so that a caller awaits the longest instead of their sum."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 8
"""Calls at the same time: below the ten connections that a client keeps. 1 makes them one after the other."""

_lock = threading.Lock()
_busy = [0]


def gather(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make the calls and return their results in order. Raises what the first that failed raised, after all ended.

    A call may gather others itself; what exceeds AT_ONCE in all is made one after the other.
    """
    with _workers(len(calls)) as workers:
        if workers < 2:
            return [call() for call in calls]
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - loaded when it is first needed

        with ThreadPoolExecutor(workers) as pool:
            return [started.result() for started in [pool.submit(call) for call in calls]]


@contextmanager
def _workers(wanted: int) -> Iterator[int]:
    """Yield how many of the wanted workers are free, and hold them meanwhile."""
    with _lock:
        granted = max(0, min(wanted, AT_ONCE - _busy[0]))
        granted = granted if granted > 1 else 0
        _busy[0] += granted
    try:
        yield granted
    finally:
        with _lock:
            _busy[0] -= granted
