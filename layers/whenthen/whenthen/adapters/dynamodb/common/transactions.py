"""Carry out several writes over one or more tables: all of them or none, and say which condition failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, pauses
from whenthen.adapters.dynamodb.common.items import Item, encode
from whenthen.adapters.dynamodb.common.table import (
    ANY,
    EXISTS,
    TRANSACTION_CONFLICT,
    Expression,
    Table,
    key,
    raise_if_too_large,
)
from whenthen.domain.common.errors import Invalid, Temporary
from whenthen.ports.reason_codes import TOO_MANY_WRITES, UNAVAILABLE

MAX_WRITES = 100
_ATTEMPTS = 6
_ACTION = "dynamodb:TransactWriteItems"

Write = dict[str, Any]

_CONFLICT = "TransactionConflict"
_REFUSED = "ConditionalCheckFailed"
_THROTTLED = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})


class TransactionRefused(Exception):
    """Report that conditions failed; nothing was written. `places` are the positions of the failed writes."""

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
    """Check a condition on an item that is not written."""
    return {"ConditionCheck": {"TableName": table.name, "Key": key(pk, sk), **when.parameters()}}


def transact(client: AwsClient, writes: Sequence[Write]) -> None:
    """Carry out all writes. Raises TransactionRefused, TooLarge; Invalid for more than DynamoDB takes at once.

    The client gives each call a token, so its own repetitions after a lost answer are one transaction.
    """
    if len(writes) > MAX_WRITES:
        raise Invalid.field("", TOO_MANY_WRITES(most=MAX_WRITES, found=len(writes)))
    for _ in pauses(_ATTEMPTS, first=0.03):
        try:
            with aws_errors(_ACTION):
                client.transact_write_items(TransactItems=list(writes))
        except client.exceptions.TransactionCanceledException as error:
            _raise_for(error)
        except ClientError as error:  # of one item alone, before the others are looked at
            raise_if_too_large(error, str(error))
            raise
        else:
            return
    raise Temporary(TRANSACTION_CONFLICT())


def _raise_for(error: ClientError) -> None:
    """Raise the error that the cancellation reasons call for; return if a conflict was the only one."""
    reasons: Any = error.response.get("CancellationReasons") or []
    codes = [str(reason.get("Code", "None")) for reason in reasons]
    refused = [place for place, code in enumerate(codes) if code == _REFUSED]
    if refused:
        raise TransactionRefused(refused) from error
    throttled = next((code for code in codes if code in _THROTTLED), None)
    if throttled is not None:
        raise Temporary(UNAVAILABLE(provider=_ACTION, error=throttled)) from error
    if _CONFLICT not in codes:
        for reason in reasons:
            raise_if_too_large(error, str(reason.get("Message", "")))
        raise error
