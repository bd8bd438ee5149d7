"""Bus on EventBridge: each event is one entry, its CloudEvents form the detail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws import AwsClient, aws_errors
from whenthen.adapters.batches import chunks, send_groups
from whenthen.domain import events
from whenthen.domain.errors import TooLarge

if TYPE_CHECKING:
    from whenthen.domain.events import Event

SOURCE = "whenthen"
"""The `source` of every entry; who says so in our terms is the detail's own `source`."""

MAX_CALL_BYTES = 250_000
"""EventBridge takes 256 KB in one call, counted with the attributes beside the detail."""

_OVERHEAD = 200
"""More than the time and the names of an entry weigh."""


class EventBridgeBus:
    """Puts events on the bus, ten at a time."""

    def __init__(self, client: AwsClient, bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, published: Sequence[Event]) -> None:
        """Put all events on the bus. Raises Temporary unless every one of them was taken, TooLarge for one that cannot.

        The caller repeats all of them then: an event that comes twice has the same id, and the same effects once.
        """
        entries = [self._entry(event) for event in published]
        for entry in entries:
            if _size(entry) > MAX_CALL_BYTES:
                raise TooLarge(f"an event of {_size(entry)} bytes; at most {MAX_CALL_BYTES} are possible")
        send_groups(chunks(entries, _size, MAX_CALL_BYTES), self._put, "putting events on the bus")

    def _entry(self, event: Event) -> dict[str, Any]:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Time": event.time,
            "Detail": json.dumps(events.to_json(event), ensure_ascii=False, separators=(",", ":")),
        }

    def _put(self, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put entries; returns those that were refused, which EventBridge only ever does for a while."""
        with aws_errors("putting events on the bus"):
            answer = self._client.put_events(Entries=list(entries))
        results = answer["Entries"]
        return [entry for entry, result in zip(entries, results, strict=True) if result.get("ErrorCode")]


def _size(entry: dict[str, Any]) -> int:
    return len(entry["Detail"].encode(errors="surrogatepass")) + _OVERHEAD
