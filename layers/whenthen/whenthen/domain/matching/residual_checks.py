"""Check on the row of an event the conditions by which a rule was not looked up."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from whenthen.domain.conditions import operator_functions as functions
from whenthen.domain.conditions.condition import AllOf, Condition, Not, holds, predicates
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.matching.event_row import ODD, Row, are_plain, at_hand, split

if TYPE_CHECKING:
    from whenthen.domain.common.values import Choice

Check = tuple[Any, ...]
"""Hold (test, object, name, wanted, condition, …): it passes if `test(row[object](name), wanted, check, row)`."""


def check_of(condition: Condition) -> Check:
    """Make the check of a condition. It answers as `conditions.holds` does."""
    if isinstance(condition, Predicate):
        return _check_of(condition)
    if isinstance(condition, Not):
        return _negated(check_of(condition.item))
    checks = tuple([check_of(item) for item in sorted(condition.items, key=is_far)])
    return _all if isinstance(condition, AllOf) else _any, "event", "type", checks, condition


def is_far(condition: Condition) -> bool:
    """Tell whether something must be counted, looked up or worked out. Such checks come last."""
    return not all(at_hand(predicate.path) for predicate in predicates(condition))


@lru_cache(maxsize=16_384)
def _check_of(predicate: Predicate) -> Check:
    """Make the check of a predicate. Rules repeat the same ones, so each is made and kept once."""
    make = _MAKE.get(predicate.op) if at_hand(predicate.path) else None
    if make is None:
        return _holds, "event", "type", None, predicate
    test, wanted = make(predicate.operand)
    check = test, *split(predicate.path.key), wanted, predicate
    return _negated(check) if predicate.op in ("not_equals", "not_in") else check


def _negated(check: Check) -> Check:
    return _fails, check[1], check[2], check, check[4]


# Tests. What is not plain is left to the specification, which keeps the forms of a long text or list for all rules.


def _holds(value: object, wanted: object, check: Check, row: Row) -> bool:
    return holds(check[4], row.facts)


def _fails(value: object, wanted: Check, check: Check, row: Row) -> bool:
    return not wanted[0](value, wanted[3], wanted, row)


def _all(value: object, wanted: tuple[Check, ...], check: Check, row: Row) -> bool:
    return all(each[0](row[each[1]](each[2]), each[3], each, row) for each in wanted)


def _any(value: object, wanted: tuple[Check, ...], check: Check, row: Row) -> bool:
    return any(each[0](row[each[1]](each[2]), each[3], each, row) for each in wanted)


def _exists(value: object, wanted: bool, check: Check, row: Row) -> bool:
    return holds(check[4], row.facts) if value is ODD else (value is not None) is wanted


def _is_among(value: object, wanted: Collection[str], check: Check, row: Row) -> bool:
    if type(value) is str and value.isascii():
        return value in wanted
    return not {*value}.isdisjoint(wanted) if are_plain(value) else _is_chosen(value, None, check, row)


def _is_chosen(value: object, wanted: None, check: Check, row: Row) -> bool:
    return value is not None and functions.chosen(row.facts, check[4])


def _chosen(choice: Choice) -> tuple[Callable[..., bool], Any]:
    return (_is_chosen, None) if choice.fold or choice.size > len(choice.texts) else (_is_among, choice.texts)


def _plain(kind: type[Any], fits: Callable[[Any, Any], bool]) -> Callable[[Any], tuple[Callable[..., bool], Any]]:
    def test(value: Any, wanted: Any, check: Check, row: Row) -> bool:
        if type(value) is kind and (kind is int or (value.isascii() and not wanted.fold)):
            return fits(value, wanted)
        return value is not None and holds(check[4], row.facts)

    return lambda operand: (test, operand)


_MAKE: Mapping[str, Callable[[Any], tuple[Callable[..., bool], Any]]] = {
    **dict.fromkeys(("equals", "in", "has", "has_any", "not_equals", "not_in"), _chosen),
    ">": _plain(int, operator.gt),
    ">=": _plain(int, operator.ge),
    "<": _plain(int, operator.lt),
    "<=": _plain(int, operator.le),
    "contains": _plain(str, functions.contains),
    "starts_with": _plain(str, functions.starts),
    "ends_with": _plain(str, functions.ends),
    "matches": _plain(str, functions.fits),
    "exists": lambda flag: (_exists, flag),
}
"""Operator → what makes (test, wanted) of an operand, for fields that are at hand."""
