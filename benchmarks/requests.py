"""Count and price the requests to AWS of some stories, five of them beside earlier figures.

    python -m benchmarks.requests             the table
    python -m benchmarks.requests --calls     each story's calls, too

The deployed handlers run with the real adapters over moto, warm, a message a batch. `request_meter` counts calls,
capacity units by item sizes (a transaction's count double, an index of keys one for each entry that comes or goes),
requests of queues (sent, received, deleted), events on the bus, transitions and invocations. `prices` has what a
million of each costs. The memory-time of functions follows from their round trips. Beyond these, nothing is priced: no
logs, no storage, no receives of empty queues, no reads of streams, which are free.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks import prices
from benchmarks.request_meter import Meter

COLUMNS = ("write_units", "index_units", "read_units", "queue_requests", "bus_events", "invocations", "transitions")

REVIEWED: Mapping[str, tuple[int, str, str, float, float]] = {
    "a": (11, "3 + 1", "–", 9.19, 5),
    "b": (24, "18 + 6", "–", 27.35, 14),
    "c": (106, "100 + 26", "12", 435.84, 120),
    "d": (6, "2 + 1", "–", 6.39, 4),
    "d2": (18, "6 + 3", "–", 17.96, 6),
}
"""The table of the review: calls, units with those of indexes, transitions, USD per million, and the target."""

BEFORE: Mapping[str, tuple[int, str, str, float]] = {
    "a": (11, "3 + 1", "–", 8.80),
    "b": (24, "18 + 6", "–", 25.06),
    "c": (96, "94 + 24", "12", 411.79),
    "d": (6, "2 + 1", "–", 5.82),
    "d2": (16, "6 + 3", "–", 16.80),
}
"""The same state of the code (969d9b7) as this program counts it. The review's lead took ten calls more, and what it
allowed for the time of functions was a little more."""


def main() -> None:
    """Print both tables."""
    measured = measure()
    print(f"\n## Requests\n\nList prices of {prices.REGION}, {prices.DATE}; a message a batch, warm.\n")
    print("| story | calls | in a row to the effect | writes + index | reads | queue | bus | invocations | GB-s |"
          " transitions | USD per million |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for story, (meter, trips) in measured:
        print(_row(story, meter, trips))
    print("\n| story | reviewed: calls, units, transitions | USD | counted so: calls, units, transitions | USD |"
          " now | target |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    for story, (meter, _) in measured:
        if story.name not in REVIEWED:
            continue
        *reviewed, reviewed_usd, target = REVIEWED[story.name]
        *before, before_usd = BEFORE[story.name]
        print(
            f"| {story.name}: {story.title} | {', '.join(map(str, reviewed))} | {reviewed_usd:.2f} |"
            f" {', '.join(map(str, before))} | {before_usd:.2f} | {usd_per_million(meter):.2f} | {target} |"
        )
    if "--calls" in sys.argv:
        for story, (meter, _) in measured:
            print(f"\n{story.name}")
            for call in meter.calls:
                print(f"  {call.invocation:3} {call.function:18} {call.name}")


def measure() -> list[tuple[Any, tuple[Meter, int]]]:
    """Tell every story, in this process: no call leaves it, and nobody sleeps."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    os.environ |= {"AWS_DEFAULT_REGION": "eu-central-1", "POWERTOOLS_SERVICE_NAME": "whenthen"}
    os.environ |= {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}
    os.environ.pop("AWS_ENDPOINT_URL", None)
    from moto import mock_aws  # noqa: PLC0415 - the environment comes first

    from benchmarks.request_stories import STORIES, tell  # noqa: PLC0415

    with mock_aws():
        return [(story, tell(story)) for story in STORIES]


def usd_per_million(meter: Meter) -> float:
    """Return the price of a million of what was counted."""
    from benchmarks.request_stories import gb_seconds  # noqa: PLC0415 - see above

    counted = sum(prices.USD_PER_MILLION[name] * count for name, count in meter.totals.items())
    return counted + gb_seconds(meter) * prices.USD_PER_GB_SECOND * 1_000_000


def _row(story: Any, meter: Meter, trips: int) -> str:
    from benchmarks.request_stories import gb_seconds  # noqa: PLC0415 - see above

    total = meter.totals
    return (
        f"| {story.name} | {len(meter.calls)} | {trips or '–'} | {total['write_units']} + {total['index_units']} |"
        f" {total['read_units']:g} | {total['queue_requests']} | {total['bus_events']} | {total['invocations']} |"
        f" {gb_seconds(meter):.3f} | {total['transitions'] or '–'} | {usd_per_million(meter):.2f} |"
    )


if __name__ == "__main__":
    main()
