"""Parts of a rule's `entry` that decide nothing are warned of."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.lint.findings import Severity
from whenthen.domain.lint.lint import lint
from whenthen.domain.rules.rule import parse_rule

STEP = {"id": "call", "action": "call_webhook", "with": {"url": "https://a.example/hook"}}
ONCE, EVERY = {"again": "once_per_record"}, {"again": {"every": {"days": 1}}}
UPDATED = {"event": "lead.updated"}
CRON: dict[str, Any] = {"schedule": {"cron": "0 9 * * mon"}}
OVER_LEADS = {"schedule": {"cron": "0 9 * * mon", "kind": "lead"}}


@pytest.mark.parametrize(
    ("trigger", "entry", "found"),
    [
        (UPDATED, {**ONCE, "while_running": "restart"}, [("entry.while_running", "lint.entry_without_effect")]),
        (UPDATED, {**ONCE, "while_running": "parallel"}, []),
        (UPDATED, {**ONCE, "debounce": {"seconds": 60}}, []),
        (UPDATED, {**EVERY, "while_running": "restart"}, []),
        (CRON, EVERY, [("entry.again", "lint.entry_without_record")]),
        (CRON, {"while_running": "ignore"}, [("entry.while_running", "lint.entry_without_record")]),
        (CRON, {"debounce": {"seconds": 60}}, [("entry.debounce", "lint.entry_without_record")]),
        (CRON, {}, []),
        (OVER_LEADS, EVERY, []),
    ],
)
def test_what_decides_nothing_is_warned_of(
    trigger: dict[str, Any], entry: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    kind = None if trigger is CRON else "lead"
    rule = parse_rule({"name": "it", "kind": kind, "trigger": trigger, "steps": [STEP], "entry": entry, "mode": "on"})
    findings = [finding for finding in lint(rule) if finding.code.startswith("lint.entry")]
    assert [(finding.field, finding.code) for finding in findings] == found
    assert {finding.severity for finding in findings} <= {Severity.WARNING}
