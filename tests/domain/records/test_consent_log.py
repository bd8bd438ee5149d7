"""Each change of consent is noted: on which channel, from when on, who made it, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from whenthen.domain.events.event import Cause
from whenthen.domain.records.consent_log import MAX_CHANGES, ConsentChange, Ground
from whenthen.domain.records.merge import merged
from whenthen.domain.records.record import Record, patched

NOW = datetime(2026, 3, 14, 10, tzinfo=UTC)
NO_CAUSE = Cause()


def change(record: Record, minutes: int = 0, cause: Cause = NO_CAUSE, **patch: Any) -> Record:
    ground = patch.pop("ground", Ground())
    at = NOW + timedelta(minutes=minutes)
    return patched(record, patch, origin="api", cause=cause, now=at, ground=ground)


@pytest.mark.parametrize(
    ("before", "patch", "noted"),
    [
        ({}, {"consent": {"sms": True}}, [("sms", True)]),
        ({}, {"consent": {"sms": "no"}}, [("sms", False)]),
        ({"consent": {"sms": True}}, {"consent": {"sms": True}, "name": "A"}, []),
        ({"consent": {"sms": True, "email": True}}, {"consent": {"sms": False}}, [("sms", False)]),
        ({"consent": {"sms": True}}, {"consent": {"sms": None}}, [("sms", None)]),
        ({"consent": {"sms": True}}, {"consent": None}, [("sms", None)]),
        ({"consent": False}, {"consent": {"all": True}}, [("all", True)]),
        ({"consent": {"sms": True}}, {"name": "B"}, []),
    ],
)
def test_a_change_is_noted_by_channel(before: dict[str, Any], patch: dict[str, Any], noted: list[Any]) -> None:
    record = change(Record("contact", "1", before, version=1), **patch)
    assert [(each.channel, each.agreed) for each in record.consent_log] == noted


def test_a_change_says_who_made_it_when_and_by_which_run() -> None:
    record = change(Record("contact", "1"), cause=Cause(("run_a", "run_b"), 2), consent={"sms": True})
    assert record.consent_log == (ConsentChange("sms", agreed=True, at=NOW, by="api", run="run_b"),)


def test_a_change_by_an_event_has_its_type_its_time_and_the_address() -> None:
    said = NOW - timedelta(hours=3)
    record = change(Record("contact", "1"), consent={"sms": False}, ground=Ground("sms.received", "phone#+90", said))
    assert record.consent_log == (
        ConsentChange("sms", agreed=False, at=said, by="api", event="sms.received", identity="phone#+90"),
    )


def test_the_oldest_changes_are_dropped() -> None:
    record = Record("contact", "1")
    for minute in range(MAX_CHANGES + 5):
        record = change(record, minute, consent={"sms": minute % 2 == 0})
    assert len(record.consent_log) == MAX_CHANGES
    assert record.consent_log[-1].at == NOW + timedelta(minutes=MAX_CHANGES + 4)


def test_a_merge_joins_both_logs_by_time_and_notes_what_it_changed() -> None:
    first = change(Record("contact", "1"), 1, consent={"email": True})
    other = change(Record("contact", "2"), 0, consent={"email": False, "sms": True})
    after = merged(first, other, origin="human", cause=Cause(), now=NOW + timedelta(minutes=9))
    found = [(each.channel, each.agreed, each.by) for each in after.consent_log]
    assert found == [
        ("email", False, "api"),
        ("sms", True, "api"),
        ("email", True, "api"),
        ("email", False, "human"),
        ("sms", True, "human"),
    ]
