"""Keep imports on the runs table, which expires, and write their records to the records table in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, put, transact
from whenthen.adapters.dynamodb.imports.import_items import (
    LIST_PK,
    REJECTED,
    SK,
    import_item,
    import_of,
    import_pk,
    rejected_row_item,
    rejected_row_of,
)
from whenthen.adapters.dynamodb.records_table import record_items
from whenthen.adapters.dynamodb.runs_table.run_items import expiry
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.imports.job import ImportStatus
from whenthen.ports.reason_codes import IMPORT_NOT_FOUND, MOVED_ON

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.domain.imports.job import Import, RejectedRow
    from whenthen.ports.values import Page, RecordWrite


class DynamoImports:
    """Keep imports. A running one does not expire; others do, the retention after they ended or were created."""

    def __init__(self, client: AwsClient, runs_table: str, records_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._records = Table(client, records_table)
        self._retention = retention

    def get(self, import_id: str) -> Import:
        """Read an import. Raises NotFound."""
        item = self._table.get(import_pk(import_id), SK)
        if item is None:
            raise NotFound(IMPORT_NOT_FOUND(id=import_id))
        return import_of(item)

    def list(self, *, limit: int, cursor: str | None) -> Page[Import]:
        """List imports, newest first; eventually consistent."""
        listing = Listing(self._table, LIST_PK, "gsi1", backwards=True)
        return page_of(listing, limit=limit, cursor=cursor, read=import_of, takes=lambda _: True)

    def rejected_rows(self, import_id: str) -> Sequence[RejectedRow]:
        """Return the rejected rows that are kept, by line."""
        return [rejected_row_of(item) for item in self._table.collection(import_pk(import_id), REJECTED)]

    def create(self, new: Import) -> Import:
        """Create an import; returns it, or the earlier one of this id if there is one."""
        try:
            self._table.put(self._item(new), NEW)
        except ConditionFailed:
            return self.get(new.id)
        return new

    def save(self, after: Import) -> None:
        """Replace the version before this one. Raises Stale."""
        try:
            self._table.put(self._item(after), _before(after))
        except ConditionFailed as error:
            raise Stale(MOVED_ON(subject=after.id)) from error

    def advance(self, after: Import, writes: Sequence[RecordWrite], refused: Sequence[RejectedRow]) -> None:
        """Advance the import, and write the records of its rows, in one transaction. Raises Stale."""
        own = [
            put(self._table, self._item(after), _before(after)),
            *(put(self._table, rejected_row_item(after, rejected_row, self._ends(after))) for rejected_row in refused),
        ]
        theirs = [
            write for each in writes for write in record_items.writes_of(self._records, each.record, each.replaces)
        ]
        try:
            transact(self._table.client, [*own, *theirs])
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=after.id)) from error

    def _item(self, work: Import) -> dict[str, object]:
        return import_item(work, None if work.status is ImportStatus.RUNNING else self._ends(work))

    def _ends(self, work: Import) -> int:
        return expiry(work.finished_at or work.started_at or work.created_at, self._retention)


def _before(after: Import) -> Expression:
    return Expression("#version = :before", values={"before": after.version - 1})
