"""Read many items of one table or of several in as few requests as DynamoDB allows, consistently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from whenthen.adapters.aws.client import AwsClient, aws_errors, pauses
from whenthen.adapters.dynamodb.common.items import Item, decode
from whenthen.domain.common.errors import Temporary
from whenthen.ports.reason_codes import UNAVAILABLE

MAX_BATCH_GET = 100
_ATTEMPTS = 6
_BATCH_GET = "dynamodb:BatchGetItem"

Place = tuple[str, str, str]
"""(table, pk, sk)"""


def read_all(client: AwsClient, places: Iterable[Place]) -> dict[Place, Item]:
    """Read the items at these places; places without an item are left out. Raises Temporary."""
    wanted = list(dict.fromkeys(places))
    found: dict[Place, Item] = {}
    for first in range(0, len(wanted), MAX_BATCH_GET):
        found |= _read_batch(client, wanted[first : first + MAX_BATCH_GET])
    return found


def _read_batch(client: AwsClient, places: Sequence[Place]) -> dict[Place, Item]:
    found: dict[Place, Item] = {}
    waiting: Any = {}
    for table, pk, sk in places:
        asked = waiting.setdefault(table, {"Keys": [], "ConsistentRead": True})
        asked["Keys"].append({"pk": {"S": pk}, "sk": {"S": sk}})
    for _ in pauses(_ATTEMPTS):
        with aws_errors(_BATCH_GET):
            answer = client.batch_get_item(RequestItems=waiting)
        for table, images in answer["Responses"].items():
            for item in map(decode, images):
                found[table, item["pk"], item["sk"]] = item
        waiting = answer.get("UnprocessedKeys")
        if not waiting:
            return found
    raise Temporary(UNAVAILABLE(provider=_BATCH_GET, error="UnprocessedKeys"))
