"""Why a rule matched an event or did not: each condition with what it expected, what was there, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whenthen.domain.conditions import AllOf, AnyOf, Condition, Not, holds
from whenthen.domain.facts import Context, Facts
from whenthen.domain.leaves import Leaf
from whenthen.domain.operators import OPERATORS

if TYPE_CHECKING:
    from whenthen.domain.rules import Rule

_LONGEST = 300


def explain(rule: Rule, context: Context) -> dict[str, Any]:
    """Whether the rule matches, and its conditions as a tree in the form of what the admin wrote.

    matched     whether trigger and conditions hold; that the event's type is right is the caller's word
    trigger     what the trigger demands beyond the type, as a tree; None if nothing
    conditions  the rule's conditions, as a tree; None if it has none
    reasons     the leaves that decided, in words: those that do not hold, or, if it matches, those that do
    """
    facts = Facts(context)
    parts = {"trigger": rule.trigger.condition, "conditions": rule.conditions}
    trees = {name: None if part is None else _tree(part, facts) for name, part in parts.items()}
    matched = all(tree is None or tree["result"] for tree in trees.values())
    reasons = [reason for tree in trees.values() if tree for reason in _reasons(tree, wanted=matched)]
    return {"matched": matched, **trees, "reasons": reasons or ["it has no conditions"]}


def _tree(condition: Condition, facts: Facts) -> dict[str, Any]:
    match condition:
        case AllOf(items):
            return {"all": [_tree(item, facts) for item in items], "result": holds(condition, facts)}
        case AnyOf(items):
            return {"any": [_tree(item, facts) for item in items], "result": holds(condition, facts)}
        case Not(item):
            return {"not": _tree(item, facts), "result": holds(condition, facts)}
        case Leaf():
            return _leaf(condition, facts)


def _leaf(leaf: Leaf, facts: Facts) -> dict[str, Any]:
    shown: dict[str, Any] = {"field": leaf.field, "op": leaf.op, "expected": leaf.value}
    if OPERATORS[leaf.op].record:
        before, after = facts.change(leaf.path)
        shown |= {"before": _short(before), "actual": _short(after)}
    else:
        shown["actual"] = _short(facts.read(leaf.path))
    return {**shown, "result": holds(leaf, facts)}


def _short(value: Any) -> Any:
    """The value, cut where it is long: an explanation is to be read."""
    return value[:_LONGEST] + "…" if isinstance(value, str) and len(value) > _LONGEST else value


def _reasons(tree: dict[str, Any], *, wanted: bool) -> list[str]:
    """The leaves below `tree` whose answer makes its own, in words."""
    if tree["result"] is not wanted:
        return []
    if "not" in tree:
        return [f"not so: {reason}" for reason in _reasons(tree["not"], wanted=not wanted)]
    branches = tree.get("all") or tree.get("any")
    if branches is not None:
        return [reason for branch in branches for reason in _reasons(branch, wanted=wanted)]
    return [_said(tree)]


def _said(leaf: dict[str, Any]) -> str:
    asked = f"{leaf['field']} {leaf['op'].replace('_', ' ')}"
    if leaf["expected"] is not None:
        asked += f" {leaf['expected']!r}"
    was = "it is missing" if leaf["actual"] is None else f"it is {leaf['actual']!r}"
    if "before" in leaf:
        was += f", it was {leaf['before']!r}" if leaf["before"] is not None else ", it was missing"
    return f"{asked}: {was}"
