"""Cold starts: the matcher reads rules without the catalogue's tables, and without cronsim where none has a cron."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import whenthen


def test_reading_rules_imports_no_catalogue() -> None:
    code = (
        "import sys; import whenthen.domain.event_catalog.derivation, whenthen.domain.matching, whenthen.domain.rules; "
    )
    code += (
        "print([name for name in sys.modules if 'event_catalog.catalog' in name or name.endswith('message_events')])"
    )
    assert _printed(code) == "[]"


@pytest.mark.parametrize(
    ("trigger", "loaded"),
    [
        ({"event": "contact.created"}, False),
        ({"date": {"field": "birth_date"}}, False),
        ({"schedule": {"at": "2026-05-01T09:00"}}, False),
        ({"schedule": {"cron": "0 9 * * mon"}}, True),
    ],
)
def test_only_a_rule_with_a_cron_expression_loads_cronsim(trigger: dict[str, object], *, loaded: bool) -> None:
    steps = [{"id": "a", "action": "add_tags", "with": {"tags": ["seen"]}}]
    rule = {"id": "rule_a", "name": "A", "version": 1, "kind": "contact", "trigger": trigger, "steps": steps}
    code = "import json, sys; from whenthen.domain.rules.rule import parse_rule; "
    code += f"parse_rule(json.loads({json.dumps(rule)!r})); print('cronsim' in sys.modules)"
    assert _printed(code) == str(loaded)


def _printed(code: str) -> str:
    layer = Path(whenthen.__file__).parents[1]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=layer
    )
    return done.stdout.strip()
