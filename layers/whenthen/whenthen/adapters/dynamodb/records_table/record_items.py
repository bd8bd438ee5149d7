"""Convert records to items of the records table: one for the record, and one for each of its identities and dates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import convert, to_builtins

from whenthen.adapters.dynamodb.common.items import Item, decode, time_of, to_json
from whenthen.adapters.dynamodb.common.table import NEW, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import Write, delete, put
from whenthen.adapters.dynamodb.records_table import consent_words, date_items
from whenthen.domain.events.event import Cause, format_time
from whenthen.domain.records.automation import FREE, read_automation, to_document
from whenthen.domain.records.consent_log import ConsentChange
from whenthen.domain.records.record import Record, parse_ref, rank_of

SK = "record"
MERGED_INTO = "merged_into"
"""The attribute of a redirect: the ref of the record that this one was merged into."""

_PK = "record#"


def pk_of(ref: str) -> str:
    """Return the partition of a record."""
    return f"{_PK}{ref}"


def identity_pk(identity: str) -> str:
    """Return the partition of an identity."""
    return f"identity#{identity}"


def identity_prefix(kind: str) -> str:
    """Return the prefix of the sort keys of records of `kind` in an identity's partition: contacts sort first."""
    return f"{rank_of(kind)}#{kind}:"


def identity_sk(record: Record) -> str:
    """Return the record's sort key in an identity's partition: records sort by preference."""
    return f"{identity_prefix(record.kind)}{record.id}"


def ref_of(identity: Item) -> str:
    """Return the ref of the record that an identity's item points to."""
    return str(identity["sk"]).partition("#")[2]


def record_item(record: Record) -> Item:
    """Make the record's own item."""
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
        "cause_root": record.cause.root or None,
        "cause_trace": record.cause.trace or None,
        "cause_message": record.cause.message or None,
        "quiet": record.quiet or None,
        "absorbed": list(record.absorbed) or None,
        "automation": to_json(to_document(record.automation)) if record.automation != FREE else None,
        "consent_log": to_json(to_builtins(record.consent_log)) if record.consent_log else None,
    }


def record_of(item: Item) -> Record:
    """Read the record of its item."""
    kind, external_id = parse_ref(item["pk"].removeprefix(_PK))
    return Record(
        kind=kind,
        id=external_id,
        fields=json.loads(item["fields"]),
        version=item["version"],
        created_at=time_of(item.get("created_at"), "created_at"),
        updated_at=time_of(item.get("updated_at"), "updated_at"),
        origin=item["origin"],
        cause=_cause_of(item),
        quiet=bool(item.get("quiet")),
        absorbed=tuple(item.get("absorbed") or ()),
        automation=read_automation(json.loads(kept)) if (kept := item.get("automation")) else FREE,
        consent_log=convert(json.loads(log), tuple[ConsentChange, ...]) if (log := item.get("consent_log")) else (),
    )


def _cause_of(item: Item) -> Cause:
    root, trace = item.get("cause_root") or "", item.get("cause_trace") or ""
    return Cause(tuple(item["cause"]), item["cause_depth"], root, trace, item.get("cause_message") or "")


def from_image(image: Mapping[str, Any] | None) -> Record | None:
    """Read the record of a stream's image (DynamoDB JSON); None if there is no image, or the item is no record."""
    if not image or image["sk"].get("S") != SK or not image["pk"]["S"].startswith(_PK) or MERGED_INTO in image:
        return None
    return record_of(decode(image))


def as_it_was(record: Record) -> Expression:
    """Return the condition that the stored record is this one: a record created again counts versions from 1 again."""
    if record.created_at is None:
        return Expression(
            "#version = :version AND attribute_not_exists(#created_at)", values={"version": record.version}
        )
    values = {"version": record.version, "born": format_time(record.created_at)}
    return Expression("#version = :version AND #created_at = :born", values=values)


def writes_of(table: Table, record: Record, replaces: Record | None) -> list[Write]:
    """Return the writes that replace `replaces` by the record: the record's own first, then identities and dates."""
    before, after = set(replaces.identities if replaces else ()), set(record.identities)
    return [
        put(table, record_item(record), as_it_was(replaces) if replaces else NEW),
        *(put(table, _identity_item(identity, record)) for identity in sorted(after - before)),
        *(delete(table, identity_pk(identity), identity_sk(record)) for identity in sorted(before - after)),
        *date_items.writes_of(table, replaces, record),
    ]


def merge_of(table: Table, after: Record, survivor: Record, other: Record) -> list[Write]:
    """Return the writes that merge `other` into `survivor`, which becomes `after`; both on condition of no change.

    The first write is the survivor's. Redirects take the place of the refs of `other`.
    """
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
    """Return the writes that delete a record, its identities, dates and redirects, and that leave its refusals."""
    return [
        delete(table, pk_of(record.ref), SK, as_it_was(record)),
        *(delete(table, pk_of(ref), SK) for ref in record.absorbed),
        *(delete(table, identity_pk(identity), identity_sk(record)) for identity in sorted(set(record.identities))),
        *date_items.writes_of(table, record, None),
        *consent_words.writes_of(table, record),
    ]


def _identity_item(identity: str, record: Record) -> Item:
    return {"pk": identity_pk(identity), "sk": identity_sk(record)}
