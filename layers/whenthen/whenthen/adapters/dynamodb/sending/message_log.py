"""Keep on the runs table how far each message to colleagues came (`ports.sending.MessageLog`)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import struct_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Table
from whenthen.domain.common.errors import Temporary
from whenthen.domain.events.event import format_time
from whenthen.domain.notices.progress import MessageProgress, MessageStatus
from whenthen.ports.reason_codes import CONTENDED

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item


class DynamoMessageLog:
    """Store one item for each message, kept for the retention after it went out."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def begin(self, job_id: str, message: str, now: datetime) -> MessageProgress | None:
        """Note that this message goes out now; None. If something is noted of it already, return that instead.

        The answer to the note may be lost, and the client then finds its own: it takes that for written.
        """
        try:
            self._table.put(self._item(job_id, message, MessageProgress(MessageStatus.BEGUN, now)), NEW)
        except ConditionFailed as error:
            item = self._table.get(_pk(job_id), message)
            if item is None:
                raise Temporary(CONTENDED(subject=job_id), retry_after=1) from error
            return struct_of(item, MessageProgress)
        return None

    def end(self, job_id: str, message: str, progress: MessageProgress) -> None:
        """Note how far the message came."""
        self._table.put(self._item(job_id, message, progress))

    def forget(self, job_id: str, message: str) -> None:
        """Note that the message did not go out, so that another attempt may send it."""
        self._table.delete(_pk(job_id), message)

    def _item(self, job_id: str, message: str, progress: MessageProgress) -> Item:
        return {
            "pk": _pk(job_id),
            "sk": message,
            "status": progress.status.value,
            "at": format_time(progress.at),
            "expires_at": int((progress.at + self._retention).timestamp()),
        }


def _pk(job_id: str) -> str:
    return f"progress#{job_id}"
