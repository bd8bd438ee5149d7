"""Store work in the background on the runs table, one item for each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import convert, to_builtins

from whenthen.adapters.dynamodb.common.items import Item, pack, unpack
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.runs_table.run_items import expiry
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.events.event import format_time
from whenthen.domain.work.work import Work, WorkStatus
from whenthen.ports.reason_codes import MOVED_ON, WORK_NOT_FOUND

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.ports.values import Page

_SK = "work"
_LIST_PK = "works"


class DynamoWork:
    """Store work. What is under way does not expire; the rest does, the retention after it ended."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def get(self, work_id: str) -> Work:
        """Read the work. Raises NotFound."""
        item = self._table.get(_pk(work_id), _SK)
        if item is None:
            raise NotFound(WORK_NOT_FOUND(id=work_id))
        return _work_of(item)

    def list(self, *, limit: int, cursor: str | None) -> Page[Work]:
        """List all work, newest first; eventually consistent."""
        listing = Listing(self._table, _LIST_PK, "gsi1", backwards=True)
        return page_of(listing, limit=limit, cursor=cursor, read=_work_of, takes=lambda _: True)

    def create(self, new: Work) -> Work:
        """Store new work unless there is some of this id; return the stored one."""
        try:
            self._table.put(self._item(new), NEW)
        except ConditionFailed:
            return self.get(new.id)
        return new

    def save(self, after: Work) -> None:
        """Store it in place of the version before it. Raises Stale."""
        before = Expression("#version = :before", values={"before": after.version - 1})
        try:
            self._table.put(self._item(after), before)
        except ConditionFailed as error:
            raise Stale(MOVED_ON(subject=after.id)) from error

    def _item(self, work: Work) -> Item:
        ends = None if work.status is WorkStatus.RUNNING else work.finished_at
        return {
            "pk": _pk(work.id),
            "sk": _SK,
            "gsi1pk": _LIST_PK,
            "gsi1sk": f"{format_time(work.created_at)}#{work.id}",
            "status": work.status.value,
            "version": work.version,
            "document": pack(to_builtins(work)),
            "expires_at": expiry(ends, self._retention) if ends else None,
        }


def _pk(work_id: str) -> str:
    return f"work#{work_id}"


def _work_of(item: Item) -> Work:
    document: Any = unpack(item["document"])
    return convert(document, Work)
