"""Ask: a condition that is asked of the row of one event, with all looked up beforehand that can be."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.conditions import AllOf, Condition, Not, holds, leaves
from whenthen.domain.leaves import Leaf
from whenthen.domain.matcher.access import Access, access_of, is_of_texts
from whenthen.domain.matcher.fields import Ask, Fields, Row, at_hand
from whenthen.domain.matcher.keys import has_one_of, keys_of
from whenthen.domain.values import Choice

if TYPE_CHECKING:
    from whenthen.domain.matcher.nodes import Node
    from whenthen.domain.operands import Pattern, Text


Told = Callable[[Leaf, Access], tuple[int, "list[Node]"] | None]
"""The number of a leaf's table, and its nodes one of which is found when, and only when, the leaf holds."""


def ask_of(condition: Condition, fields: Fields, told: Told) -> Ask:
    """What says whether the condition holds, as `conditions.holds` does."""
    if isinstance(condition, Leaf):
        access = access_of(condition)
        known = told(condition, access) if access is not None and type(condition.operand) is Choice else None
        if known is not None:
            return _found(*known)
        make = _FAST.get(condition.op) if at_hand(condition.path) else None
        ask = make(condition, fields) if make else None
        return ask or _general(condition)
    if isinstance(condition, Not):
        asked = ask_of(condition.item, fields, told)
        return lambda row: not asked(row)
    items = sorted(condition.items, key=is_far)
    return _group(tuple(ask_of(item, fields, told) for item in items), isinstance(condition, AllOf))


def _found(number: int, nodes: list[Node]) -> Ask:
    if len(nodes) > 1:
        return lambda row: row.found[number] in nodes or any(node in nodes for node in row.several)
    (node,) = nodes
    return lambda row: row.found[number] is node or node in row.several


def is_far(condition: Condition) -> bool:
    """Whether something must be counted, looked up or worked out: to be asked last."""
    return not all(at_hand(leaf.path) for leaf in leaves(condition))


def _group(asks: tuple[Ask, ...], every: bool) -> Ask:
    def ask(row: Row) -> bool:
        for asked in asks:
            if asked(row) is not every:
                return not every
        return every

    return ask


def _general(leaf: Condition) -> Ask:
    return lambda row: holds(leaf, row.facts())


def _chosen(*, wanted: bool) -> Callable[[Leaf, Fields], Ask | None]:
    """Whether the value is one of those that are named, or (not `wanted`) none of them."""

    def make(leaf: Leaf, fields: Fields) -> Ask | None:
        choice: Choice = leaf.operand  # type: ignore[assignment]
        keys = keys_of(choice.texts) if is_of_texts(choice) else None
        if keys is None:
            return None
        number, name = fields.where(leaf.path)

        def ask(row: Row) -> bool:
            value = row.gets[number](name)
            try:
                return (value in keys) is wanted
            except TypeError:
                return has_one_of(value, keys) is wanted

        return ask

    return make


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Leaf, Fields], Ask]:
    def make(leaf: Leaf, fields: Fields) -> Ask:
        number, name = fields.where(leaf.path)
        bound = leaf.operand

        def ask(row: Row) -> bool:
            value = row.gets[number](name)
            return compare(value, bound) if type(value) is int else value is not None and holds(leaf, row.facts())

        return ask

    return make


def _in_text(test: Callable[[str, Any], bool]) -> Callable[[Leaf, Fields], Ask]:
    def make(leaf: Leaf, fields: Fields) -> Ask:
        number, name = fields.where(leaf.path)
        wanted: Text = leaf.operand  # type: ignore[assignment]
        text, fold = wanted.text, wanted.fold

        def ask(row: Row) -> bool:
            value = row.gets[number](name)
            if type(value) is str and value.isascii():
                return test(value.lower() if fold else value, text)
            return value is not None and holds(leaf, row.facts())

        return ask

    return make


def _pattern(leaf: Leaf, fields: Fields) -> Ask:
    number, name = fields.where(leaf.path)
    pattern: Pattern = leaf.operand  # type: ignore[assignment]

    def ask(row: Row) -> bool:
        value = row.gets[number](name)
        return pattern.fits(value) if type(value) is str else value is not None and holds(leaf, row.facts())

    return ask


def _there(leaf: Leaf, fields: Fields) -> Ask:
    number, name = fields.where(leaf.path)
    if leaf.operand:
        return lambda row: row.gets[number](name) is not None
    return lambda row: row.gets[number](name) is None


_FAST: Mapping[str, Callable[[Leaf, Fields], Ask | None]] = {
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
"""The most frequent operators, with a short way. The others, and what has none, are asked of the facts."""
