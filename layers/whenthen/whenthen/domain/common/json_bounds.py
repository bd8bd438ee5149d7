"""Keep values of JSON within what the bus and the stores take: whole numbers, finite numbers, and their depth.

The bus takes whole numbers of 64 bits, so no event and no record may hold a longer one. A caller of the API learns
which field is too long. In a webhook's delivery the number becomes text, so that the delivery is not lost: conditions
compare a text that spells a number as the number.

Python reads 1e999 as infinity and knows NaN. JSON knows neither, so no store takes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from whenthen.domain.common.errors import Problem
from whenthen.domain.common.reasons import ReasonCode

BEYOND_64_BITS = ReasonCode("number.beyond_64_bits")
# NaN, Infinity or -Infinity: Python writes them, JSON knows none of them.
NO_NUMBER = ReasonCode("json.no_number", "constant")
TOO_DEEP = ReasonCode("json.too_deep", "count")

MAX_DEPTH = 64
"""Levels of objects and lists inside one another."""

LEAST, MOST = -(2**63), 2**63 - 1

_CONSTANTS = {math.inf: "Infinity", -math.inf: "-Infinity"}

_MOST_DIGITS = 500
"""Digits of a number that are read: far more than any bound has."""


def out_of_bounds(value: Any, path: str) -> Iterator[Problem]:
    """Yield a problem for a value that is nested too deep, else for each number in it that nothing can store."""
    if is_deeper(value, MAX_DEPTH):
        yield Problem(path, TOO_DEEP(count=MAX_DEPTH))
    else:
        yield from _bad_numbers(value, path)


def _bad_numbers(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, int) and not LEAST <= value <= MOST:
        yield Problem(path, BEYOND_64_BITS())
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(path, NO_NUMBER(constant=_CONSTANTS.get(value, "NaN")))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _bad_numbers(item, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _bad_numbers(item, f"{path}[{place}]")


def is_deeper(value: Any, most: int) -> bool:
    """Tell whether `value` has more than `most` levels, level by level: recursion on foreign input may overflow."""
    level = [value] if isinstance(value, Mapping | list | tuple) else []
    for _ in range(most + 1):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, Mapping) else item)
            if isinstance(child, Mapping | list | tuple)
        ]
        if not level:
            return False
    return True


def as_text(value: Any) -> Any:
    """Return `value` with the whole numbers beyond 64 bits as their digits."""
    if isinstance(value, int):
        return value if LEAST <= value <= MOST else _digits(value)
    if isinstance(value, Mapping):
        return {name: as_text(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(item) for item in value]
    return value


def read(written: str) -> int | str:
    """Read the digits of a JSON number. Beyond 64 bits, return the digits themselves."""
    if len(written) > len(str(LEAST)):
        return written
    number = int(written)
    return number if LEAST <= number <= MOST else written


def read_exactly(written: str) -> int:
    """Read the digits of a JSON number for a caller that refuses those beyond 64 bits.

    Of a number of more digits than Python reads, return one that is as much beyond all bounds.
    """
    return int(written[:_MOST_DIGITS])


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # of more digits than Python writes: nothing that was read has them, a sum of an expression may
        return hex(number)
