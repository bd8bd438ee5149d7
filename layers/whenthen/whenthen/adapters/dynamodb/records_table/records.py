"""Store records and their dates on the records table, and read records from the table's stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws.parallel import gather
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, transact
from whenthen.adapters.dynamodb.records_table import consent_words, date_items
from whenthen.adapters.dynamodb.records_table.record_items import (
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
from whenthen.ports.reason_codes import CONTENDED, MOVED_ON
from whenthen.ports.values import MAX_OF_PERSON, Page, WriteResult

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.batch_read import Place
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.adapters.dynamodb.records_table.source_updates import DynamoSourceUpdates
    from whenthen.domain.events.event import Cause
    from whenthen.domain.records.consent_log import ConsentWord
    from whenthen.domain.records.date_index import DateEntry
    from whenthen.domain.records.record import Record
    from whenthen.ports.values import SourceUpdate

_HOPS = 3
"""Redirects that are followed: each points to its record directly, so a second hop means a merge in between."""

_CANDIDATES = 10
"""Records of one identity that are read: all but the first only matter if the first is deleted at this moment, or
belongs to another person with the same number."""


def change_of(dynamodb: Mapping[str, Any]) -> tuple[Record | None, Record | None]:
    """Return (before, after) of the `dynamodb` part of a stream's record; both None if it is not about a record.

    A merge is told by the change of the record that stays.
    """
    if MERGED_INTO in dynamodb.get("NewImage", {}):
        return None, None
    return from_image(dynamodb.get("OldImage")), from_image(dynamodb.get("NewImage"))


class DynamoRecords:
    """Store records; a record, its identities and its dates are always written together.

    processed_updates  called by `put_once`: few functions write source updates, and only they may use their table
    """

    def __init__(
        self, client: AwsClient, table: str, processed_updates: Callable[[], DynamoSourceUpdates] | None = None
    ) -> None:
        self._table = Table(client, table)
        self._processed_updates = processed_updates

    def get(self, ref: str) -> Record | None:
        """Read the record `<kind>:<id>`, or the one that it was merged into; None if there is none."""
        for _ in range(_HOPS):
            item = self._table.get(pk_of(ref), SK)
            if item is None:
                return None
            if MERGED_INTO not in item:
                return record_of(item)
            ref = item[MERGED_INTO]
        raise Temporary(CONTENDED(subject=ref), retry_after=1)

    def place_of(self, ref: str) -> Place:
        """Return the place of a record's item."""
        return self._table.name, pk_of(ref), SK

    def of_item(self, ref: str, item: Item | None) -> Record | None:
        """Read the record of its item, or the one that it was merged into; None if there is none."""
        if item is not None and MERGED_INTO in item:
            return self.get(ref)
        return record_of(item) if item is not None else None

    def find(self, identities: Sequence[str], kind: str | None = None) -> Record | None:
        """Find the record (of `kind`) with one of these identities: a contact first, then a lead, then others.

        Business-scoped ids go first: a record with another such id belongs to another person.
        """
        ours = own(identities)
        others = [identity for identity in identities if identity not in ours]
        found = self._first(ours, kind, ours)
        if found is None:
            return self._first(others, kind, ours)
        if kind is None and rank_of(found.kind):
            # The record's identities are the person's: by them, the contact is found that a lead with the id became.
            better = self._first([each for each in others if each in found.identities], None, ours)
            return better if better is not None and rank_of(better.kind) < rank_of(found.kind) else found
        return found

    def _first(self, identities: Sequence[str], kind: str | None, ours: Sequence[str]) -> Record | None:
        """Return the first record with one of these identities that does not belong to a person with other ids."""
        records = (self.get(ref) for ref in self._refs_of(identities, kind, _CANDIDATES))
        return next((found for found in records if found is not None and not is_of_another(found, ours)), None)

    def find_all(self, identities: Sequence[str]) -> list[Record]:
        """Return every record with one of these identities, contacts first, then leads; at most MAX_OF_PERSON."""
        records = (self.get(ref) for ref in self._refs_of(identities, None, MAX_OF_PERSON))
        return [record for record in records if record is not None]

    def get_all(self, refs: Sequence[str]) -> dict[str, Record]:
        """Return the records that exist, by the refs that were given."""
        items = self._table.get_all((pk_of(ref), SK) for ref in refs)
        found = {ref: items[key] for ref in refs if (key := (pk_of(ref), SK)) in items}
        return {
            ref: record
            for ref, item in found.items()
            if (record := self.get(ref) if MERGED_INTO in item else record_of(item)) is not None
        }

    def find_each(self, wanted: Sequence[Sequence[str]], kind: str) -> list[Record | None]:
        """Call `find` for each of these lists of identities, several at a time."""
        return gather([partial(self.find, identities, kind) for identities in wanted])

    def find_kinds(self, identities: Sequence[str], kinds: Sequence[str]) -> list[Record | None]:
        """Call `find` for each of these kinds, several at a time."""
        return gather([partial(self.find, identities, kind) for kind in kinds])

    def _refs_of(self, identities: Sequence[str], kind: str | None, limit: int) -> Iterable[str]:
        prefix = identity_prefix(kind) if kind else ""
        asked = [
            partial(self._table.query, identity_pk(identity), prefix=prefix, limit=limit)
            for identity in dict.fromkeys(identities)
        ]
        found = [
            (item["sk"].partition(":")[0], place, item["sk"], ref_of(item))
            for place, (items, _) in enumerate(gather(asked))
            for item in items
        ]
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
            raise Stale(MOVED_ON(subject=record.ref)) from error

    def put_once(self, record: Record, replaces: Record | None, update: SourceUpdate) -> WriteResult:
        """Write the record as `put` does, unless the update is a duplicate or stale. Raises Stale as `put` does.

        A record that equals the one it replaces is not written; the update is only noted.
        """
        if self._processed_updates is None:
            raise TypeError("put_once needs processed_updates")
        processed_updates = self._processed_updates()
        writes = processed_updates.writes_of(update, record.ref)
        if record != replaces:
            writes += writes_of(self._table, record, replaces)
        try:
            transact(self._table.client, writes)
        except TransactionRefused as error:
            result = processed_updates.result_of(update, error.places)
            if result is None:
                raise Stale(MOVED_ON(subject=record.ref)) from error
            return result
        return WriteResult.APPLIED

    def result_of(self, update: SourceUpdate, ref: str) -> WriteResult:
        """Tell what `put_once` would find of an update of this record, and write nothing."""
        if self._processed_updates is None:
            raise TypeError("result_of needs processed_updates")
        return self._processed_updates().peek(update, ref)

    def delete(self, record: Record, *, origin: str, cause: Cause) -> None:
        """Delete the record, its identities and dates; the stream tells by whom, due to which runs. Raises Stale."""
        held = as_it_was(record)
        mark = Expression(
            condition=held.condition,
            update="SET #origin = :origin, #cause = :cause, #cause_depth = :depth"
            " REMOVE #quiet, #cause_root, #cause_trace, #cause_message",
            values={**held.values, "origin": origin, "cause": list(cause.runs), "depth": cause.depth},
        )
        try:
            # A deletion's image in the stream is the item as it was before: so the item first says who deletes it.
            self._table.update(pk_of(record.ref), SK, mark)
            transact(self._table.client, removals_of(self._table, record))
        except (ConditionFailed, TransactionRefused) as error:
            raise Stale(MOVED_ON(subject=record.ref)) from error

    def words_of(self, identities: Sequence[str]) -> dict[str, dict[str, ConsentWord]]:
        """Return identity → channel → the last word kept of it; identities of which nothing is kept are left out."""
        return consent_words.words_of(self._table, identities) if identities else {}

    def keep_word(self, identity: str, channel: str, word: ConsentWord) -> None:
        """Keep a word on a channel at an address, unless a newer one is kept."""
        consent_words.keep(self._table, identity, channel, word)

    def merge(self, after: Record, survivor: Record, other: Record) -> None:
        """Merge `other` into `survivor`, which becomes `after`. Raises Stale if either changed, Invalid."""
        try:
            transact(self._table.client, merge_of(self._table, after, survivor, other))
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=survivor.ref if 0 in error.places else other.ref)) from error

    def list(
        self, kind: str, *, limit: int, cursor: str | None, takes: Callable[[Record], bool] | None = None
    ) -> Page[Record]:
        """List records of a kind that `takes` selects, by id; eventually consistent."""
        listing = Listing(self._table, f"kind#{kind}", "gsi1")
        return page_of(listing, limit=limit, cursor=cursor, read=_listed, takes=takes or (lambda _: True))

    def entries(self, partition: str, prefix: str) -> Iterator[DateEntry]:
        """Yield the dates of a partition of the date index whose sort keys begin with `prefix`."""
        return map(date_items.entry_of, self._table.collection(partition, prefix))


def _listed(item: Item) -> Record | None:
    """Read a listed record; None for a redirect, which the index may still show as the record that it was."""
    return None if MERGED_INTO in item else record_of(item)
