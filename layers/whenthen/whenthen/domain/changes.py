"""What a change of a record means: events made from the record before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whenthen.domain import ids
from whenthen.domain.events import Event, format_time, parse_time
from whenthen.domain.records import Record, diff, parse_ref

SOURCE = "records"
"""The source of events that come from the records table's stream."""


def change_events(before: Record | None, after: Record | None, seen: datetime) -> list[Event]:
    """The events of one change: created, updated or deleted; none where no field differs.

    Each carries the record as it was right after the change (a deleted one: right before), so that
    rules see the change and not what came later.
    """
    if before is None and after is None:
        return []
    record = after or before
    assert record is not None  # noqa: S101 - for the type checker: one of the two is there
    changed = diff(before.fields if before else {}, after.fields if after else {})
    if before is not None and after is not None and not changed:
        return []
    verb = "created" if before is None else "deleted" if after is None else "updated"
    event_type = f"{record.kind}.{verb}"
    born = format_time(record.created_at) if record.created_at else ""
    return [
        Event(
            # A record that is deleted and made anew counts its versions from 1 again: its birth tells them apart.
            id=ids.event_id(SOURCE, f"{record.ref}#{born}#{record.version}#{verb}"),
            source=SOURCE,
            type=event_type,
            time=record.updated_at if record.updated_at and after else seen,
            subject=record.ref,
            identities=record.identities,
            data={"fields": dict(record.fields), "version": record.version, "created_at": born or None},
            changes=changed if verb == "updated" else {},
            origin=record.origin,
            cause=record.cause,
        )
    ]


def record_of(event: Event) -> Record | None:
    """The record that a change event carries; None for any other event."""
    if event.source != SOURCE or event.subject is None or not isinstance(event.data.get("fields"), Mapping):
        return None
    kind, own_id = parse_ref(event.subject, "subject")
    data: Mapping[str, Any] = event.data
    return Record(
        kind=kind,
        id=own_id,
        fields=data["fields"],
        version=int(data.get("version") or 0),
        created_at=parse_time(data["created_at"], "data.created_at") if data.get("created_at") else None,
        updated_at=event.time,
        origin=event.origin,
        cause=event.cause,
    )
