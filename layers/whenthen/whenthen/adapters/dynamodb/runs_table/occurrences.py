"""Store occurrences on the runs table: one small item for each event under each of its keys, in order of time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from whenthen.adapters.aws.parallel import gather
from whenthen.adapters.dynamodb.common.table import Table
from whenthen.adapters.dynamodb.runs_table.run_items import expiry
from whenthen.domain.events.event import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.events.event import Event

_AFTER = "$"
"""Sorts right after `#`: behind all events of the same millisecond."""


class DynamoOccurrences:
    """Store occurrences for the retention. Key and content follow from the event, so a repetition changes nothing."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def note_all(self, events: Sequence[tuple[Event, Sequence[str]]], now: datetime) -> None:
        """Store an occurrence of each event under each of its keys."""
        expires_at = expiry(now, self._retention)
        items: list[Item] = [
            {"pk": _pk(key), "sk": f"{event.type}#{format_time(event.time)}#{event.id}", "expires_at": expires_at}
            for event, keys in events
            for key in keys
        ]
        gather([partial(self._table.put, item) for item in items])

    def times(
        self, key: str, event_type: str, *, since: datetime | None, until: datetime, limit: int
    ) -> Mapping[str, datetime]:
        """Return the newest events of the type under a key, both ends included: one consistent query."""
        first = f"{event_type}#{format_time(since) if since else ''}"
        last = f"{event_type}#{format_time(until)}{_AFTER}"
        items, _ = self._table.query(_pk(key), between=(first, last), limit=limit, backwards=True)
        found = (item["sk"].split("#", 2) for item in items)
        return {event_id: parse_time(time, "time") for _, time, event_id in found}


def _pk(key: str) -> str:
    return f"history#{key}"
