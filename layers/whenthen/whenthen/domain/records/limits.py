"""Check before each write that the store can hold the record, and write it at once."""

from __future__ import annotations

from whenthen.domain.common.errors import Invalid, Problem, TooLarge
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.date_index import DateEntry, date_entries, replaced
from whenthen.domain.records.record import MAX_FIELDS, MAX_RECORD_BYTES, TOO_MANY_FIELDS, Record, encoded_size_of

MAX_WRITES = 98
"""Bound the items that one record takes. DynamoDB writes 100 at once, and others come with it."""


TOO_MANY_ENTRIES = ReasonCode("record.too_many_entries")
TOO_LARGE = ReasonCode("record.too_large", "count", "found")


def check_record(changed: Record, found: Record | None) -> None:
    """Raise Invalid or TooLarge, unless `changed` can take the place of `found` (None: of nothing)."""
    if changed is found:
        return
    before = found or Record(changed.kind, changed.id)
    try:
        writes = cost_of(changed, before)
    except Invalid as error:  # an identity that cannot be one; it names the field
        raise Invalid([Problem(f"fields.{each.field}", each.reason) for each in error.problems]) from error
    if writes > MAX_WRITES:
        raise Invalid.field("", TOO_MANY_ENTRIES())
    check_size(changed, before)


def check_size(changed: Record, before: Record) -> None:
    """Raise Invalid for a record of too many fields, TooLarge for one of too many bytes, unless it had more before.

    The bounds are those of what results: many small changes, or a merge, come to the same as one large change.
    """
    if MAX_FIELDS < len(changed.fields) > len(before.fields):
        raise Invalid.field("fields", TOO_MANY_FIELDS(count=MAX_FIELDS, found=len(changed.fields)))
    weight = encoded_size_of(changed)
    if MAX_RECORD_BYTES < weight >= encoded_size_of(before):
        raise TooLarge(TOO_LARGE(count=MAX_RECORD_BYTES, found=weight))


def cost_of(record: Record, found: Record) -> int:
    """Count the items written when `record` takes the place of `found`: its own, identities and dates."""
    gone, written = replaced(_dates(found), _dates(record))
    return 1 + len(set(record.identities) ^ set(found.identities)) + len(gone) + len(written)


def _dates(record: Record) -> tuple[DateEntry, ...]:
    return date_entries(record, record.updated_at) if record.updated_at else ()
