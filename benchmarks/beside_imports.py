"""Time live events beside an import of 20,000 rows: `python -m benchmarks.beside_imports [ROWS]`.

Every twentieth row starts a run.

The events are posted one by one, first on an idle stack, then from the start of the import until the last of its runs.
Both share the processors of this machine, which on AWS they do not: so the ratio is an upper bound.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.pipeline import PATIENCE, Post, latencies_of, post_to_whenthen
from dev import web
from dev.lifecycle import running_stack
from dev.stack import Stack

ROWS, SINGLES = 20_000, 60
MOST = 2.0
"""Give the target: the multiple of the idle p95."""


def main(arguments: Sequence[str] = ()) -> None:
    """Print the latencies idle and beside the import, and the ratio of their p95."""
    rows = int(arguments[0]) if arguments else ROWS
    with running_stack("bench") as stack:
        send = post_to_whenthen(stack)
        latencies_of(stack, "whenthen", send, "warm", 10)
        idle = latencies_of(stack, "whenthen", send, "idle", SINGLES)
        beside = _beside(stack, send, rows)
    print(f"\n## Live events beside an import of {rows:,} rows\n\n| | events | p50 ms | p95 ms |\n|---|---|---|---|")
    for name, found in (("idle", idle), ("beside the import", beside)):
        print(f"| {name} | {len(found)} | {statistics.median(found) * 1e3:.0f} | {_p95(found) * 1e3:.0f} |")
    print(f"\nThe p95 is {_p95(beside) / _p95(idle):.2f} × its idle value (target: at most {MOST}).")


def _p95(latencies: Sequence[float]) -> float:
    return statistics.quantiles(latencies, n=20)[-1]


def _beside(stack: Stack, send: Post, rows: int) -> list[float]:
    """Return the latencies of events posted one after the other while the import and its runs are under way."""
    fields = {"noted": "yes"}
    step = {"id": "note", "action": "set_fields", "with": {"fields": fields}}
    rule = {"name": "Imported", "kind": "lead", "trigger": {"event": "lead.created"}, "steps": [step], "mode": "on"}
    rule["conditions"] = {"field": "record.city", "op": "equals", "value": "Izmir"}
    made = stack.api.post("/v1/rules", rule)
    is_over = _import(stack, rows)
    found: list[float] = []
    while not (is_over() and not stack.api.get(f"/v1/runs?rule={made['id']}&status=running&limit=1")["items"]):
        found += latencies_of(stack, "whenthen", send, f"beside{len(found)}", 5)
    return found


def _import(stack: Stack, rows: int) -> Callable[[], bool]:
    """Start an import of new leads; returns what tells whether it has ended."""
    lines = "".join(f"bench-{number},{'Bursa' if number % 20 else 'Izmir'}\n" for number in range(rows))
    work = stack.api.post("/v1/imports", {"kind": "lead", "format": "csv", "rules": "run"})
    web.call("PUT", work["upload"]["url"], f"id,city\n{lines}".encode())
    stack.api.post(f"/v1/imports/{work['id']}/start", None)
    until = time.monotonic() + 10 * PATIENCE

    def is_over() -> bool:
        if time.monotonic() > until:
            raise TimeoutError("the import does not end")
        return bool(stack.api.get(f"/v1/imports/{work['id']}")["status"] != "running")

    return is_over


if __name__ == "__main__":
    main(sys.argv[1:])
