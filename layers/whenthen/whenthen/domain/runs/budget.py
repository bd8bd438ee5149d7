"""Bound the runs that one event can cause, however wide its effects spread.

Depth alone bounds nothing: eight rules of three new records each make 24 times as many runs at each hop. So a cause
names the event at its root, and of the runs that follow from one root each rule has at most MAX_RUNS.
"""

from __future__ import annotations

MAX_RUNS = 250
"""Bound the runs of one rule that follow, over any number of hops, from one event."""
