"""Figures are grouped by rule, channel or code."""

from __future__ import annotations

from datetime import date

import pytest

from whenthen.domain.figures.figure import By, group
from whenthen.domain.figures.tally import Tally

FIRST, SECOND = date(2026, 3, 14), date(2026, 3, 15)
TALLIES = [
    Tally("rule_b", FIRST, {"done": 2}, {"send_email|done|mail.sent": 2}),
    Tally("rule_b", FIRST, {"done": 1, "failed": 1}, {"send_email|failed|mail.refused": 1, "add_tags|done|ok": 3}),
    Tally("rule_a", FIRST, {"done": 1}, {"set_fields|done|ok": 1}),
    Tally("rule_a", SECOND, {}, {"send_email|skipped|mail.refused": 4, "no_more|done|": 1}),
]


@pytest.mark.parametrize(
    ("by", "channel", "found"),
    [
        (
            By.RULE,
            "",
            [
                (SECOND, "rule_a", {}, {"skipped": 4, "done": 1}),
                (FIRST, "rule_a", {"done": 1}, {"done": 1}),
                (FIRST, "rule_b", {"done": 3, "failed": 1}, {"done": 5, "failed": 1}),
            ],
        ),
        (By.RULE, "email", [(SECOND, "rule_a", {}, {"skipped": 4}), (FIRST, "rule_b", {}, {"done": 2, "failed": 1})]),
        (
            By.CHANNEL,
            "",
            [
                (SECOND, "email", {}, {"skipped": 4}),
                (SECOND, "no_more", {}, {"done": 1}),
                (FIRST, "email", {}, {"done": 2, "failed": 1}),
                (FIRST, "record", {}, {"done": 4}),
            ],
        ),
        (
            By.CODE,
            "email",
            [
                (SECOND, "mail.refused", {}, {"skipped": 4}),
                (FIRST, "mail.refused", {}, {"failed": 1}),
                (FIRST, "mail.sent", {}, {"done": 2}),
            ],
        ),
    ],
)
def test_tallies_are_summed_up(by: By, channel: str, found: list[object]) -> None:
    assert [(each.day, each.name, each.runs, each.jobs) for each in group(TALLIES, by, channel)] == found
