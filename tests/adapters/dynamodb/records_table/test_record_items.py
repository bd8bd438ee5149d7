"""A record's item, also where it is kept within another one: there, what is empty is written too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from whenthen.adapters.dynamodb.records_table.record_items import record_item, record_of
from whenthen.domain.events.event import Cause
from whenthen.domain.records.automation import Automation
from whenthen.domain.records.consent_log import ConsentChange
from whenthen.domain.records.record import Record

RECORD = Record("lead", "1", {"name": "Ayşe"})


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        replace(RECORD, quiet=True, absorbed=("lead:2",), version=3),
        replace(RECORD, cause=Cause(("run_a", "run_b"), 2, "evt_root", "00-trace", "evt_message")),
        replace(RECORD, automation=Automation(excluded_rules=("rule_a",))),
        replace(RECORD, consent_log=(ConsentChange("sms", None, datetime(2026, 3, 14, tzinfo=UTC), "api"),)),
    ],
)
def test_a_record_is_read_as_it_was_written(record: Record) -> None:
    assert record_of(record_item(record)) == record
