"""The logs of the deployed functions: one query follows an event through all of them, and they name nobody.

These tests come last (`conftest.py`): the second looks at what all others left in the logs.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dev.demo import account, stories
from dev.demo.stories import Customer
from dev.logs import entries
from dev.stack import Stack

PERSONAL = {
    "address": re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII),
    "number": re.compile(r"(?<![\w-])\+\d{9,15}(?!\d)"),
    "name": re.compile(r"\b(Ayşe|Ayse|Elif|Demir|Yılmaz|Yilmaz|Mehmet)\b"),
}
"""Patterns of the addresses, numbers and names of people that the tests of this folder use."""

OURS = {"crm@example.com"}
"""Addresses of the installation itself."""


def lines(stack: Stack) -> list[tuple[str, dict[str, Any]]]:
    """Each line of JSON that a function wrote, with the function's name."""
    found = []
    for entry in entries(stack):
        _, function, text = entry.split(" ", 2)
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict):
            found.append((function, document))
    return found


@pytest.fixture
def handled(stack: Stack, rules: dict[str, str]) -> str:
    """The id of an event that a rule was started by, and whose run is over."""
    sent = stories.payment(stack, Customer.new())
    for effect in sent.effects:
        assert account.wait_for(lambda effect=effect: True if effect.seen() >= effect.times else None), effect.name
    return sent.event_id


def test_one_event_is_followed_through_all_functions(stack: Stack, handled: str) -> None:
    (run,) = stack.api.get(f"/v1/events/{handled}")["runs"]

    def told() -> list[tuple[str, str, str]] | None:
        own = [(name, line) for name, line in lines(stack) if handled == line.get("event_id")]
        own += [(name, line) for name, line in lines(stack) if run["id"] == line.get("run_id")]
        steps = [(name, line["message"], line["outcome"]) for name, line in own if "ms" in line]
        return steps if sum(1 for step in steps if step[1:] == ("job", "done")) >= 2 else None

    steps = account.wait_for(told)
    assert steps is not None, lines(stack)[-20:]
    assert ("ReceiveWebhook", "event", "published") in steps
    assert ("MatchRules", "event", "matched") in steps
    assert ("MatchRules", "run", "started") in steps
    assert {name for name, thing, outcome in steps if (thing, outcome) == ("job", "done")} >= {
        "SendEmail",
        "CallWebhook",
    }


def test_no_log_names_anybody(stack: Stack) -> None:
    found = []
    for entry in entries(stack):
        for kind, pattern in PERSONAL.items():
            found += [(kind, hit.group(), entry[:300]) for hit in pattern.finditer(entry) if hit.group() not in OURS]
    assert not found, found[:10]
