"""Publish events on EventBridge: an entry for each event, and one for all events of one change of a record.

The detail is the CloudEvents form of the (main) event; its `types` name every event that is in the entry.

Entries must suit every service behind the bus: EventBridge rejects integers beyond 64 bits. Characters that XML lacks
are taken by EventBridge and rejected by SQS behind it; such an event would be lost, as its dead letter goes to SQS too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws.batches import chunks, send_groups
from whenthen.adapters.aws.client import TRANSIENT, AwsClient, aws_errors
from whenthen.domain.common import json_bounds
from whenthen.domain.common.errors import Malformed, TooLarge
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import siblings
from whenthen.ports.reason_codes import TOO_LARGE

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

SOURCE = "whenthen"
"""The `source` of every entry; the event's own source is in the detail."""

MAX_CALL_BYTES = 250_000
"""EventBridge takes 256 KB in one call, counted with the attributes beside the detail."""

SETTLED = "whenthensettled"
"""Stands in a detail that needs no matching: the rule in front of the event queue leaves it out (template.yaml)."""

_OVERHEAD = 200
"""Bytes: more than an entry's time and names take."""

_ACTION = "events:PutEvents"

# EventBridge will never take these events, each named as `<type> <id> (<error code>)`.
NEVER_TAKEN = ReasonCode("event.rejected_by_bus", "events")

_MAY_HOLD_LONG_INTEGERS = re.compile(r"[0-9]{19}")
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""Characters that JSON keeps and SQS rejects: halves of surrogate pairs, and two code points that are no characters."""


class EventBridgeBus:
    """Put events on the bus, ten at a time."""

    def __init__(self, client: AwsClient, bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, published: Sequence[Event], settled: Collection[str] = ()) -> None:
        """Put all events on the bus; entries of changes in `settled` (ids of main events) say so.

        Raises Temporary unless every event was taken; TooLarge or Malformed for one that never will be, Malformed
        after all others were put. The caller then repeats all of them: an event that comes twice has the same id, and
        the same effects once.
        """
        entries = [self._entry(group, settled) for group in siblings.groups(published)]
        for entry in entries:
            if _size(entry) > MAX_CALL_BYTES:
                raise TooLarge(TOO_LARGE(most=MAX_CALL_BYTES, found=_size(entry)))
        rejected: list[str] = []
        send_groups(chunks(entries, _size, MAX_CALL_BYTES), lambda group: self._put(group, rejected), _ACTION)
        if rejected:
            raise Malformed(NEVER_TAKEN(events=[*rejected]))

    def _entry(self, group: siblings.Group, settled: Collection[str]) -> dict[str, Any]:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": group[0].type,
            "Time": group[0].time,
            "Detail": _detail(siblings.to_json(group) | ({SETTLED: True} if group[0].id in settled else {})),
        }

    def _put(self, entries: Sequence[dict[str, Any]], rejected: list[str]) -> list[dict[str, Any]]:
        """Put entries; return those to put again. Entries that are rejected for good are named in `rejected`."""
        with aws_errors(_ACTION):
            answer = self._client.put_events(Entries=list(entries))
        again = []
        for entry, result in zip(entries, answer["Entries"], strict=True):
            code = result.get("ErrorCode")
            if code in TRANSIENT:
                again.append(entry)
            elif code:
                rejected.append(f"{entry['DetailType']} {json.loads(entry['Detail'])['id']} ({code})")
        return again


def _detail(document: dict[str, Any]) -> str:
    """Write events as JSON that every service behind the bus takes."""
    written = _written(document)
    if _MAY_HOLD_LONG_INTEGERS.search(written):  # only old records can hold one
        written = _written(json_bounds.as_text(document))
    # Not escaped: EventBridge reads the detail and writes it anew for SQS.
    return _NOT_IN_XML.sub("\ufffd", written)


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _size(entry: dict[str, Any]) -> int:
    return len(entry["Detail"].encode()) + _OVERHEAD
