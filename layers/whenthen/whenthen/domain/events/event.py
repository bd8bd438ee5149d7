"""Define the event: something that happened. It never changes; its JSON form is a CloudEvents 1.0 event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common.errors import Invalid, Malformed, Problem
from whenthen.domain.common.reason_codes import EMPTY, NOT_COUNT, NOT_OBJECT, NOT_TEXT, NOT_TEXT_LIST, REQUIRED
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events import trace
from whenthen.domain.events.types import tells_of_message

EVENT_TYPE = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,59}")
"""Match `<kind>.<past verb>`."""

MAX_EVENT_BYTES = 200_000
"""Bound one event's bytes as JSON: under EventBridge's 256 KB with its envelope, and under SQS's."""

MAX_CAUSES = 32
"""Bound the run ids of a causal chain that an event carries. Older ones fall off, the depth stays."""


NOT_AN_EVENT = ReasonCode("event.malformed")
NOT_A_CHANGE = ReasonCode("event.malformed_change")
BAD_TIME = ReasonCode("time.malformed")
NO_OFFSET = ReasonCode("time.no_offset")
BEYOND_CALENDAR = ReasonCode("time.beyond_calendar")


class Change(Struct, frozen=True):
    """Hold a field's value before and after a change. None stands for absent."""

    before: Any
    after: Any


class Cause(Struct, frozen=True):
    """List the runs behind an event, oldest first. `depth` counts all of them; 0: nothing automatic.

    root   the id of the event with which the chain began; empty: the event itself
    trace  the `traceparent` that the sender of that event gave; empty: none, so that the trace follows from its id
    message  the id of the last event of the chain that tells of a message; empty: none does
    """

    runs: tuple[str, ...] = ()
    depth: int = 0
    root: str = ""
    trace: str = ""
    message: str = ""

    def then(self, run: str, event: str, *, message: str = "") -> Cause:
        """Return the cause of what `run` does, when this is the cause of the event that started `run`.

        message   the id of that event, if it tells of a message
        """
        runs = (*self.runs, run)[-MAX_CAUSES:]
        return Cause(runs, self.depth + 1, self.root or event, self.trace, message or self.message)


class Event(Struct, frozen=True):
    """Record something that happened to a customer, or to a record of customer work.

    id          deterministic, from the source's own id (`ids.event_id`)
    source      who says so: `meta`, `whatsapp`, `hook/<name>`, `api`, `records`, `clock`
    type        `<kind>.<past verb>`, a row of the catalogue
    time        when it happened, by the source's clock; aware, UTC
    subject     the record that it happened to, as `<kind>:<id>`, when the source knows
    identities  who it happened to, as `phone#+90…`, `email#…`, `whatsapp#…`
    data        the facts, by the catalogue's shape for the type
    changes     field → what it was and is, for changes of a record
    origin      `human`, `import`, `api`, `form:<source>`, `source:<name>` or `rule:<id>`
    cause       the chain of runs behind it
    """

    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    identities: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    origin: str = "api"
    cause: Cause = Cause()

    def cause_of(self, run: str) -> Cause:
        """Return the cause of what a run does that this event started."""
        return self.cause.then(run, self.id, message=self.id if tells_of_message(self.type) else "")

    @property
    def traceparent(self) -> str:
        """Return the event's trace context: that of its sender, or of the run that made it."""
        cause = self.cause
        if not cause.depth:
            return cause.trace or trace.derived(self.id)
        producer = cause.runs[-1] if cause.runs else ""
        if cause.trace:
            return trace.made_by(cause.trace, producer)
        return trace.derived(cause.root or self.id, producer)


def to_json(event: Event) -> dict[str, Any]:
    """Return the CloudEvents form. whenthen's own attributes stand beside the standard ones."""
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": format_time(event.time),
        "datacontenttype": "application/json",
        "origin": event.origin,
        trace.HEADER: event.traceparent,
        "data": dict(event.data),
    }
    if event.subject is not None:
        document["subject"] = event.subject
    if event.identities:
        document["identities"] = list(event.identities)
    if event.changes:
        document["changes"] = {
            name: {"from": change.before, "to": change.after} for name, change in event.changes.items()
        }
    if event.cause.depth:
        document["cause"] = {"runs": list(event.cause.runs), "depth": event.cause.depth}
        if event.cause.root:
            document["cause"]["root"] = event.cause.root
        if event.cause.trace:
            document["cause"]["trace"] = event.cause.trace
        if event.cause.message:
            document["cause"]["message"] = event.cause.message
    return document


