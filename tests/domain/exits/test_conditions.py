"""Tell which of its conditions ends a run, and whether that counts as a conversion."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.reasons import Reason
from whenthen.domain.exits.conditions import (
    EXIT_CONDITION,
    GOAL_HELD_BEFORE,
    GOAL_REACHED,
    exited,
    is_conversion,
    reached_before,
)
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.run import STEPS_DONE

STEP = {"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}
WON: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "won"}
LOST: dict[str, Any] = {"field": "record.status", "op": "in", "value": ["lost", "won"]}


def rule(**exits: Any) -> Rule:
    trigger = {"event": "lead.created"}
    return parse_rule({"name": "it", "kind": "lead", "trigger": trigger, "steps": [STEP], "exit": exits})


@pytest.mark.parametrize(
    ("exits", "status", "expected"),
    [
        ({}, "won", None),
        ({"on": "contact.replied"}, "won", None),
        ({"goal": WON}, "new", None),
        ({"goal": WON}, "won", GOAL_REACHED()),
        ({"when": WON}, "won", EXIT_CONDITION()),
        ({"when": LOST, "goal": WON}, "won", GOAL_REACHED()),
        ({"when": LOST, "goal": WON}, "lost", EXIT_CONDITION()),
        ({"when": WON, "goal": WON}, None, None),
    ],
)
def test_what_ends_a_run_under_way(exits: dict[str, Any], status: str | None, expected: Reason | None) -> None:
    assert exited(rule(**exits), {"record": {"status": status}, "event": {}}) == expected


def test_a_goal_that_holds_without_a_record_of_it_ends_nothing() -> None:
    assert exited(rule(goal=WON), {"record": None, "event": {}}) is None


@pytest.mark.parametrize(("status", "expected"), [("won", GOAL_HELD_BEFORE()), ("new", None)])
def test_a_goal_that_held_before_is_no_conversion(status: str, expected: Reason | None) -> None:
    found = reached_before(rule(goal=WON), {"record": {"status": status}, "event": {}})
    assert (found, is_conversion(found)) == (expected, False)


def test_only_the_goal_converts() -> None:
    reasons = (GOAL_REACHED(), EXIT_CONDITION(), STEPS_DONE(done=1, count=1), None)
    assert [is_conversion(each) for each in reasons] == [True, False, False, False]
