"""Calculate the numbers of templates in decimals: rounded half up, as amounts are, and with all digits of long ids."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from whenthen.domain.common.values import Number, number_of

MAX_DIGITS = 10
"""Bound the decimals of a number: with more, rounding would calculate with huge numbers."""

_SPELLED = re.compile(r"\s*([+-]?[0-9]{1,60}(?:\.[0-9]{1,60})?(?:[eE][+-]?[0-9]{1,2})?)\s*", re.ASCII)
_BEYOND = Decimal(10) ** 60
_PRECISION = 400
ROUNDINGS = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}
"""Name of a method of rounding, as templates write it → the decimal module's."""


def decimal_of(value: Any) -> Decimal | None:
    """Return the number that a value is or spells. None for other values, and from 10^60 on."""
    found = _SPELLED.fullmatch(value) if isinstance(value, str) else None
    number = found[1] if found else number_of(value)
    if number is None:
        return None
    decimal = Decimal(number)
    return decimal if abs(decimal) < _BEYOND else None


def rounded(number: Decimal, digits: Any, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Round to this many decimals, from 0 to MAX_DIGITS. Nothing is negative zero."""
    with localcontext(prec=_PRECISION):
        result = number.quantize(Decimal(1).scaleb(-digits_in(digits)), rounding=rounding)
    return result if result else abs(result)


def canonical(number: Decimal) -> Number:
    """Return a whole number as an int, others without zeros behind their decimals."""
    if number == number.to_integral_value():
        return int(number)
    with localcontext(prec=_PRECISION):
        return number.normalize()


def round_number(value: Any, digits: Any = 0, method: str = "common") -> Any:
    """Round a number to this many decimals: half up, or with `ceil` or `floor`. Other values stay as they are."""
    number = decimal_of(value)
    if number is None:
        return value
    return canonical(rounded(number, digits, ROUNDINGS.get(method, ROUND_HALF_UP)))


def whole(value: Any, default: Any = 0) -> Any:
    """Return a number without its decimals; `default` for other values."""
    number = decimal_of(value)
    return default if number is None else int(rounded(number, 0, ROUND_DOWN))


def digits_in(digits: Any) -> int:
    """Return how many decimals are asked for, from 0 to MAX_DIGITS."""
    return min(max(int(digits), 0), MAX_DIGITS)
