"""Wait for another thread or process. No test here asks how long something took: a busy machine would answer.

`tests/dev/test_clocks.py` refuses clocks in other places. To test time, give the code a clock that the test moves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

HANGS = 300
"""Seconds after which something hangs: no machine is that slow."""

_PAUSE = 0.02


def until(look: Callable[[], T], what: str) -> T:
    """Return the first true value that `look` finds. Fails saying `what` is missing if it finds none."""
    end = time.monotonic() + HANGS
    while not (found := look()):
        assert time.monotonic() < end, what
        time.sleep(_PAUSE)
    return found
