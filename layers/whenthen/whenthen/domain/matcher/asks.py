"""Ask: a condition that is asked of the values of one event, with all looked up beforehand that can be."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from whenthen.domain.conditions import AllOf, Condition, Not, holds, leaves
from whenthen.domain.leaves import Leaf
from whenthen.domain.matcher.access import Access, access_of
from whenthen.domain.matcher.fields import FOUND, Ask, Fields, Source, Values, at_hand, facts_of
from whenthen.domain.values import Choice

if TYPE_CHECKING:
    from whenthen.domain.operands import Pattern, Text

Known = Callable[[Leaf, Access | None], Sequence[object]]
"""The nodes one of which is found when, and only when, a leaf holds, if there are such."""


def ask_of(condition: Condition, fields: Fields, known: Known) -> Ask:
    """What says whether the condition holds, as `conditions.holds` does."""
    if isinstance(condition, Leaf):
        positive = _POSITIVE.get(condition.op)
        told = condition if positive is None else replace(condition, op=positive)
        nodes = known(told, access_of(told)) if isinstance(condition.operand, Choice) else ()
        if nodes:
            return _found(nodes) if positive is None else _negated(_found(nodes))
        make = _FAST.get(condition.op) if at_hand(condition.path) else None
        ask = make(condition, fields.place(Source.VALUE, condition.path)) if make else None
        return ask or _general(condition)
    if isinstance(condition, Not):
        return _negated(ask_of(condition.item, fields, known))
    items = sorted(condition.items, key=is_far)
    return _group(tuple(ask_of(item, fields, known) for item in items), isinstance(condition, AllOf))


def is_far(condition: Condition) -> bool:
    """Whether something must be counted, looked up or worked out: to be asked last."""
    return not all(at_hand(leaf.path) for leaf in leaves(condition))


_POSITIVE = {"not_equals": "equals", "not_in": "in"}


def _found(nodes: Sequence[object]) -> Ask:
    if len(nodes) > 1:
        return lambda values: not values[FOUND].isdisjoint(nodes)  # type: ignore[attr-defined]
    (node,) = nodes
    return lambda values: node in values[FOUND]  # type: ignore[operator]


def _negated(asked: Ask) -> Ask:
    return lambda values: not asked(values)


def _group(asks: tuple[Ask, ...], every: bool) -> Ask:
    def ask(values: Values) -> bool:
        for asked in asks:
            if asked(values) is not every:
                return not every
        return every

    return ask


def _general(leaf: Condition) -> Ask:
    return lambda values: holds(leaf, facts_of(values))


def _chosen(*, wanted: bool) -> Callable[[Leaf, int], Ask | None]:
    """Whether the value is one of those that are named, or (not `wanted`) none of them."""

    def make(leaf: Leaf, place: int) -> Ask | None:
        choice: Choice = leaf.operand  # type: ignore[assignment]
        texts = choice.texts
        if choice.fold or not texts or not isinstance(texts, tuple):
            return None
        otherwise = _general(leaf)

        def ask(values: Values) -> bool:
            value = values[place]
            if value in texts:
                return wanted
            # Other than plain text may still be the same: a list, a number, text that is not composed.
            if value is None or (type(value) is str and value.isascii() and not choice.numbers):
                return not wanted
            return otherwise(values)

        return ask

    return make


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Leaf, int], Ask]:
    def make(leaf: Leaf, place: int) -> Ask:
        bound, otherwise = leaf.operand, _general(leaf)

        def ask(values: Values) -> bool:
            value = values[place]
            return compare(value, bound) if type(value) is int else value is not None and otherwise(values)

        return ask

    return make


def _in_text(test: Callable[[str, Any], bool]) -> Callable[[Leaf, int], Ask]:
    def make(leaf: Leaf, place: int) -> Ask:
        wanted: Text = leaf.operand  # type: ignore[assignment]
        text, otherwise = wanted.text, _general(leaf)
        if wanted.fold:

            def ask(values: Values) -> bool:
                value = values[place]
                if type(value) is str and value.isascii():
                    return test(value.lower(), text)
                return value is not None and otherwise(values)
        else:

            def ask(values: Values) -> bool:
                value = values[place]
                if type(value) is str and value.isascii():
                    return test(value, text)
                return value is not None and otherwise(values)

        return ask

    return make


def _fits(text: str, pattern: Pattern) -> bool:
    first, *middle = pattern.parts
    if not middle:
        return text == first
    last = middle.pop()
    start, end = len(first), len(text) - len(last)
    if end < start or not (text.startswith(first) and text.endswith(last)):
        return False
    for part in middle:
        found = text.find(part, start, end)
        if found < 0:
            return False
        start = found + len(part)
    return True


def _pattern(leaf: Leaf, place: int) -> Ask | None:
    pattern: Pattern = leaf.operand  # type: ignore[assignment]
    otherwise = _general(leaf)
    if pattern.fold:
        return None

    def ask(values: Values) -> bool:
        value = values[place]
        if type(value) is str and value.isascii():
            return _fits(value, pattern)
        return value is not None and otherwise(values)

    return ask


def _there(leaf: Leaf, place: int) -> Ask:
    if leaf.operand:
        return lambda values: values[place] is not None
    return lambda values: values[place] is None


_FAST: Mapping[str, Callable[[Leaf, int], Ask | None]] = {
    "equals": _chosen(wanted=True),
    "in": _chosen(wanted=True),
    "has": _chosen(wanted=True),
    "has_any": _chosen(wanted=True),
    "not_equals": _chosen(wanted=False),
    "not_in": _chosen(wanted=False),
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    "contains": _in_text(operator.contains),
    "starts_with": _in_text(str.startswith),
    "ends_with": _in_text(str.endswith),
    "matches": _pattern,
    "exists": _there,
}
"""The most frequent operators, with a short way for plain values."""
