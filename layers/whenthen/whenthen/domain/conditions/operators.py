"""List the operators, one row each. The parser, the API's catalogue, explain and lint read this table."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.conditions import operands, operator_functions

if TYPE_CHECKING:
    from whenthen.domain.conditions.predicate import Holds


class Operator(Struct, frozen=True):
    """Describe one operator.

    read      reads its operand from (value, fold); raises InvalidValue
    holds     whether a predicate with this operator holds
    takes     what kind of value it takes, as the API's catalogue names it
    folds     whether it can ignore case
    dated     whether a time zone matters to it
    record    whether it only looks at fields of the record
    """

    name: str
    takes: str
    description: str
    read: Callable[[object, bool], Hashable]
    holds: Holds
    folds: bool = False
    dated: bool = False
    record: bool = False


_GREATER, _AT_LEAST = (
    operator_functions.some(operator_functions.compared(operator.gt)),
    operator_functions.some(operator_functions.compared(operator.ge)),
)
_SMALLER, _AT_MOST = (
    operator_functions.some(operator_functions.compared(operator.lt)),
    operator_functions.some(operator_functions.compared(operator.le)),
)
_SAME = operator_functions.chosen
_O = Operator

OPERATORS: Mapping[str, Operator] = {
    row.name: row
    for row in (
        _O("equals", "scalar", "is this value", operands.read_scalar, _SAME, folds=True),
        _O(
            "not_equals",
            "scalar",
            "is not this value, or is missing",
            operands.read_scalar,
            operator_functions.negated(_SAME),
            folds=True,
        ),
        _O("in", "list", "is one of these values", operands.read_scalars, _SAME, folds=True),
        _O(
            "not_in",
            "list",
            "is none of these values",
            operands.read_scalars,
            operator_functions.negated(_SAME),
            folds=True,
        ),
        _O(
            "contains",
            "text",
            "is a text with this one in it",
            operands.read_text,
            operator_functions.some_text(operator_functions.contains),
            folds=True,
        ),
        _O(
            "starts_with",
            "text",
            "is a text that starts with this one",
            operands.read_text,
            operator_functions.some_text(operator_functions.starts),
            folds=True,
        ),
        _O(
            "ends_with",
            "text",
            "is a text that ends with this one",
            operands.read_text,
            operator_functions.some_text(operator_functions.ends),
            folds=True,
        ),
        _O(
            "matches",
            "pattern",
            "fits a text with * for anything",
            operands.read_pattern,
            operator_functions.some_text(operator_functions.fits),
            folds=True,
        ),
        _O(">", "number", "is a greater number", operands.read_number, _GREATER),
        _O(">=", "number", "is at least", operands.read_number, _AT_LEAST),
        _O("<", "number", "is a smaller number", operands.read_number, _SMALLER),
        _O("<=", "number", "is at most", operands.read_number, _AT_MOST),
        _O(
            "between",
            "range",
            "is from one to the other",
            operands.read_range,
            operator_functions.some_dated(operator_functions.between),
            dated=True,
        ),
        _O("has", "scalar", "is a list with this value", operands.read_scalar, _SAME, folds=True),
        _O("has_any", "list", "is a list with one of these values", operands.read_scalars, _SAME, folds=True),
        _O(
            "has_all",
            "list",
            "is a list with each of these values",
            operands.read_each,
            operator_functions.has_each,
            folds=True,
        ),
        _O("exists", "flag", "is there (or, with false, is not)", operands.read_flag, operator_functions.exists),
        _O(
            "is_empty",
            "flag",
            "is missing or blank (or, with false, is not)",
            operands.read_flag,
            operator_functions.is_empty,
        ),
        _O(
            "changed",
            "flag",
            "has another value than before",
            operands.read_flag,
            operator_functions.changed,
            record=True,
        ),
        _O(
            "changed_to",
            "scalars",
            "became this",
            operands.read_one_or_more,
            operator_functions.arrived,
            folds=True,
            record=True,
        ),
        _O(
            "changed_from",
            "scalars",
            "was this until now",
            operands.read_one_or_more,
            operator_functions.departed,
            folds=True,
            record=True,
        ),
        _O(
            "before",
            "when",
            "is earlier",
            operands.read_when,
            operator_functions.some_dated(operator_functions.before),
            dated=True,
        ),
        _O(
            "after",
            "when",
            "is later",
            operands.read_when,
            operator_functions.some_dated(operator_functions.after),
            dated=True,
        ),
        _O(
            "within_last",
            "duration",
            "is at most so long ago",
            operands.read_length,
            operator_functions.some_dated(operator_functions.within_last),
            dated=True,
        ),
        _O(
            "within_next",
            "duration",
            "is at most so far ahead",
            operands.read_length,
            operator_functions.some_dated(operator_functions.within_next),
            dated=True,
        ),
    )
}
