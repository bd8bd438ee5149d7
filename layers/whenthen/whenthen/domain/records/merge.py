"""Merge two records of one customer into one that has the fields of both.

The survivor's own values win; where it has none, the other's are taken. Every address of either finds the survivor.
A refusal of messages on either side stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from whenthen.domain.common.errors import Conflict, Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import is_blank
from whenthen.domain.records.automation import automation_merged
from whenthen.domain.records.consent import CONSENT, consent_merged, mapping_of
from whenthen.domain.records.consent_log import consent_changes, logs_merged, written_by
from whenthen.domain.records.record import MAX_ABSORBED, MAX_OTHERS, OTHER_FIELDS, Record
from whenthen.domain.records.tags import with_tags

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.events.event import Cause


INTO_ITSELF = ReasonCode("merge.into_itself", "ref")
INTO_OTHER_KIND = ReasonCode("merge.into_other_kind", "from_kind", "into_kind")
TOO_MANY_MERGED = ReasonCode("merge.too_many_records", "ref", "count", "found")
TOO_MANY_ADDRESSES = ReasonCode("merge.too_many_addresses", "field", "count", "found")


def merged(survivor: Record, other: Record, *, origin: str, cause: Cause, now: datetime) -> Record:
    """Return the survivor after the merge. Raises Invalid; Conflict if it would have to take over too much."""
    if survivor.ref == other.ref:
        raise Invalid.field("from", INTO_ITSELF(ref=other.ref))
    if survivor.kind != other.kind:
        raise Invalid.field("from", INTO_OTHER_KIND(from_kind=other.kind, into_kind=survivor.kind))
    absorbed = (*survivor.absorbed, *other.refs)
    if len(absorbed) > MAX_ABSORBED:
        raise Conflict(TOO_MANY_MERGED(ref=survivor.ref, count=MAX_ABSORBED, found=len(absorbed)))
    fields = merged_fields(survivor.fields, other.fields, {*survivor.refs, *other.refs})
    by = written_by(origin, now, cause.runs)
    return replace(
        survivor,
        fields=fields,
        version=survivor.version + 1,
        updated_at=now,
        origin=origin,
        cause=cause,
        quiet=False,
        absorbed=absorbed,
        automation=automation_merged(survivor.automation, other.automation),
        consent_log=logs_merged(
            survivor.consent_log,
            other.consent_log,
            consent_changes(survivor.fields.get(CONSENT), fields.get(CONSENT), by),
        ),
    )


def merged_fields(mine: Mapping[str, Any], theirs: Mapping[str, Any], own: Collection[str]) -> dict[str, Any]:
    """Return the fields of both. `own`: the refs of both, none of which can be its parent. Raises Conflict."""
    mine, theirs = (
        {name: value for name, value in fields.items() if name != "parent" or value not in own}
        for fields in (mine, theirs)
    )
    fields = dict(mine)
    fields |= {name: value for name, value in theirs.items() if is_blank(fields.get(name)) and not is_blank(value)}
    if not is_blank(mine.get("tags")) or not is_blank(theirs.get("tags")):
        fields["tags"] = with_tags(mine.get("tags"), with_tags(theirs.get("tags")))
    for name, others in OTHER_FIELDS.items():
        known = _further(fields.get(name), (mine, theirs), name, others)
        if known:
            fields[others] = known
    return {**fields, **_consent(mine, theirs)}


def _further(first: Any, records: tuple[Mapping[str, Any], ...], name: str, others: str) -> list[str]:
    """Return the addresses of both, without the first."""
    values = [value for fields in records for value in (fields.get(name), *_list(fields.get(others)))]
    found = list(dict.fromkeys(value for value in values if isinstance(value, str) and value and value != first))
    if len(found) > MAX_OTHERS:
        raise Conflict(TOO_MANY_ADDRESSES(field=others, count=MAX_OTHERS, found=len(found)))
    return found


def _consent(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Merge consent by channel, as of the later signal, so that no older one undoes it."""
    agreed = consent_merged(mine.get("consent"), theirs.get("consent"))
    times = [mapping_of(fields.get("consent_at")) for fields in (theirs, mine)]
    last = {
        channel: max(str(each[channel]) for each in times if channel in each)
        for channel in sorted({*times[0], *times[1]})
    }
    return {name: value for name, value in (("consent", agreed), ("consent_at", last)) if value}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
