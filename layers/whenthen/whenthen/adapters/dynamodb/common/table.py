"""Send the stores' requests to one table, and classify failed conditions, conflicts and throttling.

In expressions every attribute is written `#name` and every value `:name`; `names` is only needed where an
attribute's name has other characters than letters, digits and `_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from msgspec import Struct, field

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of, pauses
from whenthen.adapters.dynamodb.common.batch_read import read_all
from whenthen.adapters.dynamodb.common.items import Item, decode, encode, encode_value
from whenthen.domain.common.errors import Temporary, TooLarge
from whenthen.domain.common.reasons import ReasonCode
from whenthen.ports.reason_codes import ITEM_TOO_LARGE

MAX_QUERY_PAGE = 1_000
_CONFLICT_ATTEMPTS = 6
_NAME = re.compile(r"#(\w+)")
_TOO_LARGE = "Item size"

# Another transaction holds the same items.
TRANSACTION_CONFLICT = ReasonCode("store.transaction_conflict")

Key = tuple[str, str]
"""(pk, sk)"""


class ConditionFailed(Exception):
    """Report that the item did not meet the condition; nothing was written."""


class Expression(Struct, frozen=True):
    """Hold a condition, an update, or both, with the values of their placeholders."""

    condition: str = ""
    update: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of DynamoDB's API."""
        text = f"{self.condition} {self.update}"
        names = {f"#{name}": self.names.get(name, name) for name in _NAME.findall(text)}
        values = {f":{name}": encode_value(value) for name, value in self.values.items()}
        parts = {
            "ConditionExpression": self.condition,
            "UpdateExpression": self.update,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        return {name: part for name, part in parts.items() if part}


NEW = Expression("attribute_not_exists(#pk)")
EXISTS = Expression("attribute_exists(#pk)")
ANY = Expression()


def key(pk: str, sk: str) -> dict[str, Any]:
    """Return the key of an item in DynamoDB's JSON."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


class Table:
    """Read and write one table through a low-level client."""

    def __init__(self, client: AwsClient, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, pk: str, sk: str) -> Item | None:
        """Read the item consistently."""
        with aws_errors("dynamodb:GetItem"):
            found = self.client.get_item(TableName=self.name, Key=key(pk, sk), ConsistentRead=True)
        return decode(found["Item"]) if "Item" in found else None

    def put(self, item: Item, when: Expression = ANY) -> None:
        """Write the whole item. Raises ConditionFailed, but not if exactly this item is there already.

        If the answer to a write is lost, the client's own repetition fails its condition on the item just written.
        """
        try:
            self._write("put_item", {"Item": encode(item), **when.parameters()})
        except ConditionFailed:
            if self.get(item["pk"], item["sk"]) != {name: value for name, value in item.items() if value is not None}:
                raise

    def update(self, pk: str, sk: str, change: Expression) -> Item:
        """Change the item and return the changed item. Raises ConditionFailed."""
        request = {"Key": key(pk, sk), "ReturnValues": "ALL_NEW", **change.parameters()}
        return decode(self._write("update_item", request)["Attributes"])

    def delete(self, pk: str, sk: str) -> None:
        """Delete the item, if it is there."""
        self._write("delete_item", {"Key": key(pk, sk)})

    def _write(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Write, and retry on a conflict with a transaction on the same item: that is over in milliseconds."""
        for _ in pauses(_CONFLICT_ATTEMPTS, first=0.02):
            try:
                with aws_errors(f"dynamodb:{operation.title().replace('_', '')}"):
                    return getattr(self.client, operation)(TableName=self.name, **request)  # type: ignore[no-any-return]
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise ConditionFailed from error
                raise_if_too_large(error, str(error))
                raise
            except Temporary as error:
                if not _is_conflict(error):
                    raise
        raise Temporary(TRANSACTION_CONFLICT())

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        before: str = "",
        after: str = "",
        between: tuple[str, str] | None = None,
        index: str = "",
        limit: int = MAX_QUERY_PAGE,
        start: Mapping[str, str] | None = None,
        backwards: bool = False,
    ) -> tuple[list[Item], dict[str, str] | None]:
        """Read one page of a collection, and return it with the start of the next.

        At most one of `prefix` (of the sort key), `before` and `after` (exclusive) and `between` (inclusive) selects a
        part.
        Reads are consistent, but for an index.
        """
        own = f"{index}pk", f"{index}sk"
        part, values = _part(own[1], prefix, before, after, between)
        condition = Expression(f"#{own[0]} = :pk{part}", values={"pk": pk, **values}).parameters()
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition.pop("ConditionExpression"),
            "ScanIndexForward": not backwards,
            "Limit": limit,
            **({"IndexName": index} if index else {"ConsistentRead": True}),
            **({"ExclusiveStartKey": encode(start)} if start else {}),
            **condition,
        }
        with aws_errors("dynamodb:Query"):
            found = self.client.query(**request)
        last = found.get("LastEvaluatedKey")
        return [decode(item) for item in found["Items"]], decode(last) if last else None

    def collection(self, pk: str, prefix: str = "") -> Iterator[Item]:
        """Yield every item of a collection, read consistently page by page."""
        start: dict[str, str] | None = None
        while True:
            items, start = self.query(pk, prefix=prefix, start=start)
            yield from items
            if start is None:
                return

    def get_all(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Read the items of these keys consistently; keys without an item are left out."""
        found = read_all(self.client, ((self.name, *each) for each in keys))
        return {(pk, sk): item for (_, pk, sk), item in found.items()}


def _part(
    name: str, prefix: str, before: str, after: str, between: tuple[str, str] | None
) -> tuple[str, dict[str, str]]:
    """Return a query's condition on the sort key, and the values in it."""
    if between is not None:
        return f" AND #{name} BETWEEN :first AND :last", {"first": between[0], "last": between[1]}
    if prefix:
        return f" AND begins_with(#{name}, :part)", {"part": prefix}
    if after:
        return f" AND #{name} > :part", {"part": after}
    return (f" AND #{name} < :part", {"part": before}) if before else ("", {})


def _is_conflict(error: Temporary) -> bool:
    cause = error.__cause__
    return isinstance(cause, ClientError) and code_of(cause) == "TransactionConflictException"


def raise_if_too_large(error: ClientError, message: str) -> None:
    """Raise TooLarge if DynamoDB's message says that an item is too large."""
    if _TOO_LARGE in message:
        raise TooLarge(ITEM_TOO_LARGE()) from error
