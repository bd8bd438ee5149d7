"""Remember the Idempotency-Keys of requests, and what each asked for, on the runs table; they expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import ConditionFailed, Expression, Table

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient

_SK = "idempotency"
_SAME = "attribute_not_exists(#content) OR #content = :content"


class DynamoIdempotencyKeys:
    """Keep a key for as long as events are kept: a repetition is recognised for the same time."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def claim(self, key: str, content: str, now: datetime) -> bool:
        """Note what a key asks for. False if it asked for something else before."""
        item = {
            "pk": f"{_SK}#{key}",
            "sk": _SK,
            "content": content,
            "expires_at": int((now + self._retention).timestamp()),
        }
        try:
            self._table.put(item, Expression(_SAME, values={"content": content}))
        except ConditionFailed:
            return False
        return True
