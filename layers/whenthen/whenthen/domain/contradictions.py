"""Conditions that can never hold, found by trying every value that could matter.

A conjunction is looked at field by field. Where its leaves only allow a choice of values, or ranges of
numbers, or say whether there is a value at all, there are few values to try: the given ones, the
bounds and what lies between them. If none of them satisfies all leaves, nothing does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Any

from whenthen.domain.conditions import AllOf, AnyOf, Condition, Not, holds, leaves
from whenthen.domain.facts import Facts
from whenthen.domain.leaves import Leaf
from whenthen.domain.operands import Range
from whenthen.domain.values import Number, is_blank, number_in

_CHOOSING = frozenset({"equals", "in", "has", "has_any", "has_all"})
_RANGING = frozenset({">", ">=", "<", "<=", "between"})
_TELLING = frozenset({"exists", "is_empty"})
_PARTS = frozenset({"contains", "starts_with", "ends_with", "matches"})
_NEGATIVE = frozenset({"not_equals", "not_in"})


class Verdict(Enum):
    """Whether a condition can hold: never, only for a field that holds a list, or as far as one can tell."""

    NEVER = 0
    ONLY_FOR_LISTS = 1
    POSSIBLE = 2


def verdict(condition: Condition | None) -> Verdict:
    """Whether the condition can hold at all."""
    return Verdict.POSSIBLE if condition is None else _judge(tuple(_conjuncts(condition)))


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for item in condition.items:
            yield from _conjuncts(item)
    else:
        yield condition


def _judge(conjuncts: tuple[Condition, ...]) -> Verdict:
    for conjunct in conjuncts:
        if isinstance(conjunct, AnyOf):
            others = tuple(other for other in conjuncts if other is not conjunct)
            # One `any` is opened; those beside it are judged with the literals alone, which is cautious.
            literals = tuple(other for other in others if not isinstance(other, AnyOf))
            judged = [_judge((*literals, *_conjuncts(item))) for item in conjunct.items]
            if max(judged, key=_value) is not Verdict.POSSIBLE:
                return max(judged, key=_value)
    by_field: dict[str, list[Condition]] = {}
    for conjunct in conjuncts:
        keys = {leaf.path.key for leaf in leaves(conjunct)}
        if len(keys) == 1:
            by_field.setdefault(keys.pop(), []).append(conjunct)
    return min(map(_judge_field, by_field.values()), key=_value, default=Verdict.POSSIBLE)


def _value(verdict: Verdict) -> int:
    return int(verdict.value)


def _judge_field(literals: Sequence[Condition]) -> Verdict:
    """The verdict on what is asked of one field, all together."""
    found = list(leaves(AllOf(tuple(literals))))
    path = found[0].path
    if not path.steps or not _is_closed(literals, found):
        return Verdict.POSSIBLE
    candidates = [None, *_candidates(found)]
    together = AllOf(tuple(literals))
    if any(holds(together, _facts(path.steps, value)) for value in candidates):
        return Verdict.POSSIBLE
    if not all(isinstance(literal, Leaf) or isinstance(_bare(literal), Leaf) for literal in literals):
        return Verdict.ONLY_FOR_LISTS
    # The list to try: all values together that nothing speaks against; and of these, the blank ones.
    negatives = [literal for literal in literals if _is_negative(literal)]
    allowed = [
        value for value in candidates[1:] if all(holds(literal, _facts(path.steps, [value])) for literal in negatives)
    ]
    lists = [allowed, [value for value in allowed if is_blank(value)]]
    some = any(holds(together, _facts(path.steps, values)) for values in lists)
    return Verdict.ONLY_FOR_LISTS if some else Verdict.NEVER


def _bare(condition: Condition) -> Condition:
    while isinstance(condition, Not):
        condition = condition.item
    return condition


def _is_negative(literal: Condition) -> bool:
    """Whether more items in a list can only make it fail."""
    if isinstance(literal, Not):
        return not _is_negative(literal.item)
    return isinstance(literal, Leaf) and literal.op in _NEGATIVE


def _is_closed(literals: Sequence[Condition], found: Sequence[Leaf]) -> bool:
    """Whether the values to try are all that could matter."""
    ops = {leaf.op for leaf in found}
    if any(leaf.ignore_case for leaf in found):
        return False
    if any(leaf.op == "between" and not isinstance(_low(leaf), int | Decimal) for leaf in found):
        return False
    choosing = [literal for literal in literals if isinstance(literal, Leaf) and literal.op in _CHOOSING]
    if choosing and not ops <= _CHOOSING | _RANGING | _TELLING | _NEGATIVE:
        # A number can be spelled in many ways, and parts of a text tell them apart.
        return ops <= _CHOOSING | _TELLING | _NEGATIVE | _PARTS and not any(_numbers_in(leaf) for leaf in choosing)
    if choosing:
        return True
    return ops <= _RANGING | _TELLING


def _numbers_in(leaf: Leaf) -> bool:
    values = leaf.value if isinstance(leaf.value, list | tuple) else [leaf.value]
    return any(not isinstance(value, str | bool) for value in values)


def _low(leaf: Leaf) -> object:
    return leaf.operand.low if isinstance(leaf.operand, Range) else None


def _candidates(found: Sequence[Leaf]) -> list[Any]:
    values: list[Any] = ["", "x"]
    numbers: set[Number] = set()
    for leaf in found:
        given = leaf.value if isinstance(leaf.value, list | tuple) else [leaf.value]
        values += [value for value in given if isinstance(value, str | bool | int | float | Decimal)]
        numbers |= {number for value in given if (number := _number(value)) is not None}
    ordered = sorted(numbers)
    between = [(Decimal(low) + Decimal(high)) / 2 for low, high in pairwise(ordered)]
    beyond = [ordered[0] - 1, ordered[-1] + 1] if ordered else []
    every = [*ordered, *between, *beyond]
    # White space around a number changes the text and not the number.
    return [*values, *every, *(f" {number}" for number in every)]


def _number(value: object) -> Number | None:
    if isinstance(value, str):
        return number_in(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(repr(value)) if isinstance(value, float) else value


def _facts(steps: tuple[str, ...], value: object) -> Facts:
    for name in reversed(steps):
        value = {name: value}
    return Facts(value)  # type: ignore[arg-type]
