"""An Idempotency-Key is for one request, for as long as it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.adapters.samples import NOW
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.common.table import Table
from whenthen.adapters.dynamodb.intake.idempotency_keys import DynamoIdempotencyKeys


def test_a_key_is_for_one_content_and_expires(dynamodb: Any) -> None:
    keys = DynamoIdempotencyKeys(dynamodb, RUNS, timedelta(days=90))
    assert keys.claim("k", "one", NOW)
    assert keys.claim("k", "one", NOW + timedelta(days=1))
    assert not keys.claim("k", "other", NOW)
    assert keys.claim("k2", "other", NOW)
    item = Table(dynamodb, RUNS).get("idempotency#k", "idempotency")
    assert item is not None
    assert item["expires_at"] == int((NOW + timedelta(days=91)).timestamp())
