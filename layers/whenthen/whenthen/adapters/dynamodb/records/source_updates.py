"""Tellings on the runs table, which expires: what sources said of records, so that none of it is written twice.

Each is noted in the transaction that writes the record. Beside it stands, for each source and record, when the newest
thing happened that the source told of. Whoever writes them reads neither: the conditions say what there is.
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
    """The notes, kept for as long as events are: a repetition of either is known for the same time."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def writes_of(self, update: SourceUpdate, ref: str) -> list[Write]:
        """The writes that note it for the record, on condition that it is new: the note, and its time if it has one."""
        expires_at = int((update.heard + self._retention).timestamp())
        note = put(self._table, {"pk": f"{_DEDUP}#{update.id}", "sk": _DEDUP, "expires_at": expires_at}, NEW)
        if update.at is None:
            return [note]
        at = format_time(update.at)
        newest = {"pk": f"{_WATERMARK}#{update.source}#{ref}", "sk": _WATERMARK, "at": at, "expires_at": expires_at}
        no_older = Expression("attribute_not_exists(#at) OR #at <= :at", values={"at": at})
        return [note, put(self._table, newest, no_older)]

    def meaning(self, update: SourceUpdate, refused: Collection[int]) -> WriteResult | None:
        """What it means for what is told that writes at these places were refused, those of `writes_of` being the first
        of all; None: nothing."""
        if 0 in refused:
            return WriteResult.DUPLICATE
        return WriteResult.STALE if update.at is not None and 1 in refused else None
