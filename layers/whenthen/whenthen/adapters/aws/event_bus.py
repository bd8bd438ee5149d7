"""Bus on EventBridge: each event is one entry, its CloudEvents form the detail.

What nobody takes must not get there: EventBridge refuses integers beyond 64 bits, and what it took but SQS, behind
it, does not (the characters that XML lacks) would be lost with its dead letter, which goes to SQS as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws.batches import chunks, send_groups
from whenthen.adapters.aws.client import TRANSIENT, AwsClient, aws_errors
from whenthen.domain.common import int64
from whenthen.domain.common.errors import Malformed, TooLarge
from whenthen.domain.events import event as events

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

SOURCE = "whenthen"
"""The `source` of every entry; who says so in our terms is the detail's own `source`."""

MAX_CALL_BYTES = 250_000
"""EventBridge takes 256 KB in one call, counted with the attributes beside the detail."""

_OVERHEAD = 200
"""More than the time and the names of an entry weigh."""

_MAY_HOLD_LONG_INTEGERS = re.compile(r"[0-9]{19}")
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What SQS does not take of what JSON leaves as it is: halves of surrogate pairs, and two that are no characters."""


class EventBridgeBus:
    """Puts events on the bus, ten at a time."""

    def __init__(self, client: AwsClient, bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, published: Sequence[Event]) -> None:
        """Put all events on the bus. Raises Temporary unless every one of them was taken; TooLarge, Malformed for one
        that never will be, after all others were put.

        The caller repeats all of them then: an event that comes twice has the same id, and the same effects once.
        """
        entries = [self._entry(event) for event in published]
        for entry in entries:
            if _size(entry) > MAX_CALL_BYTES:
                raise TooLarge(f"an event of {_size(entry)} bytes; at most {MAX_CALL_BYTES} are possible")
        refused: list[str] = []
        send_groups(
            chunks(entries, _size, MAX_CALL_BYTES), lambda group: self._put(group, refused), "putting events on the bus"
        )
        if refused:
            raise Malformed(f"the bus never takes {', '.join(refused)}")

    def _entry(self, event: Event) -> dict[str, Any]:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Time": event.time,
            "Detail": _detail(event),
        }

    def _put(self, entries: Sequence[dict[str, Any]], refused: list[str]) -> list[dict[str, Any]]:
        """Put entries; returns those to put again. What is refused for good is named in `refused`."""
        with aws_errors("putting events on the bus"):
            answer = self._client.put_events(Entries=list(entries))
        again = []
        for entry, result in zip(entries, answer["Entries"], strict=True):
            code = result.get("ErrorCode")
            if code in TRANSIENT:
                again.append(entry)
            elif code:
                refused.append(f"{entry['DetailType']} {json.loads(entry['Detail'])['id']} ({code})")
        return again


def _detail(event: Event) -> str:
    """The event as JSON that every service on its way takes."""
    written = _written(events.to_json(event))
    if _MAY_HOLD_LONG_INTEGERS.search(written):  # nothing that came in lately has one, records of earlier days may
        written = _written(int64.as_text(events.to_json(event)))
    # Not escaped: EventBridge reads the detail, and how it writes it for SQS is its own affair.
    return _NOT_IN_XML.sub("\ufffd", written)


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _size(entry: dict[str, Any]) -> int:
    return len(entry["Detail"].encode()) + _OVERHEAD
