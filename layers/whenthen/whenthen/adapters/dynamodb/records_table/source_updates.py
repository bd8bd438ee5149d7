"""Store processed source updates on the runs table, so that none is applied twice; they expire.

Each is noted in the transaction that writes the record. Beside it stands, for each source and record, a watermark: the
time of the newest update. The writer reads neither: failed conditions say what there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import NEW, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import Write, put
from whenthen.domain.events.event import format_time
from whenthen.ports.values import WriteResult

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.ports.values import SourceUpdate

_DEDUP = "dedup"
_WATERMARK = "watermark"


class DynamoSourceUpdates:
    """Write the notes, kept for as long as events are: repetitions of both are detected for the same time."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def writes_of(self, update: SourceUpdate, ref: str) -> list[Write]:
        """Return the writes that note the update, on condition that it is new, and its watermark if it has a time."""
        expires_at = int((update.heard + self._retention).timestamp())
        note = put(self._table, {"pk": f"{_DEDUP}#{update.id}", "sk": _DEDUP, "expires_at": expires_at}, NEW)
        if update.at is None:
            return [note]
        at = format_time(update.at)
        newest = {"pk": f"{_WATERMARK}#{update.source}#{ref}", "sk": _WATERMARK, "at": at, "expires_at": expires_at}
        no_older = Expression("attribute_not_exists(#at) OR #at <= :at", values={"at": at})
        return [note, put(self._table, newest, no_older)]

    def peek(self, update: SourceUpdate, ref: str) -> WriteResult:
        """Read whether the update is a duplicate or stale, as the conditions of `writes_of` would find."""
        if self._table.get(f"{_DEDUP}#{update.id}", _DEDUP) is not None:
            return WriteResult.DUPLICATE
        newest = self._table.get(f"{_WATERMARK}#{update.source}#{ref}", _WATERMARK) if update.at else None
        is_stale = newest is not None and update.at is not None and newest["at"] > format_time(update.at)
        return WriteResult.STALE if is_stale else WriteResult.APPLIED

    def result_of(self, update: SourceUpdate, failed: Collection[int]) -> WriteResult | None:
        """Classify failed conditions as duplicate or stale; None if they are of other writes.

        failed   positions of the failed writes, in a transaction that begins with those of `writes_of`
        """
        if 0 in failed:
            return WriteResult.DUPLICATE
        return WriteResult.STALE if update.at is not None and 1 in failed else None
