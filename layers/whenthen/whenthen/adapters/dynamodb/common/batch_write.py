"""Write many items of one table in as few requests as DynamoDB allows, unconditionally."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws.client import AwsClient, aws_errors, pauses
from whenthen.adapters.dynamodb.common.items import encode
from whenthen.domain.common.errors import Temporary
from whenthen.ports.reason_codes import UNAVAILABLE

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item

MAX_BATCH_WRITE = 25
_ATTEMPTS = 6
_BATCH_WRITE = "dynamodb:BatchWriteItem"


def put_all(client: AwsClient, table: str, items: Sequence[Item]) -> None:
    """Write these items, whose keys differ. Raises Temporary; then some may be written."""
    for first in range(0, len(items), MAX_BATCH_WRITE):
        _put_batch(client, table, items[first : first + MAX_BATCH_WRITE])


def _put_batch(client: AwsClient, table: str, items: Sequence[Item]) -> None:
    waiting: Any = {table: [{"PutRequest": {"Item": encode(item)}} for item in items]}
    for _ in pauses(_ATTEMPTS):
        with aws_errors(_BATCH_WRITE):
            waiting = client.batch_write_item(RequestItems=waiting).get("UnprocessedItems")
        if not waiting:
            return
    raise Temporary(UNAVAILABLE(provider=_BATCH_WRITE, error="UnprocessedItems"))
