"""Why a rule matched an event or did not: each condition with what it expected, what was there, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, Not, holds
from whenthen.domain.conditions.field_access import Context, Facts
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.explain.near_misses import NearMiss, near_misses
from whenthen.domain.phrased_reasons import condition_said, near_miss_said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whenthen.domain.phrases import Speaker
    from whenthen.domain.rules.rule import Rule

_LONGEST = 300

_Decided = tuple[Predicate, "Mapping[str, Any]", int]
"""A leaf that decided, as it is shown, and how many `not` stand around it."""


def explain(rule: Rule, context: Context, speaker: Speaker) -> dict[str, Any]:
    """Whether the rule matches, and its conditions as a tree in the form of what the admin wrote.

    matched     whether trigger and conditions hold; that the event's type is right is the caller's word
    trigger     what the trigger demands beyond the type, as a tree; None if nothing
    conditions  the rule's conditions, as a tree; None if it has none
    near_misses what in the trigger was right but for a detail
    reasons     the leaves that decided, in short: those that do not hold, or, if it matches, those that do
    why         what did not hold, in phrases of the speaker's language; empty if it matches
    """
    facts, zone = Facts(context), rule.zone.key
    parts = {"trigger": rule.trigger.condition, "conditions": rule.conditions}
    trees = {name: None if part is None else _tree(part, facts, speaker, zone) for name, part in parts.items()}
    matched = all(tree is None or tree["result"] for tree in trees.values())
    missed = near_misses(rule, facts)
    decided = {name: [*_deciding(part, trees[name], wanted=matched)] for name, part in parts.items()}
    reasons = [_said(each) for deciding in decided.values() for each in deciding]
    return {
        "matched": matched,
        **trees,
        "near_misses": [_missed(each, speaker) for each in missed],
        "reasons": reasons or ["it has no conditions"],
        "why": [] if matched else _why(rule, decided, missed, speaker),
    }


def _why(
    rule: Rule, decided: Mapping[str, Sequence[_Decided]], missed: Sequence[NearMiss], speaker: Speaker
) -> list[str]:
    """What did not hold. Of the trigger, a near miss tells all but where the item stands that it moves."""
    told = [near_miss_said(speaker, each.code, each.details) for each in missed]
    moving = rule.trigger.moves.demands if rule.trigger.moves else ()
    deciding = [each for each in decided["trigger"] if not told or each[0] in moving]
    zone = rule.zone.key
    return told + [condition_said(speaker, *each, zone=zone) for each in (*deciding, *decided["conditions"])]


def _missed(miss: NearMiss, speaker: Speaker) -> dict[str, Any]:
    sentence = near_miss_said(speaker, miss.code, miss.details)
    return {"code": miss.code, "expected": miss.expected, "actual": _short(miss.actual), "sentence": sentence}


def _tree(condition: Condition, facts: Facts, speaker: Speaker, zone: str) -> dict[str, Any]:
    match condition:
        case AllOf(items):
            return {"all": [_tree(item, facts, speaker, zone) for item in items], "result": holds(condition, facts)}
        case AnyOf(items):
            return {"any": [_tree(item, facts, speaker, zone) for item in items], "result": holds(condition, facts)}
        case Not(item):
            return {"not": _tree(item, facts, speaker, zone), "result": holds(condition, facts)}
        case Predicate():
            shown = _leaf(condition, facts)
            return {**shown, "sentence": condition_said(speaker, condition, shown, zone=zone)}


def _leaf(predicate: Predicate, facts: Facts) -> dict[str, Any]:
    shown: dict[str, Any] = {"field": predicate.field, "op": predicate.op, "expected": predicate.value}
    if OPERATORS[predicate.op].record:
        before, after = facts.change(predicate.path)
        shown |= {"before": _short(before), "actual": _short(after)}
    else:
        shown["actual"] = _short(facts.read(predicate.path))
    return {**shown, "result": holds(predicate, facts)}


def _short(value: Any) -> Any:
    """The value, cut where it is long: an explanation is to be read."""
    return value[:_LONGEST] + "…" if isinstance(value, str) and len(value) > _LONGEST else value


def _deciding(condition: Condition | None, tree: Any, *, wanted: bool, nots: int = 0) -> Iterator[_Decided]:
    """The leaves whose answer makes the condition's own."""
    if tree is None or tree["result"] is not wanted:
        return
    match condition:
        case AllOf(items) | AnyOf(items):
            for item, branch in zip(items, tree.get("all") or tree["any"], strict=True):
                yield from _deciding(item, branch, wanted=wanted, nots=nots)
        case Not(item):
            yield from _deciding(item, tree["not"], wanted=not wanted, nots=nots + 1)
        case Predicate():
            yield condition, tree, nots


def _said(decided: _Decided) -> str:
    """A leaf that decided, in short, for logs and machines."""
    _, predicate, nots = decided
    asked = f"{predicate['field']} {predicate['op'].replace('_', ' ')}"
    if predicate["expected"] is not None:
        asked += f" {predicate['expected']!r}"
    was = "it is missing" if predicate["actual"] is None else f"it is {predicate['actual']!r}"
    if "before" in predicate:
        was += f", it was {predicate['before']!r}" if predicate["before"] is not None else ", it was missing"
    return f"{'not so: ' * nots}{asked}: {was}"
