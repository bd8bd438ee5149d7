"""Compare numbers as floats, the fastest way, and the few without a float with them.

Up to 2**53 whole numbers are floats, and floats are in the same order as the decimals that they stand for. So a
bound is a float: of all floats that keep it, the least of a lower bound or the greatest of an upper one.
"""

from __future__ import annotations

from math import inf, nan, nextafter
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.values import Number, number_of
from whenthen.domain.conditions.operator_functions import as_number

if TYPE_CHECKING:
    from collections.abc import Callable

EXACT = 2**53
"""Bound the whole numbers that are all floats."""


class Beyond(float):
    """Stand for an excluded bound: the next float beyond it. `bound`: the bound."""

    __slots__ = ("bound",)
    bound: float


class Several:
    """Compare with bounds where no float can: a number too long for one, or a list of which any item may fit."""

    __slots__ = ("_numbers",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, numbers: list[Number]) -> None:
        self._numbers = numbers

    def __ge__(self, bound: float) -> bool:
        return self._keeps(bound, gt, ge)

    def __le__(self, bound: float) -> bool:
        return self._keeps(bound, lt, le)

    def _keeps(self, bound: float, beyond: Callable[[Any, Any], bool], upto: Callable[[Any, Any], bool]) -> bool:
        keeps = beyond if isinstance(bound, Beyond) else upto
        limit = number_of(bound.bound if isinstance(bound, Beyond) else bound)
        return any(keeps(number, limit) for number in self._numbers)


def float_of(number: Number) -> float | None:
    """Return the float that stands for the number. None if there is none."""
    if not -EXACT <= number <= EXACT:
        return None
    found = float(number)
    return found if type(number) is int or number_of(found) == number else None


def bound_of(number: Number, op: str) -> float:
    """Return the bound that `op` sets to numbers with `number`, for which a float stands."""
    bound = float(number)
    if op in (">=", "<="):
        return bound
    beyond = Beyond(nextafter(bound, inf if op == ">" else -inf))
    beyond.bound = bound
    return beyond


def comparable(value: Any) -> Any:
    """Return a value that `bound <= …` and `… <= bound` can compare. A value that is no number never fits."""
    kind = type(value)
    if value is None:
        return nan
    if kind is int and -EXACT <= value <= EXACT:
        return value
    if kind is float:
        return value if value - value == 0 else nan
    items = value if kind is list else (value,)
    numbers = [number for item in items if (number := as_number(item)) is not None]
    if len(numbers) == 1 and (single := float_of(numbers[0])) is not None:
        return single
    return Several(numbers) if numbers else nan
