"""The shortcuts through moto come to what moto itself comes to."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core.serialize import BaseJSONSerializer

from tests import moto_shortcuts
from tests.adapters.tables import CONFIG, tables
from tests.aws import client, empty_aws

ITEM: dict[str, Any] = {
    "pk": {"S": "p"},
    "sk": {"S": "Ayşe"},
    "number": {"N": "-12.50"},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "nothing": {"NULL": True},
    "bytes": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "many": {"BS": [b"\x01"]},
    "empty": {"M": {}},
    "none": {"L": []},
    "text": {"S": ""},
    "nested": {"M": {"S": {"L": [{"M": {"N": {"S": "a member's name as a key"}}}, {"NULL": True}, {"B": b"x"}]}}},
}


def answers() -> list[Any]:
    """Answers with items in each place where DynamoDB gives some."""
    with empty_aws():
        tables().bring_back()
        dynamodb, key = client("dynamodb"), {name: ITEM[name] for name in ("pk", "sk")}
        dynamodb.put_item(TableName=CONFIG, Item=ITEM)
        condition = {"ExpressionAttributeValues": {":pk": {"S": "p"}}, "KeyConditionExpression": "pk = :pk"}
        found = [
            dynamodb.get_item(TableName=CONFIG, Key=key),
            dynamodb.query(TableName=CONFIG, Limit=1, **condition),
            dynamodb.batch_get_item(RequestItems={CONFIG: {"Keys": [key]}}),
            dynamodb.scan(TableName=CONFIG),
            dynamodb.delete_item(TableName=CONFIG, Key=key, ReturnValues="ALL_OLD"),
        ]
    return [{name: value for name, value in answer.items() if name != "ResponseMetadata"} for answer in found]


def test_items_are_answered_as_moto_answers_them(monkeypatch: pytest.MonkeyPatch) -> None:
    by_shortcut = answers()
    assert BaseJSONSerializer._serialize_type_structure is moto_shortcuts.structure
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", moto_shortcuts.whole)
    assert by_shortcut == answers()
    assert by_shortcut[0]["Item"] == ITEM
