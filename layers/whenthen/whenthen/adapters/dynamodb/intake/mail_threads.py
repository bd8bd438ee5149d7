"""Store on the runs table which run sent a mail (`ports.providers.Threads`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import Table

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient

_SK = "sent"
_LOOKED_AT = 10
"""Number of ids of a reply that are looked up."""


class DynamoThreads:
    """Store one item for each mail that was sent, kept for the retention."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def remember(self, message_id: str, run_id: str, now: datetime) -> None:
        """Store that this run sent the mail with the provider's `message_id`."""
        expires_at = int((now + self._retention).timestamp())
        self._table.put({"pk": _pk(message_id), "sk": _SK, "run_id": run_id, "expires_at": expires_at})

    def run_of(self, message_ids: Sequence[str]) -> str | None:
        """Return the run that sent one of these mails: the first that is known; None if none is."""
        found = (self._table.get(_pk(message_id), _SK) for message_id in message_ids[:_LOOKED_AT])
        return next((str(item["run_id"]) for item in found if item is not None), None)


def _pk(message_id: str) -> str:
    return f"mail#{message_id}"
