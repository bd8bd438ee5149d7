"""Explain why a rule matched an event or did not: each condition with its expected and actual value, and its answer.

The result is data: no prose. Of each predicate it has `{"field", "op", "expected", "actual", "before"?}` and whether it
holds; `before` only where the predicate asks of a change. The API renders it in the caller's language.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct, json

from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, Not, holds
from whenthen.domain.conditions.field_access import Context, Facts
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.explain.near_misses import NearMiss, near_misses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whenthen.domain.rules.rule import Rule

_LONGEST = 300
MAX_DECIDING = 10
"""Predicates that are kept of a condition that was false."""


class Branch(Struct, frozen=True):
    """Give one condition's answer, with those of the conditions inside it.

    shown  of a predicate: `field`, `op`, `expected` and `actual`, and `before` where it asks of a change
    """

    condition: Condition
    result: bool
    branches: tuple[Branch, ...] = ()
    shown: Mapping[str, Any] = {}


class Deciding(Struct, frozen=True):
    """Name a predicate whose answer made that of the whole, and how many `not` stand around it."""

    branch: Branch
    nots: int


class Explanation(Struct, frozen=True):
    """Explain one rule by its trigger and its conditions.

    matched     whether trigger and conditions hold; that the event's type is right is the caller's word
    trigger     what the trigger demands beyond the type; None if nothing
    conditions  the rule's conditions; None if it has none
    missed      what in the trigger was right but for a detail
    deciding    the predicates that decided: those that do not hold, or, if it matches, those that do
    """

    matched: bool
    trigger: Branch | None
    conditions: Branch | None
    missed: tuple[NearMiss, ...]
    deciding: tuple[Deciding, ...]


def explain(rule: Rule, context: Context) -> Explanation:
    """Find out whether the rule matches, and why."""
    facts = Facts(context)
    trigger = None if rule.trigger.condition is None else _branch(rule.trigger.condition, facts)
    conditions = None if rule.conditions is None else _branch(rule.conditions, facts)
    matched = all(branch is None or branch.result for branch in (trigger, conditions))
    missed = near_misses(rule, facts)
    deciding = (*_of_trigger(rule, trigger, missed, wanted=matched), *_deciding(conditions, wanted=matched))
    return Explanation(matched, trigger, conditions, missed, deciding)


def why_false(condition: Condition, context: Context) -> list[dict[str, Any]]:
    """Return the predicates that make a false condition false, the first MAX_DECIDING of them, as JSON.

    Each has what `Branch.shown` has, and its own answer as `result`: true inside a `not`.
    """
    deciding = islice(_deciding(_branch(condition, Facts(context)), wanted=False), MAX_DECIDING)
    shown = [{**each.branch.shown, "result": each.branch.result} for each in deciding]
    found: list[dict[str, Any]] = json.decode(json.encode(shown, enc_hook=str))
    return found


def _of_trigger(rule: Rule, trigger: Branch | None, missed: Sequence[NearMiss], *, wanted: bool) -> Iterator[Deciding]:
    """Yield the predicates that decided in the trigger. A near miss covers all but where the moved item stands."""
    moving = rule.trigger.moves.demands if rule.trigger.moves else ()
    for each in _deciding(trigger, wanted=wanted):
        if not missed or each.branch.condition in moving:
            yield each


def _branch(condition: Condition, facts: Facts) -> Branch:
    result = holds(condition, facts)
    match condition:
        case AllOf(items) | AnyOf(items):
            return Branch(condition, result, tuple(_branch(item, facts) for item in items))
        case Not(item):
            return Branch(condition, result, (_branch(item, facts),))
        case Predicate():
            return Branch(condition, result, (), _shown(condition, facts))


def _shown(predicate: Predicate, facts: Facts) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"field": predicate.field, "op": predicate.op, "expected": predicate.value}
    if OPERATORS[predicate.op].record:
        before, after = facts.change(predicate.path)
        return {**shown, "before": shortened(before), "actual": shortened(after)}
    return {**shown, "actual": shortened(facts.read(predicate.path))}


def shortened(value: Any) -> Any:
    """Cut a long text: people read explanations."""
    return value[:_LONGEST] + "…" if isinstance(value, str) and len(value) > _LONGEST else value


def _deciding(branch: Branch | None, *, wanted: bool, nots: int = 0) -> Iterator[Deciding]:
    """Yield the predicates whose answer makes the condition's own."""
    if branch is None or branch.result is not wanted:
        return
    if isinstance(branch.condition, Predicate):
        yield Deciding(branch, nots)
    elif isinstance(branch.condition, Not):
        yield from _deciding(branch.branches[0], wanted=not wanted, nots=nots + 1)
    else:
        for each in branch.branches:
            yield from _deciding(each, wanted=wanted, nots=nots)
