"""Derive events from the record before and after a change, by the catalogue's rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.events.event import MAX_EVENT_BYTES, Change, Event, bytes_of, encoded_size, format_time, parse_time
from whenthen.domain.events.siblings import sibling_id
from whenthen.domain.events.types import CHILD_ADDED, MERGED
from whenthen.domain.records.automation import FREE, read_automation, to_document
from whenthen.domain.records.record import Record, diff, parse_ref

if TYPE_CHECKING:
    from whenthen.domain.event_catalog.change_predicates import Difference

# Only whoever publishes changes needs the catalogue and its tests: the matcher comes here for `record_of`.
# ruff: noqa: PLC0415

SOURCE = "records"
"""Name the source of events that come from the records table's stream."""

ATTRIBUTES_BEFORE = "before"
"""Name the version and time of the record before a change, in the data of the change's event."""

MAX_KEPT_VALUE = 200
"""Bound the bytes of a value in `changes` of a too large event. A longer one becomes its hash."""


def change_events(before: Record | None, after: Record | None, seen: datetime) -> list[Event]:
    """Return all events of one change: the main one, then the others in the catalogue's order.

    Empty if no field differs, or the change was made quietly.

    Each carries the record as it was right after the change (a deleted one: right before), so that
    rules see the change and not what came later.
    """
    from whenthen.domain.event_catalog.change_predicates import Difference

    if (before is None and after is None) or (after is not None and after.quiet):
        return []
    changed = diff(before.fields if before else {}, after.fields if after else {})
    difference = Difference(before, after, changed)
    return [within_bounds(event) for event in _events(difference, seen)]


def _events(difference: Difference, seen: datetime) -> list[Event]:
    from whenthen.domain.event_catalog.change_predicates import absorbed
    from whenthen.domain.event_catalog.record_events import rows_of

    merged = bool(absorbed(difference.before, difference.after))
    if difference.updated and not difference.changed and not merged:
        return []
    # The fields of both records were published when they changed: a merge publishes only that it took place.
    rows = (row for row in rows_of(difference.record.kind) if not merged or row.verb == MERGED)
    found = [
        (row.verb, facts) for row in rows if row.test is not None and (facts := row.test.facts(difference)) is not None
    ]
    main = _event_id(difference.record, found[0][0])
    events = [
        _event(difference, verb, sibling_id(main, verb) if place else main, facts, seen)
        for place, (verb, facts) in enumerate(found)
    ]
    return events if merged else [*events, *_child_added(difference, main, seen)]


def _event(difference: Difference, verb: str, event_id: str, facts: Mapping[str, Any], seen: datetime) -> Event:
    from whenthen.domain.event_catalog.change_predicates import via_of

    record = difference.record
    data = {
        "fields": dict(record.fields),
        "version": record.version,
        "created_at": format_time(record.created_at) if record.created_at else None,
        "via": via_of(record.origin),
        **({"absorbed": list(record.absorbed)} if record.absorbed else {}),
        **({"automation": to_document(record.automation)} if record.automation != FREE else {}),
        **_attributes_before(difference),
        **facts,
    }
    return Event(
        id=event_id,
        source=SOURCE,
        type=f"{record.kind}.{verb}",
        time=record.updated_at if record.updated_at and difference.after else seen,
        subject=record.ref,
        identities=record.identities,
        data=data,
        changes=difference.changed if difference.updated else {},
        origin=record.origin,
        cause=record.cause,
    )


def _attributes_before(difference: Difference) -> dict[str, Any]:
    """Return the attributes of the record that every change changes, as they were. Its fields are in `changes`."""
    if not difference.updated or difference.before is None:
        return {}
    before = difference.before
    updated_at = format_time(before.updated_at) if before.updated_at else None
    return {ATTRIBUTES_BEFORE: {"version": before.version, "updated_at": updated_at}}


def _event_id(record: Record, verb: str) -> str:
    """Return the id of a change's main event, which `verb` names."""
    # A record that is deleted and made anew counts its versions from 1 again: its birth tells them apart.
    born = format_time(record.created_at) if record.created_at else ""
    return ids.event_id(SOURCE, f"{record.ref}#{born}#{record.version}#{verb}")


