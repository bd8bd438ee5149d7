"""Convert the date index to items of the records table: one for each place under which a record's date stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.transactions import Write, delete, put
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.records.date_index import DateEntry, date_entries, replaced

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.adapters.dynamodb.common.table import Table
    from whenthen.domain.records.record import Record


def writes_of(table: Table, before: Record | None, after: Record | None) -> list[Write]:
    """Return the writes by which the index follows a change of a record; none if no date changed."""
    gone, written = replaced(_entries(before), _entries(after))
    return [
        *(put(table, _item(entry)) for entry in sorted(written, key=_place)),
        *(delete(table, entry.partition, entry.sort) for entry in sorted(gone, key=_place)),
    ]


def entry_of(item: Item) -> DateEntry:
    """Read the entry of its item."""
    return DateEntry(
        partition=item["pk"],
        sort=item["sk"],
        ref=item["ref"],
        value=item["value"],
        noted=parse_time(item["noted"], "noted"),
        zone=item.get("zone"),
        repeats=item.get("repeats"),
        left_out=tuple(item.get("left_out", ())),
    )


def _item(entry: DateEntry) -> Item:
    return {
        "pk": entry.partition,
        "sk": entry.sort,
        "ref": entry.ref,
        "value": entry.value,
        "noted": format_time(entry.noted),
        "zone": entry.zone,
        "repeats": entry.repeats,
        "left_out": list(entry.left_out) or None,
    }


def _entries(record: Record | None) -> tuple[DateEntry, ...]:
    # A record is never written without the time of its change.
    return () if record is None or record.updated_at is None else date_entries(record, record.updated_at)


def _place(entry: DateEntry) -> tuple[str, str]:
    return entry.partition, entry.sort
