"""Records as items of the records table: one for the record, one for each identity and date that it is found by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from whenthen.adapters.dynamodb.common.items import Item, decode, time_of, to_json
from whenthen.adapters.dynamodb.common.table import NEW, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import Write, delete, put
from whenthen.adapters.dynamodb.records import date_items
from whenthen.domain.events.event import Cause, format_time
from whenthen.domain.records.record import Record, parse_ref, rank_of

SK = "record"
MERGED_INTO = "merged_into"
"""The attribute of a record's item that only says where the record went."""

_PK = "record#"


def pk_of(ref: str) -> str:
    """The partition of a record."""
    return f"{_PK}{ref}"


def identity_pk(identity: str) -> str:
    """The partition of an identity."""
    return f"identity#{identity}"


def identity_prefix(kind: str) -> str:
    """How the sort keys begin under which records of `kind` stand in an identity's partition: the contact's first."""
    return f"{rank_of(kind)}#{kind}:"


def identity_sk(record: Record) -> str:
    """Where the record stands among those of one identity: they sort by preference."""
    return f"{identity_prefix(record.kind)}{record.id}"


def ref_of(identity: Item) -> str:
    """The ref of the record that an identity's item points to."""
    return str(identity["sk"]).partition("#")[2]


def record_item(record: Record) -> Item:
    """The record's own item."""
    return {
        "pk": pk_of(record.ref),
        "sk": SK,
        "gsi1pk": f"kind#{record.kind}",
        "gsi1sk": record.id,
        "fields": to_json(record.fields),
        "version": record.version,
        "created_at": record.created_at and format_time(record.created_at),
        "updated_at": record.updated_at and format_time(record.updated_at),
        "origin": record.origin,
        "cause": list(record.cause.runs),
        "cause_depth": record.cause.depth,
        "quiet": record.quiet or None,
        "absorbed": list(record.absorbed) or None,
    }


def record_of(item: Item) -> Record:
    """The record of its item."""
    kind, external_id = parse_ref(item["pk"].removeprefix(_PK))
    return Record(
        kind=kind,
        id=external_id,
        fields=json.loads(item["fields"]),
        version=item["version"],
        created_at=time_of(item.get("created_at"), "created_at"),
        updated_at=time_of(item.get("updated_at"), "updated_at"),
        origin=item["origin"],
        cause=Cause(tuple(item["cause"]), item["cause_depth"]),
        quiet=bool(item.get("quiet")),
        absorbed=tuple(item.get("absorbed") or ()),
    )


def from_image(image: Mapping[str, Any] | None) -> Record | None:
    """The record of a stream's image (DynamoDB JSON); None for no image, and for items that are no records."""
    if not image or image["sk"].get("S") != SK or not image["pk"]["S"].startswith(_PK) or MERGED_INTO in image:
        return None
    return record_of(decode(image))


def as_it_was(record: Record) -> Expression:
    """The condition that the stored record is still this one: a record made anew counts its versions from 1 again."""
    if record.created_at is None:
        return Expression(
            "#version = :version AND attribute_not_exists(#created_at)", values={"version": record.version}
        )
    values = {"version": record.version, "born": format_time(record.created_at)}
    return Expression("#version = :version AND #created_at = :born", values=values)


def writes_of(table: Table, record: Record, replaces: Record | None) -> list[Write]:
    """The writes that put a record in the place of `replaces`: the record's own first, then identities and dates."""
    before, after = set(replaces.identities if replaces else ()), set(record.identities)
    return [
        put(table, record_item(record), as_it_was(replaces) if replaces else NEW),
        *(put(table, _identity_item(identity, record)) for identity in sorted(after - before)),
        *(delete(table, identity_pk(identity), identity_sk(record)) for identity in sorted(before - after)),
        *date_items.writes_of(table, replaces, record),
    ]


def merge_of(table: Table, after: Record, survivor: Record, other: Record) -> list[Write]:
    """The writes by which `other` becomes part of `survivor`, which then is `after`: both on condition of what they
    were. What stands at the refs of `other` from then on says where it went."""
    ours, theirs = set(survivor.identities), set(other.identities)
    return [
        put(table, record_item(after), as_it_was(survivor)),
        put(table, _signpost(other.ref, after), as_it_was(other)),
        *(put(table, _signpost(ref, after)) for ref in other.absorbed),
        *(put(table, _identity_item(identity, after)) for identity in sorted(set(after.identities) - ours)),
        *(delete(table, identity_pk(identity), identity_sk(other)) for identity in sorted(theirs)),
        *date_items.writes_of(table, survivor, after),
        *date_items.writes_of(table, other, None),
    ]


def _signpost(ref: str, record: Record) -> Item:
    return {"pk": pk_of(ref), "sk": SK, MERGED_INTO: record.ref}


def removals_of(table: Table, record: Record) -> list[Write]:
    """The writes that remove a record, its identities, its dates, and what points to it."""
    return [
        delete(table, pk_of(record.ref), SK, as_it_was(record)),
        *(delete(table, pk_of(ref), SK) for ref in record.absorbed),
        *(delete(table, identity_pk(identity), identity_sk(record)) for identity in sorted(set(record.identities))),
        *date_items.writes_of(table, record, None),
    ]


def _identity_item(identity: str, record: Record) -> Item:
    return {"pk": identity_pk(identity), "sk": identity_sk(record)}
