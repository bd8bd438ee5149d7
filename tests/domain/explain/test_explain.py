"""Which predicates decide whether a rule matches, and what there was."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.explain.explain import Explanation, explain
from whenthen.domain.rules.rule import parse_rule

LOST: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "lost"}
RICH: dict[str, Any] = {"field": "record.amount", "op": ">", "value": 5}


def explained(conditions: dict[str, Any]) -> Explanation:
    """Explain a rule with these conditions for a record that is lost and rich."""
    steps = [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]
    document = {"name": "R", "trigger": {"event": "lead.updated"}, "steps": steps, "conditions": conditions}
    record = {"id": "1", "status": "lost", "amount": 9}
    context = {"event": {"type": "lead.updated", "data": {}}, "record": record, "now": "2026-03-14T09:30:00Z"}
    return explain(parse_rule(document), context)


@pytest.mark.parametrize(
    ("conditions", "deciding"),
    [
        ({"not": {"any": [LOST, {**LOST, "value": "won"}, RICH]}}, [("lost", "lost", 1), (5, 9, 1)]),
        ({"not": {"not": {**LOST, "value": "won"}}}, [("won", "lost", 2)]),
        ({"all": [{"not": RICH}, {"any": [{**RICH, "value": 99}]}, LOST]}, [(5, 9, 1), (99, 9, 0)]),
    ],
)
def test_predicates_that_decide_against_a_rule_are_named_with_the_nots_around_them(
    conditions: dict[str, Any], deciding: list[tuple[Any, Any, int]]
) -> None:
    found = explained(conditions)
    shown = [(each.branch.shown["expected"], each.branch.shown["actual"], each.nots) for each in found.deciding]
    assert (found.matched, shown) == (False, deciding)


def test_of_a_rule_that_matches_the_predicates_that_hold_are_named() -> None:
    found = explained({"any": [LOST, {**RICH, "value": 99}]})
    assert found.matched
    assert [each.branch.shown for each in found.deciding] == [
        {"field": "record.status", "op": "equals", "expected": "lost", "actual": "lost"}
    ]


def test_the_tree_has_the_form_of_the_conditions_with_each_answer() -> None:
    tree = explained({"all": [{"not": RICH}, LOST]}).conditions
    assert tree is not None
    negated, lost = tree.branches
    assert (tree.result, negated.result, negated.branches[0].result, lost.result) == (False, False, True, True)
    assert (tree.shown, lost.branches) == ({}, ())


def test_a_long_value_is_cut() -> None:
    found = explained({"field": "record.status", "op": "exists"})
    assert [each.branch.shown["actual"] for each in found.deciding] == ["lost"]
    steps = [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]
    rule = parse_rule({"name": "R", "trigger": {"event": "lead.updated"}, "steps": steps, "conditions": LOST})
    [decided] = explain(rule, {"event": {"type": "lead.updated"}, "record": {"status": "x" * 999}}).deciding
    assert decided.branch.shown["actual"] == "x" * 300 + "…"
