"""One table: the requests that the stores make of it, with conditions, conflicts and throttling understood.

In expressions every attribute is written `#name` and every value `:name`; `names` is only needed where an
attribute's name has other characters than letters, digits and `_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from msgspec import Struct, field

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of, pauses
from whenthen.adapters.dynamodb.common.items import Item, decode, encode, encode_value
from whenthen.domain.common.errors import Temporary, TooLarge

MAX_BATCH_GET = 100
MAX_QUERY_PAGE = 1_000
_CONFLICT_ATTEMPTS = 6
_NAME = re.compile(r"#(\w+)")
_TOO_LARGE = "Item size"

Key = tuple[str, str]
"""(pk, sk)"""


class ConditionFailed(Exception):
    """The item was not as the condition demands; nothing was written."""


class Expression(Struct, frozen=True):
    """A condition, an update, or both, with what their placeholders stand for."""

    condition: str = ""
    update: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """As DynamoDB's API takes it."""
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
    """The key of an item in DynamoDB's JSON."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


class Table:
    """One table through a low-level client."""

    def __init__(self, client: AwsClient, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, pk: str, sk: str) -> Item | None:
        """The item, read consistently."""
        with aws_errors(f"reading {self.name}"):
            found = self.client.get_item(TableName=self.name, Key=key(pk, sk), ConsistentRead=True)
        return decode(found["Item"]) if "Item" in found else None

    def put(self, item: Item, when: Expression = ANY) -> None:
        """Write the whole item. Raises ConditionFailed, but not if it is there already exactly so.

        An item of ours whose answer was lost makes the client's own repetition fail its condition.
        """
        try:
            self._write("put_item", {"Item": encode(item), **when.parameters()})
        except ConditionFailed:
            if self.get(item["pk"], item["sk"]) != {name: value for name, value in item.items() if value is not None}:
                raise

    def update(self, pk: str, sk: str, change: Expression) -> Item:
        """Change the item; returns it as it stands then. Raises ConditionFailed."""
        request = {"Key": key(pk, sk), "ReturnValues": "ALL_NEW", **change.parameters()}
        return decode(self._write("update_item", request)["Attributes"])

    def delete(self, pk: str, sk: str) -> None:
        """Remove the item, if it is there."""
        self._write("delete_item", {"Key": key(pk, sk)})

    def _write(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Repeats what ran into a transaction under way on the same item: that is over in milliseconds."""
        for _ in pauses(_CONFLICT_ATTEMPTS, first=0.02):
            try:
                with aws_errors(f"writing {self.name}"):
                    return getattr(self.client, operation)(TableName=self.name, **request)  # type: ignore[no-any-return]
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise ConditionFailed from error
                raise_if_too_large(error, str(error))
                raise
            except Temporary as error:
                if not _is_conflict(error):
                    raise
        raise Temporary(f"writing {self.name}: another transaction holds the item")

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        before: str = "",
        between: tuple[str, str] | None = None,
        index: str = "",
        limit: int = MAX_QUERY_PAGE,
        start: Mapping[str, str] | None = None,
        backwards: bool = False,
    ) -> tuple[list[Item], dict[str, str] | None]:
        """One page of a collection, or of its part whose sort key begins with `prefix`, is less than `before` or
        lies `between` two, both included (one of the three), and where the next starts.

        Read consistently, but for an index.
        """
        own = f"{index}pk", f"{index}sk"
        part, values = _part(own[1], prefix, before, between)
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
        with aws_errors(f"reading {self.name}"):
            found = self.client.query(**request)
        last = found.get("LastEvaluatedKey")
        return [decode(item) for item in found["Items"]], decode(last) if last else None

    def collection(self, pk: str, prefix: str = "") -> Iterator[Item]:
        """Every item of a collection, page by page, read consistently."""
        start: dict[str, str] | None = None
        while True:
            items, start = self.query(pk, prefix=prefix, start=start)
            yield from items
            if start is None:
                return

    def query_index(
        self, index: str, pk: str, *, limit: int, start: Mapping[str, str] | None, backwards: bool = False
    ) -> tuple[list[Item], dict[str, str] | None]:
        """One page of a list in an index that holds keys only: the items as they stand, without those that went."""
        keys, last = self.query(pk, index=index, limit=min(limit, MAX_BATCH_GET), start=start, backwards=backwards)
        places = [(each["pk"], each["sk"]) for each in keys]
        found = self.get_all(places)
        return [found[place] for place in places if place in found], last

    def get_all(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The items that exist of these keys, read consistently."""
        wanted = list(dict.fromkeys(keys))
        found: dict[Key, Item] = {}
        for first in range(0, len(wanted), MAX_BATCH_GET):
            found |= self._get_batch(wanted[first : first + MAX_BATCH_GET])
        return found

    def _get_batch(self, keys: Sequence[Key]) -> dict[Key, Item]:
        found: dict[Key, Item] = {}
        waiting = {self.name: {"Keys": [key(*each) for each in keys], "ConsistentRead": True}}
        for _ in pauses(_CONFLICT_ATTEMPTS):
            with aws_errors(f"reading {self.name}"):
                answer = self.client.batch_get_item(RequestItems=waiting)
            for image in answer["Responses"].get(self.name, ()):
                item = decode(image)
                found[item["pk"], item["sk"]] = item
            waiting = answer.get("UnprocessedKeys")
            if not waiting:
                return found
        raise Temporary(f"reading {self.name}: throttled")


def _part(name: str, prefix: str, before: str, between: tuple[str, str] | None) -> tuple[str, dict[str, str]]:
    """What a query demands of the sort key, and the values in it."""
    if between is not None:
        return f" AND #{name} BETWEEN :first AND :last", {"first": between[0], "last": between[1]}
    if prefix:
        return f" AND begins_with(#{name}, :part)", {"part": prefix}
    return (f" AND #{name} < :part", {"part": before}) if before else ("", {})


def _is_conflict(error: Temporary) -> bool:
    cause = error.__cause__
    return isinstance(cause, ClientError) and code_of(cause) == "TransactionConflictException"


def raise_if_too_large(error: ClientError, said: str) -> None:
    """Raise TooLarge where what DynamoDB `said` is that an item is."""
    if _TOO_LARGE in said:
        raise TooLarge("this is more than one item of DynamoDB can hold (400 KB)") from error
