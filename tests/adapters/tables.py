"""The three tables for tests, as docs/architecture.md, "Table definitions", has them."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.aws import Kept, client

CONFIG, RECORDS, RUNS = "config", "records", "runs"
_INDEXES = {CONFIG: (), RECORDS: ("gsi1",), RUNS: ("gsi1", "gsi2", "gsi3")}


def create_tables(dynamodb: Any) -> None:
    """Empty ones."""
    for table, indexes in _INDEXES.items():
        names = ["pk", "sk", *(f"{index}{part}" for index in indexes for part in ("pk", "sk"))]
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=_schema("pk", "sk"),
            BillingMode="PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": [_index(index) for index in indexes]} if indexes else {}),
        )


@cache
def tables() -> Kept:
    """Empty ones, made once. Needs a mocked AWS around it that has no others."""
    create_tables(client("dynamodb"))
    return Kept("dynamodb")


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _index(name: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _schema(f"{name}pk", f"{name}sk"),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
