"""Explain why a rule did not match: which predicates decided, and what there was instead."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.reasons import Reason
from whenthen.domain.explain.explain import Explanation, explain
from whenthen.domain.explain.near_misses import (
    AFTER_ANOTHER_RULE,
    ANOTHER_OUTCOME,
    FOR_ANOTHER_RULE,
    NOT_INSIDE,
    OTHER_FIELD,
    OTHER_VALUE,
    OTHER_VALUE_BEFORE,
    STILL_INSIDE,
    WAS_INSIDE,
    WAS_OUTSIDE,
)
from whenthen.domain.rules.rule import parse_rule

LOST: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "lost"}
RICH: dict[str, Any] = {"field": "record.amount", "op": ">", "value": 5}
NEW: dict[str, Any] = {"filter": {"field": "record.status", "op": "equals", "value": "new"}}
STEPS = [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]


def explained(conditions: dict[str, Any] | None, **more: Any) -> Explanation:
    """Explain a rule with these conditions for a record that is lost and rich."""
    document = {"name": "R", "trigger": {"event": "lead.updated"}, "steps": STEPS, "conditions": conditions, **more}
    record = {"id": "1", "status": "lost", "amount": 9}
    context = {"event": {"type": "lead.updated", "data": {}}, "record": record, "now": "2026-03-14T09:30:00Z"}
    return explain(parse_rule(document), context)


def decided(found: Explanation) -> list[tuple[str, Any, Any, int]]:
    """List what decided: field, expected and actual value, and the number of `not` around it."""
    shown = [(each.branch.shown, each.nots) for each in found.deciding]
    return [(each["field"], each["expected"], each["actual"], nots) for each, nots in shown]


@pytest.mark.parametrize(
    ("conditions", "deciding"),
    [
        ({"not": LOST}, [("record.status", "lost", "lost", 1)]),
        ({"not": {"any": [LOST, {**LOST, "value": "won"}, RICH]}},
         [("record.status", "lost", "lost", 1), ("record.amount", 5, 9, 1)]),
        ({"not": {"not": {**LOST, "value": "won"}}}, [("record.status", "won", "lost", 2)]),
        ({"all": [{"not": RICH}, {"any": [{**RICH, "value": 99}]}, LOST]},
         [("record.amount", 5, 9, 1), ("record.amount", 99, 9, 0)]),
        ({"field": "record.city", "op": "exists"}, [("record.city", None, None, 0)]),
    ],
)  # fmt: skip
def test_the_predicates_that_failed_decide(conditions: dict[str, Any], deciding: list[tuple[Any, ...]]) -> None:
    found = explained(conditions)
    assert not found.matched
    assert decided(found) == deciding


def test_the_predicates_that_hold_decide_if_the_rule_matches() -> None:
    found = explained({"not": {"all": [LOST, {**RICH, "value": 99}]}})
    assert found.matched
    assert decided(found) == [("record.amount", 99, 9, 1)]


def test_a_rule_without_conditions_matches_and_nothing_decides() -> None:
    found = explained(None)
    assert (found.matched, found.trigger, found.conditions, found.deciding) == (True, None, None, ())


def test_the_tree_has_the_answer_of_every_condition() -> None:
    found = explained({"all": [LOST, {"any": [{"not": RICH}, RICH]}]})
    assert found.conditions is not None
    lost, either = found.conditions.branches
    assert (found.conditions.result, lost.result, either.result) == (True, True, True)
    assert [branch.result for branch in either.branches] == [False, True]
    assert either.branches[0].branches[0].shown == {
        "field": "record.amount", "op": ">", "expected": 5, "actual": 9
    }  # fmt: skip


def test_a_predicate_on_a_change_shows_both_values() -> None:
    document = {"name": "R", "trigger": {"event": "lead.updated"}, "steps": STEPS,
                "conditions": {"field": "record.status", "op": "changed_to", "value": "won"}}  # fmt: skip
    event = {"type": "lead.updated", "changes": {"status": {"from": "new", "to": "x" * 400}}}
    (deciding,) = explain(parse_rule(document), {"event": event, "record": {"status": "x" * 400}}).deciding
    assert (deciding.branch.shown["before"], deciding.branch.shown["actual"]) == ("new", "x" * 300 + "…")


@pytest.mark.parametrize(
    ("trigger", "event", "reason", "expected", "actual"),
    [
        ({"event": "lead.updated", "field": "status"}, {}, OTHER_FIELD(field="status", values=["city"]),
         "status", ["city"]),
        ({"event": "lead.updated", "field": "city", "to": "Pécs"}, {}, OTHER_VALUE(field="city", value="Győr"),
         "Pécs", "Győr"),
        ({"event": "lead.updated", "field": "city", "from": "Pécs"}, {},
         OTHER_VALUE_BEFORE(field="city", value="Eger"), "Pécs", "Eger"),
        ({"manual": True}, {}, FOR_ANOTHER_RULE(), "it", "rule_b"),
        ({"after_rule": ["rule_a"]}, {}, AFTER_ANOTHER_RULE(), ["rule_a"], "rule_b"),
        ({"after_rule": ["rule_b"]}, {}, ANOTHER_OUTCOME(outcome="failed"), ["done"], "failed"),
        ({"enters": NEW}, {}, WAS_INSIDE(), None, True),
        ({"enters": {"filter": LOST}}, {}, NOT_INSIDE(), None, False),
        ({"leaves": NEW}, {}, STILL_INSIDE(), None, True),
        ({"leaves": {"filter": LOST}}, {}, WAS_OUTSIDE(), None, False),
    ],
)  # fmt: skip
def test_a_near_miss_says_what_was_expected_and_what_there_was(
    trigger: dict[str, Any], event: dict[str, Any], reason: Reason, expected: Any, actual: Any
) -> None:
    rule = parse_rule({"id": "it", "name": "R", "kind": "lead", "trigger": trigger, "steps": STEPS})
    record = {"id": "1", "status": "new", "city": "Győr"}
    happened = {
        "type": "lead.updated",
        "changes": {"city": {"from": "Eger", "to": "Győr"}},
        "data": {"rule": "rule_b", "status": "failed"},
        **event,
    }
    found = explain(rule, {"event": happened, "record": record, "before": {**record, "city": "Eger"}})
    (miss,) = found.missed
    assert (miss.reason, miss.expected, miss.actual) == (reason, expected, actual)
    assert (found.matched, found.deciding) == (False, ())
