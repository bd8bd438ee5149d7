"""RecordStore and DateIndex on the records table, and the way back from the table's stream to records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from whenthen.adapters.dynamodb.common.cursors import cursor_of, start_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, transact
from whenthen.adapters.dynamodb.records import date_items
from whenthen.adapters.dynamodb.records.record_items import (
    MERGED_INTO,
    SK,
    as_it_was,
    from_image,
    identity_pk,
    identity_prefix,
    merge_of,
    pk_of,
    record_item,
    record_of,
    ref_of,
    removals_of,
    writes_of,
)
from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.events.identities import own
from whenthen.domain.records.record import is_of_another, rank_of
from whenthen.ports.values import MAX_OF_PERSON, Page, WriteResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.records.source_updates import DynamoSourceUpdates
    from whenthen.domain.events.event import Cause
    from whenthen.domain.records.date_index import DateEntry
    from whenthen.domain.records.record import Record
    from whenthen.ports.values import SourceUpdate

_AT_ONCE = 8
_HOPS = 3
"""What points to a record points to it directly: a second hop only means that it was merged itself meanwhile."""

_CANDIDATES = 10
"""How many records of one identity are looked at: all but the first only matter if that goes at this very moment, or is
another person's with the same number."""


def change_of(dynamodb: Mapping[str, Any]) -> tuple[Record | None, Record | None]:
    """(before, after) of the `dynamodb` part of a stream's record; both None where it was not about a record.

    That a record went into another is told by the change of the other.
    """
    if MERGED_INTO in dynamodb.get("NewImage", {}):
        return None, None
    return from_image(dynamodb.get("OldImage")), from_image(dynamodb.get("NewImage"))


