"""Several writes at once, over one or more tables: all of them or none, and which one was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, pauses
from whenthen.adapters.dynamodb.common.items import Item, encode
from whenthen.adapters.dynamodb.common.table import ANY, EXISTS, Expression, Table, key, raise_if_too_large
from whenthen.domain.common.errors import Invalid, Temporary

MAX_WRITES = 100
_ATTEMPTS = 6

Write = dict[str, Any]

_CONFLICT = "TransactionConflict"
_REFUSED = "ConditionalCheckFailed"
_THROTTLED = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})


class TransactionRefused(Exception):
    """Conditions did not hold; nothing was written. `places` are those of the refused writes."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(f"conditions of writes {list(places)} did not hold")
        self.places = tuple(places)


def put(table: Table, item: Item, when: Expression = ANY) -> Write:
    """Write a whole item."""
    return {"Put": {"TableName": table.name, "Item": encode(item), **when.parameters()}}


def update(table: Table, pk: str, sk: str, change: Expression) -> Write:
    """Change an item."""
    return {"Update": {"TableName": table.name, "Key": key(pk, sk), **change.parameters()}}


def delete(table: Table, pk: str, sk: str, when: Expression = ANY) -> Write:
    """Remove an item."""
    return {"Delete": {"TableName": table.name, "Key": key(pk, sk), **when.parameters()}}


def check(table: Table, pk: str, sk: str, when: Expression = EXISTS) -> Write:
    """Demand something of an item that is not written."""
    return {"ConditionCheck": {"TableName": table.name, "Key": key(pk, sk), **when.parameters()}}


def transact(client: AwsClient, writes: Sequence[Write]) -> None:
    """Carry out all writes. Raises TransactionRefused, TooLarge; Invalid for more than DynamoDB takes at once.

    The client gives each call a token, so its own repetitions after a lost answer are one transaction.
    """
    if len(writes) > MAX_WRITES:
        raise Invalid.field("", f"this takes {len(writes)} writes at once, at most {MAX_WRITES} are possible")
    for _ in pauses(_ATTEMPTS, first=0.03):
        try:
            with aws_errors("writing a transaction"):
                client.transact_write_items(TransactItems=list(writes))
        except client.exceptions.TransactionCanceledException as error:
            _raise_for(error)
        except ClientError as error:  # of one item alone, before the others are looked at
            raise_if_too_large(error, str(error))
            raise
        else:
            return
    raise Temporary("writing a transaction: another one holds the same items")


def _raise_for(error: ClientError) -> None:
    """Raise what the reasons amount to; return if nothing but a conflict stands against trying again."""
    reasons: Any = error.response.get("CancellationReasons") or []
    codes = [str(reason.get("Code", "None")) for reason in reasons]
    refused = [place for place, code in enumerate(codes) if code == _REFUSED]
    if refused:
        raise TransactionRefused(refused) from error
    if any(code in _THROTTLED for code in codes):
        raise Temporary(f"writing a transaction: {next(code for code in codes if code in _THROTTLED)}") from error
    if _CONFLICT not in codes:
        for reason in reasons:
            raise_if_too_large(error, str(reason.get("Message", "")))
        raise error
