"""Rows of the tables of claims. A fragment is a piece of a page's text, on one line, word for word."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

PLACE = "§"
"""Stands in a fragment for a number that the code knows."""

_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


class Free(StrEnum):
    """Why a number or a "must" needs no test of whenthen's."""

    EXAMPLE = "an example, or what people write"
    OUTSIDE = "what AWS, Meta or another service says of itself"
    ASKED = "what people are asked to do"
    DEFINED = "what a word means here"
    MEASURED = "an estimate or a measurement, with what it is computed from"


class Bound(Struct, frozen=True):
    """A sentence whose numbers are those of the code."""

    page: str
    fragment: str
    values: tuple[Any, ...]

    @property
    def said(self) -> str:
        """Return the fragment with its numbers, as a page writes them."""
        said = self.fragment
        for value in self.values:
            said = said.replace(PLACE, _written(value), 1)
        return said


def word(number: int) -> str:
    """Write a small number in letters."""
    return _WORDS[number]


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


class Held(Struct, frozen=True):
    """A sentence that a test holds: `folder/test_file.py::test_name`, below `tests`.

    A fragment with ` … ` in it reaches from the words before it to those behind it, as for a table.
    """

    page: str
    said: str
    test: str


class Exempt(Struct, frozen=True):
    """A sentence that needs no test."""

    page: str
    said: str
    why: Free
