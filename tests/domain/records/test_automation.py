"""An admin's word about the rules for one record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.records.automation import (
    FREE,
    MAX_EXCLUDED,
    Automation,
    automation_merged,
    read_automation,
    to_document,
)

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, FREE),
        ({"paused_until": None, "excluded_rules": []}, FREE),
        ({"paused_until": "2026-03-14T14:00:00+02:00"}, Automation(NOON)),
        ({"excluded_rules": ["rule_1", "rule_2", "rule_1"]}, Automation(None, ("rule_1", "rule_2"))),
        ({"excluded_rules": "rule_1"}, Automation(None, ("rule_1",))),
    ],
)
def test_it_is_read_and_written_as_it_is_said(written: Any, expected: Automation) -> None:
    found = read_automation(written)
    assert found == expected
    assert read_automation(to_document(found)) == found


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"paused_until": "tomorrow"}, "paused_until"),
        ({"paused_until": "2026-03-14T14:00:00"}, "paused_until"),
        ({"paused_until": 5}, "paused_until"),
        ({"excluded_rules": [""]}, "excluded_rules"),
        ({"excluded_rules": [f"r{number}" for number in range(MAX_EXCLUDED + 1)]}, "excluded_rules"),
        ({"paused": True}, "paused"),
    ],
)
def test_what_is_not_understood_is_refused(written: Any, field: str) -> None:
    with pytest.raises(Invalid) as error:
        read_automation(written)
    assert [problem.field for problem in error.value.problems] == [field]


def test_a_pause_is_over_at_its_end() -> None:
    paused = Automation(NOON)
    assert paused.pauses(NOON - timedelta(seconds=1))
    assert not paused.pauses(NOON)
    assert not FREE.pauses(NOON)


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (FREE, FREE, FREE),
        (Automation(NOON, ("a",)), FREE, Automation(NOON, ("a",))),
        (Automation(NOON, ("a",)), Automation(LATER, ("b", "a")), Automation(LATER, ("a", "b"))),
    ],
)
def test_of_two_records_that_are_one_person_both_hold(mine: Automation, theirs: Automation, both: Automation) -> None:
    assert automation_merged(mine, theirs) == both
