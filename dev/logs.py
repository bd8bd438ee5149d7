"""Read the logs of a local stack's functions from its CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

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
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
            found += [(event["timestamp"], name, event["message"].rstrip()) for event in page["events"]]
    for timestamp, name, text in sorted(found):
        if not text.startswith(_PLATFORM):
            yield f"{datetime.fromtimestamp(timestamp / 1000, UTC):%H:%M:%S.%f} {name} {text}"
