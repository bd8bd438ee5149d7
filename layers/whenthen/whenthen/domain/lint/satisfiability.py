"""Find conditions that can never hold, by trying every value that could matter.

A conjunction is looked at field by field. Where its predicates only allow a choice of values, or ranges of
numbers, or say whether there is a value at all, there are few values to try: the given ones, the
bounds and the values between them. If none of them satisfies all predicates, nothing does. Where there are
many values and many predicates, the condition is taken to be possible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal, localcontext
from enum import Enum
from itertools import pairwise, product
from math import prod
from typing import Any

from msgspec.structs import replace

from whenthen.domain.common.values import Number, number_in, number_of
from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, Not, holds, predicates
from whenthen.domain.conditions.field_access import Facts
from whenthen.domain.conditions.operands import Pattern, Range
from whenthen.domain.conditions.predicate import Predicate

_CHOOSING = frozenset({"equals", "in", "has", "has_any", "has_all"})
_RANGING = frozenset({">", ">=", "<", "<=", "between"})
_TELLING = frozenset({"exists", "is_empty"})
_PARTS = frozenset({"contains", "starts_with", "ends_with", "matches"})
_NEGATIVE = frozenset({"not_equals", "not_in"})

_STRANGER = {"x": "x"}
"""Stand for an item that is not empty, and for which no comparison holds."""

_MOST_TRIES = 2_000
"""Bound the given values times the predicates asked of each."""

_MOST_LISTS = 20_000
"""Bound the items times the predicates asked of each, when looking for a list that fits."""

_PADDING = 80
"""Bound the spaces before and after a number: more ways to write it than values are tried."""

_PRECISION = 2_500
"""Digits that hold every sum of two numbers: a text may spell one with exponents up to ±999, and 121 digits."""


class Verdict(Enum):
    """Judge whether a condition can hold: never, only for a field that holds a list, or as far as one can tell."""

    NEVER = 0
    ONLY_FOR_LISTS = 1
    POSSIBLE = 2


def verdict(condition: Condition | None) -> Verdict:
    """Judge whether the condition can hold at all."""
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
        keys = {predicate.path.key for predicate in predicates(conjunct)}
        if len(keys) == 1:
            by_field.setdefault(keys.pop(), []).append(conjunct)
    return min(map(_judge_field, by_field.values()), key=_value, default=Verdict.POSSIBLE)


def _value(verdict: Verdict) -> int:
    return int(verdict.value)


def _judge_field(literals: Sequence[Condition]) -> Verdict:
    """Judge all literals about one field together."""
    found = list(predicates(AllOf(tuple(literals))))
    path = found[0].path
    many = sum(len(_given(predicate)) for predicate in found) * len(found) > _MOST_TRIES
    if not path.steps or many or not _is_closed(literals, found):
        return Verdict.POSSIBLE
    candidates = [None, *_candidates(found)]
    together = AllOf(tuple(literals))
    if any(holds(together, _facts(path.steps, value)) for value in candidates):
        return Verdict.POSSIBLE
    if not all(isinstance(_bare(literal), Predicate) for literal in literals):
        return Verdict.ONLY_FOR_LISTS
    return Verdict.ONLY_FOR_LISTS if _fits_a_list(literals, path.steps, candidates[1:]) else Verdict.NEVER


def _fits_a_list(literals: Sequence[Condition], steps: tuple[str, ...], candidates: Sequence[Any]) -> bool:
    """Tell whether some list may satisfy all literals. True also if there are too many to try.

    The literals on each item leave some of the candidates. Literals on one item only hold the better, the more items
    there are: so the list to try is that of all the candidates left.
    """
    if any(map(_asks_of_each, literals)) and any(map(_asks_for_part, literals)):
        # A part of a text stands in more texts than those that are tried, and these may be the ones left out.
        return True
    ways = [_ways(literal) for literal in literals]
    if prod(map(len, ways)) * len(candidates) * len(literals) > _MOST_LISTS:
        return True
    return any(_holds_for_a_list(way, steps, candidates) for way in product(*ways))


def _holds_for_a_list(literals: Sequence[Condition], steps: tuple[str, ...], candidates: Sequence[Any]) -> bool:
    of_each = AllOf(tuple(literal for literal in literals if _asks_of_each(literal)))
    left = [value for value in (*candidates, _STRANGER) if holds(of_each, _facts(steps, [value]))]
    return holds(AllOf(tuple(literals)), _facts(steps, left))


def _ways(literal: Condition) -> Sequence[Condition]:
    """Return literals of which one holds when this one does: a list without all of several values lacks one."""
    predicate = _bare(literal)
    if not isinstance(predicate, Predicate) or predicate.op != "has_all" or not _is_negated(literal):
        return (literal,)
    return [Not(replace(predicate, op="has", operand=choice)) for choice in predicate.operand]  # type: ignore[attr-defined]


def _bare(condition: Condition) -> Condition:
    while isinstance(condition, Not):
        condition = condition.item
    return condition


def _is_negated(literal: Condition) -> bool:
    return isinstance(literal, Not) and not _is_negated(literal.item)


def _asks_of_each(literal: Condition) -> bool:
    """Tell whether the literal must hold of each item of a list; else one item is enough."""
    predicate, negated = _bare(literal), _is_negated(literal)
    if not isinstance(predicate, Predicate) or predicate.op == "exists":
        return False
    if predicate.op in _NEGATIVE:
        return not negated
    return (predicate.operand is not negated) if predicate.op == "is_empty" else negated


def _asks_for_part(literal: Condition) -> bool:
    bare = _bare(literal)
    return isinstance(bare, Predicate) and bare.op in _PARTS and not _is_negated(literal)


def _is_closed(literals: Sequence[Condition], found: Sequence[Predicate]) -> bool:
    """Tell whether the values to try are all that could matter."""
    ops = {predicate.op for predicate in found}
    if any(predicate.ignore_case for predicate in found):
        return False
    if any(predicate.op == "between" and not isinstance(_low(predicate), int | Decimal) for predicate in found):
        return False
    choosing = [
        predicate
        for literal in literals
        if isinstance(predicate := _bare(literal), Predicate) and _chooses(literal, predicate)
    ]
    if choosing and not ops <= _CHOOSING | _RANGING | _TELLING | _NEGATIVE:
        # A number can be spelled in many ways, and parts of a text tell them apart.
        return ops <= _CHOOSING | _TELLING | _NEGATIVE | _PARTS and not any(
            _numbers_in(predicate) for predicate in choosing
        )
    if choosing:
        return True
    return ops <= _RANGING | _TELLING


def _chooses(literal: Condition, predicate: Predicate) -> bool:
    return predicate.op in (_NEGATIVE if _is_negated(literal) else _CHOOSING)


def _numbers_in(predicate: Predicate) -> bool:
    return any(not isinstance(value, str | bool) for value in _given(predicate))


def _given(predicate: Predicate) -> Sequence[Any]:
    return predicate.value if isinstance(predicate.value, list | tuple) else [predicate.value]


def _low(predicate: Predicate) -> object:
    return predicate.operand.low if isinstance(predicate.operand, Range) else None


def _candidates(found: Sequence[Predicate]) -> list[Any]:
    values: list[Any] = ["", "x"]
    numbers: set[Number] = set()
    for predicate in found:
        given = _given(predicate)
        values += [value for value in given if isinstance(value, str | bool | int | float | Decimal)]
        if isinstance(predicate.operand, Pattern):
            values.append("".join(predicate.operand.parts))
        numbers |= {number for value in given if (number := _number(value)) is not None}
    ordered = sorted(numbers)
    with localcontext(prec=_PRECISION):
        between = [(Decimal(low) + Decimal(high)) / 2 for low, high in pairwise(ordered)]
        beyond = [Decimal(ordered[0]) - 1, Decimal(ordered[-1]) + 1] if ordered else []
    every = [*ordered, *between, *beyond]
    texts = {value for value in values if isinstance(value, str)}
    spelled = [text for number in every if (text := _spelling(number, texts)) is not None]
    return [*values, *every, *spelled]


def _spelling(number: Number, others: Collection[str]) -> str | None:
    """Return a text that spells the number and is none of the others: white space around it changes only the text."""
    spellings = (f"{' ' * before}{number}{' ' * after}" for before in range(1, _PADDING) for after in range(_PADDING))
    return next((text for text in spellings if text not in others), None)


def _number(value: object) -> Number | None:
    return number_in(value) if isinstance(value, str) else number_of(value)


def _facts(steps: tuple[str, ...], value: object) -> Facts:
    for name in reversed(steps):
        value = {name: value}
    return Facts(value)  # type: ignore[arg-type]