class DynamoRecords:
    """Records; a record, its identities and its dates are always written together.

    tellings  called for by `put_once`: few functions write what sources tell, and only they are told of its table
    """

    def __init__(
        self, client: AwsClient, table: str, processed_updates: Callable[[], DynamoSourceUpdates] | None = None
    ) -> None:
        self._table = Table(client, table)
        self._tellings = processed_updates

    def get(self, ref: str) -> Record | None:
        """The record `<kind>:<id>`, or the one that it was merged into."""
        for _ in range(_HOPS):
            item = self._table.get(pk_of(ref), SK)
            if item is None:
                return None
            if MERGED_INTO not in item:
                return record_of(item)
            ref = item[MERGED_INTO]
        raise Temporary(f"{ref} is being merged at this moment", retry_after=1)

    def find(self, identities: Sequence[str], kind: str | None = None) -> Record | None:
        """The record (of `kind`) that has one of these identities: a contact rather than a lead rather than others.

        First by business-scoped ids, then by the others: a record that has another such id is another person's.
        """
        ours = own(identities)
        others = [identity for identity in identities if identity not in ours]
        found = self._first(ours, kind, ours)
        if found is None:
            return self._first(others, kind, ours)
        if kind is None and rank_of(found.kind):
            # What its record has is the person's: by that, the contact is found which a lead with the id became.
            better = self._first([each for each in others if each in found.identities], None, ours)
            return better if better is not None and rank_of(better.kind) < rank_of(found.kind) else found
        return found

    def _first(self, identities: Sequence[str], kind: str | None, ours: Sequence[str]) -> Record | None:
        """The first that has one of these identities and is nobody's who has other ids than `ours`."""
        records = (self.get(ref) for ref in self._refs_of(identities, kind, _CANDIDATES))
        return next((found for found in records if found is not None and not is_of_another(found, ours)), None)

    def find_all(self, identities: Sequence[str]) -> list[Record]:
        """Every record that has one of these identities, a contact first, then leads; at most MAX_OF_PERSON."""
        records = (self.get(ref) for ref in self._refs_of(identities, None, MAX_OF_PERSON))
        return [record for record in records if record is not None]

    def get_all(self, refs: Sequence[str]) -> dict[str, Record]:
        """Those of the records that exist, by the refs that were asked for."""
        items = self._table.get_all((pk_of(ref), SK) for ref in refs)
        found = {ref: items[key] for ref in refs if (key := (pk_of(ref), SK)) in items}
        return {
            ref: record
            for ref, item in found.items()
            if (record := self.get(ref) if MERGED_INTO in item else record_of(item)) is not None
        }

    def find_each(self, wanted: Sequence[Sequence[str]], kind: str) -> list[Record | None]:
        """What `find` gives for each of these lists of identities, several at a time."""
        if len(wanted) < 2:
            return [self.find(identities, kind) for identities in wanted]
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for imports alone

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda identities: self.find(identities, kind), wanted))

    def _refs_of(self, identities: Sequence[str], kind: str | None, limit: int) -> Iterable[str]:
        prefix = identity_prefix(kind) if kind else ""
        found = []
        for place, identity in enumerate(dict.fromkeys(identities)):
            items, _ = self._table.query(identity_pk(identity), prefix=prefix, limit=limit)
            found += [(item["sk"].partition(":")[0], place, item["sk"], ref_of(item)) for item in items]
        return dict.fromkeys(ref for *_, ref in sorted(found))

    def put(self, record: Record, replaces: Record | None) -> None:
        """Write the record, its identities and dates. Raises Stale if the stored version is not that of `replaces`."""
        writes = writes_of(self._table, record, replaces)
        try:
            if len(writes) == 1:  # half the price of a transaction
                self._table.put(record_item(record), as_it_was(replaces) if replaces else NEW)
            else:
                transact(self._table.client, writes)
        except (ConditionFailed, TransactionRefused) as error:
            raise Stale(_moved_on(record, replaces)) from error

    def put_once(self, record: Record, replaces: Record | None, update: SourceUpdate) -> WriteResult:
        """As `put`, together with a note that it was told: not again what is noted, nor what is older than the newest
        that its source told of this record. A record that is what it replaces is only noted. Raises Stale."""
        if self._tellings is None:
            raise TypeError("these records were made without what notes who told of them")
        processed_updates = self._tellings()
        writes = processed_updates.writes_of(update, record.ref)
        if record != replaces:
            writes += writes_of(self._table, record, replaces)
        try:
            transact(self._table.client, writes)
        except TransactionRefused as error:
            noted = processed_updates.meaning(update, error.places)
            if noted is None:
                raise Stale(_moved_on(record, replaces)) from error
            return noted
        return WriteResult.APPLIED

    def delete(self, record: Record, *, origin: str, cause: Cause) -> None:
        """Remove the record with all it is found by; the stream tells who did, and due to which runs. Raises Stale."""
        held = as_it_was(record)
        mark = Expression(
            condition=held.condition,
            update="SET #origin = :origin, #cause = :cause, #cause_depth = :depth REMOVE #quiet",
            values={**held.values, "origin": origin, "cause": list(cause.runs), "depth": cause.depth},
        )
        try:
            # A deletion's image in the stream is the item as it was before: so it is first told who deletes it.
            self._table.update(pk_of(record.ref), SK, mark)
            transact(self._table.client, removals_of(self._table, record))
        except (ConditionFailed, TransactionRefused) as error:
            raise Stale(_moved_on(record, record)) from error

    def merge(self, after: Record, survivor: Record, other: Record) -> None:
        """Let `other` become part of `survivor`, which then is `after`. Raises Stale if either moved on, Invalid."""
        try:
            transact(self._table.client, merge_of(self._table, after, survivor, other))
        except TransactionRefused as error:
            raise Stale(f"{survivor.ref} or {other.ref} moved on") from error

    def list(self, kind: str, *, limit: int, cursor: str | None) -> Page[Record]:
        """Records of a kind by id; eventually consistent."""
        pk = f"kind#{kind}"
        start = start_of(cursor, pk, "gsi1")
        items, last = self._table.query_index("gsi1", pk, limit=limit, start=start)
        return Page(tuple(record_of(item) for item in items if MERGED_INTO not in item), cursor_of(last))

    def entries(self, partition: str, prefix: str) -> Iterator[DateEntry]:
        """The dates of a partition of the date index whose sort keys begin so."""
        return map(date_items.entry_of, self._table.collection(partition, prefix))


def _moved_on(record: Record, replaces: Record | None) -> str:
    return f"{record.ref} is no longer at version {replaces.version}" if replaces else f"{record.ref} exists already"
