"""Why a rule matched an event or did not: each condition with what it expected, what was there, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whenthen.domain.conditions import AllOf, AnyOf, Condition, Not, holds
from whenthen.domain.facts import Context, Facts
from whenthen.domain.leaves import Leaf
from whenthen.domain.near_misses import NearMiss, near_misses
from whenthen.domain.operators import OPERATORS
from whenthen.domain.phrased_reasons import condition_said, near_miss_said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from whenthen.domain.phrases import Speaker
    from whenthen.domain.rules import Rule

_LONGEST = 300


def explain(rule: Rule, context: Context, speaker: Speaker) -> dict[str, Any]:
    """Whether the rule matches, and its conditions as a tree in the form of what the admin wrote.

    matched     whether trigger and conditions hold; that the event's type is right is the caller's word
    trigger     what the trigger demands beyond the type, as a tree; None if nothing
    conditions  the rule's conditions, as a tree; None if it has none
    near_misses what in the trigger was right but for a detail
    reasons     the leaves that decided, in short: those that do not hold, or, if it matches, those that do
    why         what did not hold, in phrases of the speaker's language; empty if it matches
    """
    facts = Facts(context)
    parts = {"trigger": rule.trigger.condition, "conditions": rule.conditions}
    trees = {name: None if part is None else _tree(part, facts, speaker) for name, part in parts.items()}
    matched = all(tree is None or tree["result"] for tree in trees.values())
    missed = near_misses(rule, facts)
    reasons = [reason for tree in trees.values() if tree for reason in _reasons(tree, wanted=matched, say=_said)]
    return {
        "matched": matched,
        **trees,
        "near_misses": [_missed(each, speaker) for each in missed],
        "reasons": reasons or ["it has no conditions"],
        "why": [] if matched else [*_told_of_trigger(rule, facts, missed, speaker), *_whys(trees["conditions"])],
    }


def _told_of_trigger(rule: Rule, facts: Facts, missed: Sequence[NearMiss], speaker: Speaker) -> list[str]:
    """What did not hold of what the trigger demands. A near miss tells all of it but where the item stands."""
    told = [near_miss_said(speaker, each.code, each.details) for each in missed]
    demands = rule.trigger.moves.demands if rule.trigger.moves else ()
    own = rule.trigger.own
    rest = demands if told or own is None else (own, *demands)
    return told + [why for part in rest for why in _whys(_tree(part, facts, speaker))]


def _whys(tree: Mapping[str, Any] | None) -> list[str]:
    return [] if tree is None else _reasons(tree, wanted=False, say=_told)


def _missed(miss: NearMiss, speaker: Speaker) -> dict[str, Any]:
    sentence = near_miss_said(speaker, miss.code, miss.details)
    return {"code": miss.code, "expected": miss.expected, "actual": _short(miss.actual), "sentence": sentence}


def _tree(condition: Condition, facts: Facts, speaker: Speaker) -> dict[str, Any]:
    match condition:
        case AllOf(items):
            return {"all": [_tree(item, facts, speaker) for item in items], "result": holds(condition, facts)}
        case AnyOf(items):
            return {"any": [_tree(item, facts, speaker) for item in items], "result": holds(condition, facts)}
        case Not(item):
            return {"not": _tree(item, facts, speaker), "result": holds(condition, facts)}
        case Leaf():
            shown = _leaf(condition, facts)
            return {**shown, "sentence": condition_said(speaker, condition, shown)}


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


def _reasons(tree: Mapping[str, Any], *, wanted: bool, say: Callable[[Mapping[str, Any]], str]) -> list[str]:
    """The leaves below `tree` whose answer makes its own, in words."""
    if tree["result"] is not wanted:
        return []
    if "not" in tree:
        return [f"not so: {reason}" for reason in _reasons(tree["not"], wanted=not wanted, say=say)]
    branches = tree.get("all") or tree.get("any")
    if branches is not None:
        return [reason for branch in branches for reason in _reasons(branch, wanted=wanted, say=say)]
    return [say(tree)]


def _told(leaf: Mapping[str, Any]) -> str:
    said: str = leaf["sentence"]
    return said


def _said(leaf: Mapping[str, Any]) -> str:
    asked = f"{leaf['field']} {leaf['op'].replace('_', ' ')}"
    if leaf["expected"] is not None:
        asked += f" {leaf['expected']!r}"
    was = "it is missing" if leaf["actual"] is None else f"it is {leaf['actual']!r}"
    if "before" in leaf:
        was += f", it was {leaf['before']!r}" if leaf["before"] is not None else ", it was missing"
    return f"{asked}: {was}"
