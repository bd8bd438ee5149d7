"""Keep whole numbers within 64 bits. The bus takes no others, so no event and no record may hold one.

A caller of the API learns which field is too long. In a webhook's delivery the number becomes text, so that the
delivery is not lost: conditions compare a text that spells a number as the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from whenthen.domain.common.errors import Problem
from whenthen.domain.common.reasons import ReasonCode

BEYOND_64_BITS = ReasonCode("number.beyond_64_bits")

LEAST, MOST = -(2**63), 2**63 - 1

_MOST_DIGITS = 500
"""Digits of a number that are read: far more than any bound has."""


def too_long(value: Any, path: str) -> Iterator[Problem]:
    """Yield a problem for each whole number beyond 64 bits within `value`, however deep it is nested."""
    if isinstance(value, int) and not LEAST <= value <= MOST:
        yield Problem(path, BEYOND_64_BITS())
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from too_long(item, f"{path}.{name}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from too_long(item, f"{path}[{place}]")


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
