"""Compare values in templates as conditions do: the answer is true or false for any values.

Jinja2 leaves comparing to Python, which fails for a missing value, and for a text beside a number. So each comparison
of a template becomes a call of `compare` before it is compiled, and each minus sign a call of `negate`, which names the
value that has no negative. docs/reference/rules.md, "Templates", is the specification.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import Any

from jinja2 import Undefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode, param_of
from whenthen.domain.common.stored_reasons import bounded
from whenthen.domain.common.values import Choice, composed, number_of
from whenthen.domain.conditions.operands import clock_of
from whenthen.domain.conditions.operator_functions import as_number
from whenthen.domain.templating.budget import MAX_SHOWN, budget_of
from whenthen.domain.temporal.time_values import read_point, span_of

COMPARE = "compare"
NEGATE = "negate"
"""Name `compare` and `negate` for templates. They are none of their filters: a template that calls them is refused."""

# Only numbers have a negative.
NO_NEGATIVE = ReasonCode("template.no_negative", "value")

_Scalar = str | bool | int | float | Decimal


def with_operators(tree: nodes.Template) -> nodes.Template:
    """Turn the template's comparisons into calls of `compare`, its minus signs into calls of `negate`."""
    _Rewriting().visit(tree)
    return tree


class _Rewriting(NodeTransformer):
    def visit_Compare(self, node: nodes.Compare) -> nodes.Filter:  # noqa: N802 - as Jinja2 looks it up
        self.generic_visit(node)
        given = [part for operand in node.ops for part in (nodes.Const(operand.op), operand.expr)]
        return _call(COMPARE, node.expr, given, node)

    def visit_Neg(self, node: nodes.Neg) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _call(NEGATE, node.node, [], node)


def _call(name: str, value: nodes.Expr, given: list[nodes.Expr], at: nodes.Node) -> nodes.Filter:
    return nodes.Filter(value, name, given, [], None, None, lineno=at.lineno, environment=at.environment)


def negate(value: Any) -> Any:
    """Return the negative of a number; a missing value stays missing. Raises Invalid for other values."""
    if isinstance(value, Undefined):
        return value
    if number_of(value) is None:
        raise Invalid.field("template", bounded(NO_NEGATIVE(value=param_of(value)), MAX_SHOWN))
    return -value


@pass_context
def compare(context: Context, first: Any, *others: Any) -> bool:
    """Compare values pairwise: `1 < x <= 5` is (1, "lt", x, "lteq", 5), and holds when each pair does."""
    budget_of(context).read((first, *others))
    zone = context.get("zone") or UTC
    values = [None if isinstance(value, Undefined) else value for value in (first, *others[1::2])]
    return all(_COMPARES[op](one, other, zone) for op, (one, other) in zip(others[::2], pairwise(values), strict=True))


def _same(one: Any, other: Any, zone: tzinfo) -> bool:
    """Compare as `equals` does. Two missing values are the same; lists and objects are compared item by item."""
    if isinstance(one, _Scalar) or isinstance(other, _Scalar):
        return Choice.of([other]).accepts(one)
    return bool(one == other)


def _is_in(one: Any, other: Any, zone: tzinfo) -> bool:
    """Tell whether `one` is an item of a list, a part of a text, or a key of an object."""
    if isinstance(other, list | tuple):
        if isinstance(one, _Scalar):
            return Choice.of(other).accepts(one)
        return one is not None and any(_same(one, item, zone) for item in other)
    if isinstance(other, str):
        return isinstance(one, str) and composed(one) in composed(other)
    return isinstance(other, Mapping) and isinstance(one, str) and one in other


def _order(one: Any, other: Any, zone: tzinfo) -> int | None:
    """Order two values: -1 before, 1 after, 0 neither. None if they cannot be compared."""
    number, other_number = as_number(one), as_number(other)
    if number is not None and other_number is not None:
        return _sign(number, other_number)
    point, other_point = read_point(one), read_point(other)
    if point is not None and other_point is not None:
        return _order_of_points(point, other_point, zone)
    if isinstance(one, str) and isinstance(other, str):
        return _sign(composed(one), composed(other))
    return None


def _order_of_points(point: date | datetime | time, other: date | datetime | time, zone: tzinfo) -> int | None:
    """Order two points in time. A clock time is compared with a moment's clock time; a date has none."""
    if isinstance(point, time) or isinstance(other, time):
        clock, other_clock = clock_of(point, zone), clock_of(other, zone)
        return None if clock is None or other_clock is None else _sign(clock, other_clock)
    span, other_span = span_of(point, zone), span_of(other, zone)
    return span.after(other_span) - span.before(other_span)


def _sign(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def _ordered(test: Callable[[int, int], bool]) -> Callable[[Any, Any, tzinfo], bool]:
    def compares(one: Any, other: Any, zone: tzinfo) -> bool:
        order = _order(one, other, zone)
        return order is not None and test(order, 0)

    return compares


_COMPARES: Mapping[str, Callable[[Any, Any, tzinfo], bool]] = {
    "eq": _same,
    "ne": lambda one, other, zone: not _same(one, other, zone),
    "lt": _ordered(operator.lt),
    "lteq": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gteq": _ordered(operator.ge),
    "in": _is_in,
    "notin": lambda one, other, zone: not _is_in(one, other, zone),
}
"""Jinja2's operator names → comparisons. `!=` and `not in` are the exact opposites of `==` and `in`."""
