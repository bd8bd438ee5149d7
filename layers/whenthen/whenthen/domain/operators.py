"""The operators of conditions: one row each. The parser, the API's catalogue, explain and lint read this table."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain import comparing, operands

if TYPE_CHECKING:
    from whenthen.domain.leaves import Holds


class Operator(Struct, frozen=True):
    """One operator.

    read      reads its operand from (value, fold); raises ValueError
    holds     whether a leaf with this operator holds
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


_GREATER, _AT_LEAST = comparing.some(comparing.compared(operator.gt)), comparing.some(comparing.compared(operator.ge))
_SMALLER, _AT_MOST = comparing.some(comparing.compared(operator.lt)), comparing.some(comparing.compared(operator.le))
_SAME = comparing.some(comparing.accepts)
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
            comparing.negated(_SAME),
            folds=True,
        ),
        _O("in", "list", "is one of these values", operands.read_scalars, _SAME, folds=True),
        _O("not_in", "list", "is none of these values", operands.read_scalars, comparing.negated(_SAME), folds=True),
        _O(
            "contains",
            "text",
            "is a text with this one in it",
            operands.read_text,
            comparing.some(comparing.contains),
            folds=True,
        ),
        _O(
            "starts_with",
            "text",
            "is a text that starts with this one",
            operands.read_text,
            comparing.some(comparing.starts),
            folds=True,
        ),
        _O(
            "ends_with",
            "text",
            "is a text that ends with this one",
            operands.read_text,
            comparing.some(comparing.ends),
            folds=True,
        ),
        _O(
            "matches",
            "pattern",
            "fits a text with * for anything",
            operands.read_pattern,
            comparing.some(comparing.fits),
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
            comparing.some_dated(comparing.between),
            dated=True,
        ),
        _O("has", "scalar", "is a list with this value", operands.read_scalar, _SAME, folds=True),
        _O("has_any", "list", "is a list with one of these values", operands.read_scalars, _SAME, folds=True),
        _O(
            "has_all", "list", "is a list with each of these values", operands.read_each, comparing.has_each, folds=True
        ),
        _O("exists", "flag", "is there (or, with false, is not)", operands.read_flag, comparing.exists),
        _O("is_empty", "flag", "is missing or blank (or, with false, is not)", operands.read_flag, comparing.is_empty),
        _O("changed", "flag", "has another value than before", operands.read_flag, comparing.changed, record=True),
        _O(
            "changed_to",
            "scalars",
            "became this",
            operands.read_one_or_more,
            comparing.arrived,
            folds=True,
            record=True,
        ),
        _O(
            "changed_from",
            "scalars",
            "was this until now",
            operands.read_one_or_more,
            comparing.departed,
            folds=True,
            record=True,
        ),
        _O("before", "when", "is earlier", operands.read_when, comparing.some_dated(comparing.before), dated=True),
        _O("after", "when", "is later", operands.read_when, comparing.some_dated(comparing.after), dated=True),
        _O(
            "within_last",
            "duration",
            "is at most so long ago",
            operands.read_length,
            comparing.some_dated(comparing.within_last),
            dated=True,
        ),
        _O(
            "within_next",
            "duration",
            "is at most so far ahead",
            operands.read_length,
            comparing.some_dated(comparing.within_next),
            dated=True,
        ),
    )
}
