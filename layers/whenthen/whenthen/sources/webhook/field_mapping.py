"""What one mapping finds in one body for an event: its time, subject, identities and data.

What an expression finds is never trusted to be what it should: a part that cannot be read is reported and
left out, and costs nothing else. What it finds for a record is read in `mapped_records`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import int64
from whenthen.domain.common.errors import Invalid, Malformed
from whenthen.domain.events.event import parse_time
from whenthen.domain.events.identities import identities_of, identity
from whenthen.domain.records.record import parse_ref
from whenthen.sources.parsing.json_body import present, text_id, unix_time

if TYPE_CHECKING:
    from whenthen.sources.parsing.expressions import Expression
    from whenthen.sources.webhook.mapping import EventMapping
    from whenthen.sources.webhook.record_mapping import RecordUpsert

MAX_DATA_BYTES = 150_000
"""What an event's data may weigh as JSON: leaves room in an event for the rest of it."""

_MILLISECONDS = 100_000_000_000  # a unix time above is in milliseconds: in seconds it would be the year 5138
_LAST_MILLISECOND = 253_402_300_799_000  # of the year 9999; above, a number is no time, and may be too large to divide


class MappingSession(Struct, frozen=True):
    """Evaluates one mapping's expressions; what does not apply is reported and read as nothing."""

    path: str
    root: Mapping[str, Any]
    problems: list[str]

    def report(self, name: str, reason: str) -> None:
        self.problems.append(f"{self.path}.{name}: {reason}")

    def value(self, name: str, expression: Expression | None) -> Any:
        if expression is None:
            return None
        try:
            found = int64.as_text(expression.value(self.root))  # to_number('9223372036854775808')
            json.dumps(found, allow_nan=False)  # an expression can find what is no JSON: to_number('nan'), &name
        except Malformed as error:
            self.report(name, error.reason)
        except (TypeError, ValueError):
            self.report(name, "the expression finds what is no JSON value")
        else:
            return found
        return None

    def holds(self, expression: Expression) -> bool:
        try:
            return expression.holds(self.root)
        except Malformed as error:
            self.report("when", error.reason)
            return False


def time_of(mapping: EventMapping, asking: MappingSession) -> datetime | None:
    """RFC 3339, or unix seconds or milliseconds."""
    found = asking.value("time", mapping.time)
    if found is None:
        return None
    if isinstance(found, int | float) and _MILLISECONDS < found <= _LAST_MILLISECOND:
        found = found / 1000
    time = unix_time(found)
    if time is not None:
        return time
    try:
        return parse_time(found, "time")
    except Invalid:
        asking.report("time", "neither a time such as 2026-03-14T09:30:00Z nor unix seconds")
        return None


def subject_of(mapping: EventMapping, record: RecordUpsert | None, asking: MappingSession) -> str | None:
    """What the expression finds, else the record that the body changes."""
    found = asking.value("subject", mapping.subject)
    if found is not None:
        try:
            return ":".join(parse_ref(found))
        except Invalid:
            asking.report("subject", "no record such as lead:4711")
    return f"{record.kind}:{record.id}" if record and record.id else None


def identities_found(country: str | None, mapping: EventMapping, asking: MappingSession) -> tuple[str, ...]:
    """`{phone: …, email: …}`; any other name gives an identity of that kind, such as `stripe#cus_…`."""
    found = asking.value("identities", mapping.identities)
    if found is None:
        return ()
    if not isinstance(found, dict):
        asking.report("identities", "an object such as {phone: …, email: …} is required")
        return ()
    known = list(identities_of(found, country))
    for kind, value in found.items():
        external_id = text_id(value)
        if kind in ("phone", "email", "whatsapp") or external_id is None:
            continue
        try:
            known.append(identity(kind, external_id))
        except Invalid as error:
            asking.report("identities", error.reason)
    return tuple(known)


def data_of(mapping: EventMapping, asking: MappingSession) -> dict[str, Any]:
    """What the expression finds, without one the body. A value that is no object is kept as `value`.

    Fields of an expression that found nothing are left out, as they would be if the sender had left them out.
    """
    found = asking.root["body"] if mapping.data is None else asking.value("data", mapping.data)
    data = found if isinstance(found, dict) else present({"value": found})
    if mapping.data is not None:
        data = present(data)
    if encoded_size(data) > MAX_DATA_BYTES:
        asking.report("data", f"more than {MAX_DATA_BYTES} bytes, so it is left out")
        return {"omitted": ["data"]}
    return data


def encoded_size(data: Any) -> int:
    """Bytes of the data as JSON."""
    return len(json.dumps(data))
