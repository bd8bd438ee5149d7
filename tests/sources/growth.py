"""How the cost of reading grows with the length of what is read: a measure that a busy machine does not disturb."""

from __future__ import annotations

import time
from collections.abc import Callable


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times the CPU time of `work(4 * size)` is that of `work(size)`: 4 where it is linear, 16 where it is
    quadratic. Each is the best of three."""
    return _cost(work, 4 * size) / max(_cost(work, size), 1e-4)


def _cost(work: Callable[[int], object], size: int) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work(size)
        best = min(best, time.process_time() - started)
    return best