def _child_added(difference: Difference, main: str, seen: datetime) -> list[Event]:
    """Make the parent's event if the record is a sub-customer or a part of its own kind: not for every task."""
    from whenthen.domain.event_catalog.change_predicates import parent_of, via_of
    from whenthen.domain.event_catalog.record_kinds import PEOPLE

    parent, child = parent_of(difference), difference.record
    if parent is None or parent == child.ref:
        return []
    kind = parse_ref(parent)[0]
    if kind != child.kind and not {kind, child.kind} <= PEOPLE:
        return []
    return [
        Event(
            id=sibling_id(main, CHILD_ADDED),
            source=SOURCE,
            type=f"{kind}.{CHILD_ADDED}",
            time=child.updated_at or seen,
            subject=parent,
            data={
                "child": {"kind": child.kind, "ref": child.ref, "fields": dict(child.fields)},
                "via": via_of(child.origin),
            },
            origin=child.origin,
            cause=child.cause,
        )
    ]


def within_bounds(event: Event) -> Event:
    """Drop the parts that make the event too large for the bus; `data.omitted` names them.

    Long values in `changes` become their hashes, so that what changed is still seen to have changed. Then the
    largest fields of the record go, until the rest fits.
    """
    if encoded_size(event) <= MAX_EVENT_BYTES:
        return event
    changes = {name: Change(_short(change.before), _short(change.after)) for name, change in event.changes.items()}
    data = {name: _short(value) if name in ("from", "to") else value for name, value in event.data.items()}
    omitted = [f"changes.{name}" for name, change in changes.items() if change != event.changes[name]]
    truncated = replace(event, data={**data, "omitted": omitted}, changes=changes)
    for path in _largest_first(data):
        if encoded_size(truncated) <= MAX_EVENT_BYTES:
            break
        omitted.append(".".join(path))
        data = _without(data, path)
        truncated = replace(truncated, data={**data, "omitted": omitted})
    return truncated


def _short(value: Any) -> Any:
    if bytes_of(value) <= MAX_KEPT_VALUE:
        return value
    return f"sha256:{hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()}"


_RECORDS = (("fields",), ("child", "fields"))
"""Name the places of a record's fields in an event's data."""


def _largest_first(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the paths that can be left out: fields of the record by size, then the lists of the event itself."""
    fields = [(*place, name, bytes_of(value)) for place in _RECORDS for name, value in _at(data, place).items()]
    fields.sort(key=lambda path: (-path[-1], path[:-1]))
    return [*(path[:-1] for path in fields), *((name,) for name, value in data.items() if isinstance(value, list))]


def _at(data: Mapping[str, Any], place: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = data
    for name in place:
        found = found.get(name, {})
    return found if isinstance(found, Mapping) else {}


def _without(data: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    kept = dict(data)
    if rest:
        kept[name] = _without(kept[name], tuple(rest))
    else:
        del kept[name]
    return kept


def record_of(event: Event) -> Record | None:
    """Return the record that a change event carries. None for any other event, and if the record was too large.

    Of a record that is deleted the rest is returned even then: the store has it no more.
    """
    if event.source != SOURCE or event.subject is None or not isinstance(event.data.get("fields"), Mapping):
        return None
    data: Mapping[str, Any] = event.data
    partial = any(str(path).startswith("fields.") for path in data.get("omitted", ()))
    if partial and not event.type.endswith(".deleted"):
        return None
    kind, external_id = parse_ref(event.subject, "subject")
    return Record(
        kind=kind,
        id=external_id,
        fields=data["fields"],
        version=int(data.get("version") or 0),
        created_at=parse_time(data["created_at"], "data.created_at") if data.get("created_at") else None,
        updated_at=event.time,
        origin=event.origin,
        cause=event.cause,
        absorbed=tuple(data.get("absorbed", ())),
        automation=read_automation(data["automation"]) if data.get("automation") else FREE,
    )
