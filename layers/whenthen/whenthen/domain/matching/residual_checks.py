"""Check conditions that no index tells on the row of one event, with every lookup prepared beforehand."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.values import Choice
from whenthen.domain.conditions.condition import AllOf, Condition, Not, holds, predicates
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.matching.event_fields import Check, Fields, Row, at_hand
from whenthen.domain.matching.indexes.candidate_lookup import Access, access_of, is_of_texts
from whenthen.domain.matching.indexes.text_keys import has_one_of, keys_of

if TYPE_CHECKING:
    from whenthen.domain.conditions.operands import Pattern
    from whenthen.domain.matching.indexes.nodes import Node
    from whenthen.domain.matching.indexes.text_keys import Keys


Known = Callable[[Predicate, Access], tuple[int, "list[Node]"] | None]
"""Hold the number of a predicate's table, and its nodes: one is found if, and only if, the predicate holds."""


def check_of(condition: Condition, fields: Fields, known: Known) -> Check:
    """Make the check of a condition. It answers as `conditions.holds` does."""
    if isinstance(condition, Predicate):
        return _check_of(condition, fields, known)
    if isinstance(condition, Not):
        return partial(_not, check_of(condition.item, fields, known))
    checks = tuple([check_of(item, fields, known) for item in sorted(condition.items, key=is_far)])
    return partial(_all if isinstance(condition, AllOf) else _any, checks)


def _check_of(predicate: Predicate, fields: Fields, known: Known) -> Check:
    access = access_of(predicate)
    there = known(predicate, access) if access is not None and type(predicate.operand) is Choice else None
    if there is not None:
        number, nodes = there
        return partial(_found_one, number, nodes) if len(nodes) > 1 else partial(_found, number, nodes[0])
    row = _SHORT.get(predicate.op) if at_hand(predicate.path) else None
    given = row.given(predicate) if row is not None else None
    if row is None or given is None:
        return partial(_holds, predicate)
    return partial(row.check, *fields.where(predicate.path), predicate, *given)


def is_far(condition: Condition) -> bool:
    """Tell whether something must be counted, looked up or worked out. Such checks come last."""
    return not all(at_hand(predicate.path) for predicate in predicates(condition))


# What is asked. All but the last argument are given beforehand: a `partial` of a function weighs half of what a closure
# does, and where there are many rules, that is half as long to wait for memory.


def _holds(predicate: Predicate, row: Row) -> bool:
    return holds(predicate, row.facts())


def _not(check: Check, row: Row) -> bool:
    return not check(row)


def _all(checks: tuple[Check, ...], row: Row) -> bool:
    for check in checks:  # noqa: SIM110 - a generator costs more than the loop
        if not check(row):
            return False
    return True


def _any(checks: tuple[Check, ...], row: Row) -> bool:
    for check in checks:  # noqa: SIM110
        if check(row):
            return True
    return False


def _found(number: int, node: Node, row: Row) -> bool:
    return row.found[number] is node or node in row.several


def _found_one(number: int, nodes: list[Node], row: Row) -> bool:
    return row.found[number] in nodes or any(node in nodes for node in row.several)


def _is_among(number: int, name: str, predicate: Predicate, keys: Keys, wanted: bool, row: Row) -> bool:
    value = row.gets[number](name)
    try:
        return (value in keys) is wanted
    except TypeError:
        return has_one_of(value, keys) is wanted


def _is_beyond(
    number: int, name: str, predicate: Predicate, compare: Callable[[Any, Any], bool], bound: Any, row: Row
) -> bool:
    value = row.gets[number](name)
    return compare(value, bound) if type(value) is int else value is not None and holds(predicate, row.facts())


def _has_text(
    number: int, name: str, predicate: Predicate, test: Callable[[str, str], bool], text: str, row: Row
) -> bool:
    value = row.gets[number](name)
    if type(value) is str and value.isascii():
        return test(value.lower() if predicate.ignore_case else value, text)
    return value is not None and holds(predicate, row.facts())


def _fits(number: int, name: str, predicate: Predicate, pattern: Pattern, row: Row) -> bool:
    value = row.gets[number](name)
    return pattern.fits(value) if type(value) is str else value is not None and holds(predicate, row.facts())


def _is_there(number: int, name: str, predicate: Predicate, wanted: bool, row: Row) -> bool:
    return (row.gets[number](name) is not None) is wanted


class _Short(Struct, frozen=True):
    """Describe a short way to check a predicate on a field that is at hand.

    check  tests (number of an object, name in it, predicate, given arguments, row)
    given  the arguments for a predicate; None if it has no short way
    """

    check: Callable[..., bool]
    given: Callable[[Predicate], tuple[Any, ...] | None]


def _keys(predicate: Predicate, *, wanted: bool) -> tuple[Any, ...] | None:
    choice: Choice = predicate.operand  # type: ignore[assignment]
    keys = keys_of(choice.texts) if is_of_texts(choice) else None
    return None if keys is None else (keys, wanted)


def _operand(predicate: Predicate) -> tuple[Any, ...]:
    return (predicate.operand,)


_AMONG = _Short(_is_among, partial(_keys, wanted=True))
_NOT_AMONG = _Short(_is_among, partial(_keys, wanted=False))


def _beyond(compare: Callable[[Any, Any], bool]) -> _Short:
    return _Short(_is_beyond, lambda predicate: (compare, predicate.operand))


def _text(test: Callable[[str, str], bool]) -> _Short:
    return _Short(_has_text, lambda predicate: (test, predicate.operand.text))  # type: ignore[attr-defined]


_SHORT: Mapping[str, _Short] = {
    "equals": _AMONG,
    "in": _AMONG,
    "has": _AMONG,
    "has_any": _AMONG,
    "not_equals": _NOT_AMONG,
    "not_in": _NOT_AMONG,
    ">": _beyond(operator.gt),
    ">=": _beyond(operator.ge),
    "<": _beyond(operator.lt),
    "<=": _beyond(operator.le),
    "contains": _text(operator.contains),
    "starts_with": _text(str.startswith),
    "ends_with": _text(str.endswith),
    "matches": _Short(_fits, _operand),
    "exists": _Short(_is_there, _operand),
}
"""List the most frequent operators. The others, and those without a short way, are checked on the facts."""
