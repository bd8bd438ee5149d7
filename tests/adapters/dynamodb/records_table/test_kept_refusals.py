"""Refusals on DynamoDB outlive their records, without naming anybody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.samples import PHONE, record
from tests.adapters.tables import RECORDS
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
from whenthen.domain.events.event import Cause

EMAIL = "email#ayse@example.com"


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    """The store."""
    return DynamoRecords(dynamodb, RECORDS)


def _delete(records: DynamoRecords, external_id: str, consent: Any) -> None:
    made = record(external_id=external_id, phone=PHONE, email="ayse@example.com", consent=consent)
    records.put(made, None)
    records.delete(made, origin="api", cause=Cause())


def test_each_address_keeps_what_its_deleted_records_refused(records: DynamoRecords, dynamodb: Any) -> None:
    assert records.refused_before(EMAIL) == frozenset()
    _delete(records, "1", {"email": False, "whatsapp": True})
    assert records.refused_before(EMAIL) == records.refused_before(f"phone#{PHONE}") == {"email"}
    _delete(records, "2", {"sms": "no"})
    assert records.refused_before(EMAIL) == {"email", "sms"}
    left = str(dynamodb.scan(TableName=RECORDS)["Items"])
    assert "ayse" not in left
    assert PHONE not in left


@pytest.mark.parametrize("consent", [None, {}, {"email": True}])
def test_who_refused_nothing_leaves_nothing(records: DynamoRecords, dynamodb: Any, consent: Any) -> None:
    _delete(records, "1", consent)
    assert dynamodb.scan(TableName=RECORDS)["Items"] == []
