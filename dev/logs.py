"""Read the logs of a local stack's functions from its CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dev.stack import Stack

_PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


def entries(stack: Stack, function: str = "") -> Iterator[str]:
    """`<time> <function> <text>` of every entry, oldest first: of one function, `match_rules`, or of all."""
    client = stack.client("logs")
    found: list[tuple[int, str, str]] = []
    for group in client.describe_log_groups()["logGroups"]:
        name = group["logGroupName"].rpartition("/")[2]
        if function.replace("_", "").lower() not in ("", name.lower()):
            continue
        for event in _events(client, group["logGroupName"]):
            found.append((event["timestamp"], name, event["message"].rstrip()))
    for timestamp, name, text in sorted(found):
        if not text.startswith(_PLATFORM):
            yield f"{datetime.fromtimestamp(timestamp / 1000, UTC):%H:%M:%S.%f} {name} {text}"


def _events(client: Any, group: str) -> Iterator[dict[str, Any]]:
    """Each event of a group. The local AWS gives the first 10,000 of a call, and no token for those behind them."""
    start, known = 0, set[tuple[str, str]]()
    while True:
        found = client.filter_log_events(logGroupName=group, startTime=start)["events"]
        fresh = [event for event in found if event["timestamp"] > start or _place(event) not in known]
        yield from fresh
        if not fresh:
            return
        start = fresh[-1]["timestamp"]
        known = {_place(event) for event in found if event["timestamp"] == start}


def _place(event: Mapping[str, Any]) -> tuple[str, str]:
    """Tell an event from the others of its millisecond."""
    return event["logStreamName"], event["message"]
