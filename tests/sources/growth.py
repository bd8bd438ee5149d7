"""How the cost of reading grows with the length of what is read: a ratio that a busy machine does not disturb.

Work inside regular expressions and codecs cannot be counted, so it is timed, but against itself: one long input and
sixteen short ones of the same length together take turns. Only the CPU time of this thread counts, the garbage
collector rests (its work grows with what else the process holds), and of several rounds the best of each side is
taken: a neighbour can only make a round slower.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PARTS = 16

LINEAR = 4.0
"""Below this the growth is linear, which gives 1 or less; quadratic growth gives 16."""

ROUNDS = 8


def growth(
    work: Callable[[int], object], size: int, clock: Callable[[], float] = time.thread_time, rounds: int = ROUNDS
) -> float:
    """How many times the cost of sixteen `work(size / 16)` that of one `work(size)` is: the best of `rounds`.

    Ends with the first round that shows linear growth.
    """
    whole = parts = float("inf")
    with _no_collection():
        for _ in range(rounds):
            parts = min(parts, _cost(work, [size // PARTS] * PARTS, clock))
            whole = min(whole, _cost(work, [size], clock))
            if whole < LINEAR * parts:
                break
    return whole / max(parts, 1e-9)


def _cost(work: Callable[[int], object], sizes: list[int], clock: Callable[[], float]) -> float:
    started = clock()
    for size in sizes:
        work(size)
    return clock() - started


@contextmanager
def _no_collection() -> Iterator[None]:
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
