"""Find the time, subject, identities and data of an event in one body, by one mapping.

An expression may find anything. A part that cannot be read is reported and left out, and costs nothing else.
`record_mapping` finds the fields of a record.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.events.event import parse_time
from whenthen.domain.events.identities import identities_of, identity
from whenthen.domain.records.record import parse_ref
from whenthen.sources.parsing.json_body import present, text_id, unix_time
from whenthen.sources.webhook.reason_codes import (
    DATA_TOO_LARGE,
    IDENTITIES_NO_OBJECT,
    NO_RECORD,
    NO_TIME,
)

if TYPE_CHECKING:
    from whenthen.sources.webhook.mapping import EventMapping
    from whenthen.sources.webhook.mapping_session import MappingSession
    from whenthen.sources.webhook.record_mapping import RecordUpsert

MAX_DATA_BYTES = 150_000
"""Bytes of an event's data as JSON: leaves room in an event for the rest of it."""

_MILLISECONDS = 100_000_000_000  # a unix time above is in milliseconds: in seconds it would be the year 5138
_MILLISECOND_TEXT = re.compile(r"[0-9]{12,15}(?:\.[0-9]{1,6})?")
_LAST_MILLISECOND = 253_402_300_799_000  # of the year 9999; a number above is no time, and may be too large to divide


def time_of(mapping: EventMapping, session: MappingSession) -> datetime | None:
    """Find the time, written in RFC 3339 or as unix seconds or milliseconds; None if it is absent or unreadable."""
    found = session.value("time", mapping.time)
    if found is None:
        return None
    if isinstance(found, str) and _MILLISECOND_TEXT.fullmatch(found.strip()):
        found = float(found)
    if isinstance(found, int | float) and _MILLISECONDS < found <= _LAST_MILLISECOND:
        found = found / 1000
    time = unix_time(found)
    if time is not None:
        return time
    try:
        return parse_time(found, "time")
    except Invalid:
        session.report("time", NO_TIME())
        return None


def subject_of(mapping: EventMapping, record: RecordUpsert | None, session: MappingSession) -> str | None:
    """Find the ref of the event's subject, else that of the record that the body changes; None if neither is known."""
    found = session.value("subject", mapping.subject)
    if found is not None:
        try:
            return ":".join(parse_ref(found))
        except Invalid:
            session.report("subject", NO_RECORD())
    return record.ref if record else None


def identities_found(country: str | None, mapping: EventMapping, session: MappingSession) -> tuple[str, ...]:
    """Find identities in an object such as `{phone: …, email: …}`.

    Any other name gives an identity of that kind, such as `stripe#cus_…`.
    """
    found = session.value("identities", mapping.identities)
    if found is None:
        return ()
    if not isinstance(found, dict):
        session.report("identities", IDENTITIES_NO_OBJECT())
        return ()
    known = list(identities_of(found, country))
    for kind, value in found.items():
        external_id = text_id(value)
        if kind in ("phone", "email", "whatsapp") or external_id is None:
            continue
        try:
            known.append(identity(kind, external_id))
        except Invalid as error:
            session.report("identities", error.reason)
    return tuple(known)


def data_of(mapping: EventMapping, session: MappingSession) -> dict[str, Any]:
    """Find the event's data; without an expression, the body. A value that is no object is kept as `value`.

    Fields for which an expression found nothing are left out, as if the sender had left them out.
    """
    found = session.root["body"] if mapping.data is None else session.value("data", mapping.data)
    data = found if isinstance(found, dict) else present({"value": found})
    if mapping.data is not None:
        data = present(data)
    if encoded_size(data) > MAX_DATA_BYTES:
        session.report("data", DATA_TOO_LARGE(count=MAX_DATA_BYTES))
        return {"omitted": ["data"]}
    return data


def encoded_size(data: Any) -> int:
    """Count the bytes of the data as JSON."""
    return len(json.dumps(data))
