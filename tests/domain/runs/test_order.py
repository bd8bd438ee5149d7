"""The order of the runs that one event starts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.events.event import Event
from whenthen.domain.explain.standing import WAITS_FOR_RULE, Waiting, WaitsFor, waits_of
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.order import behind, in_order, linked, takes_turns
from whenthen.domain.runs.run import RunStatus, begin

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
EVENT = Event("evt_1", "test", "lead.created", NOW, subject="lead:1")


def rule(rule_id: str, order: int | None = None) -> Rule:
    steps = [{"id": "a", "action": "add_tags", "with": {"tags": ["x"]}}]
    document: dict[str, Any] = {"id": rule_id, "name": rule_id.upper(), "trigger": {"event": "lead.created"}}
    return parse_rule({**document, "steps": steps, "order": order})


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ([("c", None), ("a", None)], "ca"),
        ([("a", 2), ("b", 1), ("c", None)], "cba"),
        ([("b", 1), ("a", 1), ("c", 0)], "cab"),
    ],
)
def test_rules_without_an_order_come_first_the_others_by_it_and_by_id(
    orders: list[tuple[str, int | None]], expected: str
) -> None:
    assert "".join(name for name, _ in in_order((name, rule(name, order)) for name, order in orders)) == expected


def test_a_run_behind_another_waits_for_it_and_says_for_which_rule() -> None:
    first, second, third = (begin(rule(name, 1), EVENT, None, NOW, shadow=False) for name in "abc")
    second = behind(second, first)
    third = behind(third, second)
    assert [(run.turn, run.follows, run.is_in_line) for run in (first, second, third)] == [
        (0, "", False),
        (1, first.id, True),
        (2, second.id, True),
    ]
    assert second.status is RunStatus.WAITING
    reason = WAITS_FOR_RULE(rule="b", name="B")
    assert waits_of(third, (), rule("c", 1)) == Waiting(WaitsFor.RULE, None, reason)
    relinked = linked(third, first)
    assert (relinked.follows, relinked.follows_rule, relinked.follows_name, relinked.turn) == (first.id, "a", "A", 2)


def test_who_is_in_shadow_or_has_no_order_takes_no_turn() -> None:
    run, shadow = (begin(rule("a", 1), EVENT, None, NOW, shadow=shadow) for shadow in (False, True))
    assert [takes_turns(rule("a", 0), run), takes_turns(rule("a"), run), takes_turns(rule("a", 1), shadow)] == [
        True,
        False,
        False,
    ]