def to_stored_json(event: Event) -> dict[str, Any]:
    """Return the form that the store keeps: without a trace context that `from_json` derives again."""
    document = to_json(event)
    if event.cause.depth or not event.cause.trace:
        del document[trace.HEADER]
    return document


def encoded_size(event: Event) -> int:
    """Return the event's bytes as JSON, as it goes on the bus."""
    return bytes_of(to_json(event))


def truncate(event: Event) -> Event:
    """Drop the largest parts of the data until the event is within MAX_EVENT_BYTES; `omitted` names them."""
    data, omitted = dict(event.data), list(event.data.get("omitted", ()))
    while data.keys() - {"omitted"} and encoded_size(event) > MAX_EVENT_BYTES:
        largest = max(data.keys() - {"omitted"}, key=lambda name: (bytes_of(data[name]), name))
        del data[largest]
        omitted.append(largest)
        event = replace(event, data={**data, "omitted": omitted})
    return event


def bytes_of(value: Any) -> int:
    """Return a value's bytes as JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))


def from_json(document: Any) -> Event:
    """Read an event back. Raises Malformed for a document that is not an event, Invalid naming its fields."""
    if not isinstance(document, Mapping):
        raise Malformed(NOT_AN_EVENT())
    problems = [
        Problem(name, _against_text(document.get(name)))
        for name in ("id", "source", "type")
        if not isinstance(document.get(name), str) or not document[name]
    ]
    data, changes, cause = document.get("data", {}), document.get("changes", {}), document.get("cause", {})
    identities = document.get("identities", [])
    problems += [
        Problem(name, NOT_OBJECT())
        for name, value in (("data", data), ("changes", changes), ("cause", cause))
        if not isinstance(value, Mapping)
    ]
    if not isinstance(identities, list) or not all(isinstance(identity, str) for identity in identities):
        problems.append(Problem("identities", NOT_TEXT_LIST()))
    if not isinstance(document.get("subject"), str | None):
        problems.append(Problem("subject", NOT_TEXT()))
    problems += _cause_problems(cause)
    if problems:
        raise Invalid(problems)
    return Event(
        id=document["id"],
        source=document["source"],
        type=document["type"],
        time=parse_time(document.get("time"), "time"),
        subject=document.get("subject"),
        identities=tuple(identities),
        data=data,
        changes={name: _change(name, change) for name, change in changes.items()},
        origin=str(document.get("origin", "api")),
        cause=_read_cause(cause, document),
    )


def _read_cause(cause: Mapping[str, Any], document: Mapping[str, Any]) -> Cause:
    """Read a checked cause, with the trace that the sender gave. A context that is not valid counts as none."""
    runs, depth, root = tuple(cause.get("runs", ()))[-MAX_CAUSES:], cause.get("depth", 0), cause.get("root", "")
    if depth:
        return Cause(runs, depth, root, trace.read(cause.get("trace")), cause.get("message", ""))
    return Cause(runs, depth, root, trace.taken(document.get(trace.HEADER), document["id"]))


def _against_text(value: Any) -> Reason:
    """Return the reason against a value that is not a text, or empty."""
    if value is None:
        return REQUIRED()
    return EMPTY() if value == "" else NOT_TEXT()


def _cause_problems(cause: Any) -> list[Problem]:
    """Check `cause`: others wrote the events that come from the bus."""
    if not isinstance(cause, Mapping):
        return []
    runs = cause.get("runs", [])
    problems = []
    if not isinstance(runs, list) or not all(isinstance(run, str) for run in runs):
        problems.append(Problem("cause.runs", NOT_TEXT_LIST()))
    depth = cause.get("depth", 0)
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 0:
        problems.append(Problem("cause.depth", NOT_COUNT()))
    problems += [
        Problem(f"cause.{name}", NOT_TEXT()) for name in ("root", "message") if not isinstance(cause.get(name, ""), str)
    ]
    return problems


def _change(name: str, change: Any) -> Change:
    if not isinstance(change, Mapping):
        raise Invalid.field(f"changes.{name}", NOT_A_CHANGE())
    return Change(change.get("from"), change.get("to"))


def parse_time(value: Any, name: str) -> datetime:
    """Read an RFC 3339 time with its offset, as UTC, its `T` and `Z` in either case. Raises Invalid naming `name`."""
    try:
        time = datetime.fromisoformat(value.upper())
    except (AttributeError, TypeError, ValueError):
        raise Invalid.field(name, BAD_TIME()) from None
    if time.tzinfo is None:
        raise Invalid.field(name, NO_OFFSET())
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise Invalid.field(name, BEYOND_CALENDAR()) from None


def format_time(time: datetime) -> str:
    """Write a time in the one form: UTC, milliseconds, `Z`. Texts of this form sort as the times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
