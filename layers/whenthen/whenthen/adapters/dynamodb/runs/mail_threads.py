"""Threads on the runs table: which run sent a mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import Table
from whenthen.adapters.dynamodb.runs.run_items import expiry

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient

_SK = "sent"
_LOOKED_AT = 10
"""How many of the ids that an answer names are looked up."""


class DynamoThreads:
    """One item for each mail that was sent, kept for the retention."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def remember(self, message_id: str, run_id: str, now: datetime) -> None:
        """Note that this run sent the mail that the provider calls `message_id`."""
        expires_at = expiry(now, self._retention)
        self._table.put({"pk": _pk(message_id), "sk": _SK, "run_id": run_id, "expires_at": expires_at})

    def run_of(self, message_ids: Sequence[str]) -> str | None:
        """The run that sent one of these mails; the first that is known."""
        found = (self._table.get(_pk(message_id), _SK) for message_id in message_ids[:_LOOKED_AT])
        return next((str(item["run_id"]) for item in found if item is not None), None)


def _pk(message_id: str) -> str:
    return f"mail#{message_id}"
