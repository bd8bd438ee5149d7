"""Write imports and their rejected rows as items of the runs table, and read them."""

from __future__ import annotations

from typing import Any

from whenthen.adapters.dynamodb.common.items import Item, pack, time_of, unpack
from whenthen.domain.common.stored_reasons import bounded, from_document, to_document
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.imports import spec
from whenthen.domain.imports.job import Counts, Import, ImportStatus, Place, RejectedRow

SK = "import"
REJECTED = "rejected#"
LIST_PK = "imports"
MAX_REASON = 1_000
"""Bytes of a rejected row's reason as JSON, before it is compressed."""

_COUNTS = Counts.__struct_fields__


def import_pk(import_id: str) -> str:
    """Return the partition key of an import."""
    return f"import#{import_id}"


def import_item(work: Import, expires_at: int | None) -> Item:
    """Make the import's own item."""
    return {
        "pk": import_pk(work.id),
        "sk": SK,
        "gsi1pk": LIST_PK,
        "gsi1sk": f"{format_time(work.created_at)}#{work.id}",
        "id": work.id,
        "order": pack(spec.to_json(work.order)),
        "by": work.by,
        "created_at": format_time(work.created_at),
        "status": work.status.value,
        "reason": work.reason and pack(to_document(work.reason)),
        "offset": work.place.offset,
        "line": work.place.line,
        "header": pack(work.header) if work.header else None,
        "pending": pack(work.pending) if work.pending else None,
        "size": work.size,
        "tag": work.tag,
        "turn": work.turn,
        "started_at": work.started_at and format_time(work.started_at),
        "finished_at": work.finished_at and format_time(work.finished_at),
        "version": work.version,
        "expires_at": expires_at,
        **{name: getattr(work.counts, name) for name in _COUNTS},
    }


def import_of(item: Item) -> Import:
    """Read an import from its item."""
    return Import(
        id=item["id"],
        order=spec.from_json(unpack(item["order"])),
        by=item["by"],
        created_at=parse_time(item["created_at"], "created_at"),
        status=ImportStatus(item["status"]),
        reason=from_document(unpack(item["reason"])) if "reason" in item else None,
        place=Place(item["offset"], item["line"]),
        header=_texts(item, "header"),
        counts=Counts(*(item[name] for name in _COUNTS)),
        pending=_texts(item, "pending"),
        size=item["size"],
        tag=item["tag"],
        turn=item["turn"],
        started_at=time_of(item.get("started_at"), "started_at"),
        finished_at=time_of(item.get("finished_at"), "finished_at"),
        version=item["version"],
    )


def rejected_row_item(work: Import, rejected_row: RejectedRow, expires_at: int) -> Item:
    """Make the item of a rejected row, in its import's partition, sorted by line."""
    return {
        "pk": import_pk(work.id),
        "sk": f"{REJECTED}{rejected_row.line:010d}",
        "line": rejected_row.line,
        "reason": pack(to_document(bounded(rejected_row.reason, MAX_REASON))),
        "expires_at": expires_at,
    }


def rejected_row_of(item: Item) -> RejectedRow:
    """Read a rejected row from its item."""
    return RejectedRow(item["line"], from_document(unpack(item["reason"])))


def _texts(item: Item, name: str) -> tuple[str, ...]:
    found: list[Any] = unpack(item[name]) if name in item else []
    return tuple(found)
