"""Tables from what a field holds to the slots that this satisfies, one table per kind of comparison.

A mask is an int whose bit `1 << slot` stands for that slot. So one lookup answers for all slots with the
same comparison, and one `|` joins the answers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator
from itertools import chain
from typing import Any

from whenthen.domain.values import Number, number_of

Masks = dict[Any, int]
"""What is looked up → the slots that it satisfies."""

Spot = tuple[Masks, Hashable]
"""One entry of one table."""

_GRAM = 3
_EXACT = 2**53


class TextTables:
    """Comparisons with text, all in one form: NFC, or folded."""

    __slots__ = ("_grams", "ends", "equal", "needles", "starts")

    def __init__(self) -> None:
        self.equal: Masks = {}
        self.starts: dict[int, Masks] = {}
        self.ends: dict[int, Masks] = {}
        self.needles: Masks = {}
        self._grams: dict[int, dict[str, list[str]]] | None = None

    def __bool__(self) -> bool:
        return bool(self.equal or self.searches)

    @property
    def searches(self) -> bool:
        """Whether more than the whole text is looked up."""
        return bool(self.starts or self.ends or self.needles)

    def start(self, text: str) -> Spot:
        """The entry for texts that start with `text`."""
        return self.starts.setdefault(len(text), {}), text

    def end(self, text: str) -> Spot:
        """The entry for texts that end with `text`."""
        return self.ends.setdefault(len(text), {}), text

    def forget(self) -> None:
        """Drop what is derived from the tables, after a change."""
        self._grams = None
        for tables in (self.starts, self.ends):
            for length in [length for length, masks in tables.items() if not masks]:
                del tables[length]

    def hits(self, text: str) -> int:
        """The slots that `text`, given in the form of these tables, satisfies."""
        mask = self.equal.get(text, 0)
        for length, masks in self.starts.items():
            if found := masks.get(text[:length]):
                mask |= found
        for length, masks in self.ends.items():
            if found := masks.get(text[-length:]):
                mask |= found
        if len(self.needles) > len(text):
            return mask | self._hits_by_grams(text)
        for needle, found in self.needles.items():
            if needle in text:
                mask |= found
        return mask

    def _hits_by_grams(self, text: str) -> int:
        """As trying each needle, but only those whose first letters are in the text are tried."""
        if self._grams is None:
            self._grams = _by_grams(self.needles)
        mask = 0
        for length, grams in self._grams.items():
            found = {text[at : at + length] for at in range(len(text) - length + 1)}
            for gram in found & grams.keys():
                for needle in grams[gram]:
                    if needle in text:
                        mask |= self.needles[needle]
        return mask


def _by_grams(needles: Masks) -> dict[int, dict[str, list[str]]]:
    grams: dict[int, dict[str, list[str]]] = {}
    for needle in needles:
        gram = needle[:_GRAM]
        grams.setdefault(len(gram), {}).setdefault(gram, []).append(needle)
    return grams


Interval = tuple[Number | None, bool, Number | None, bool]
"""(low, whether low is part of it, high, whether high is part of it); None: no bound."""


class Ranges:
    """Intervals of numbers, at most one for each slot. Sorted bounds cut the line into segments that have masks."""

    __slots__ = ("_bounds", "_floats", "_segments", "masks")

    def __init__(self) -> None:
        self.masks: dict[Interval, int] = {}
        self._segments: list[int] | None = None
        self._bounds: list[Number] = []
        self._floats: list[float | None] | None = None

    def __bool__(self) -> bool:
        return bool(self.masks)

    def forget(self) -> None:
        """Drop what is derived from the intervals, after a change."""
        self._segments = None

    def hits(self, value: Any) -> int:
        """The slots that the number `value` satisfies."""
        segments = self._segments
        if segments is None:
            segments = self._cut()
        bounds: Any = self._floats
        number: Any = value
        if bounds is None or not _is_exact(value):
            # Decimals and floats must not meet: the float 0.1 stands for the decimal 0.1, which is less than it.
            bounds, number = self._bounds, number_of(value)
            if number is None:
                return 0
        at = bisect_left(bounds, number)
        return segments[2 * at + 1 if at < len(bounds) and bounds[at] == number else 2 * at]

    def _cut(self) -> list[int]:
        """Segment 2i+1 is the bound i itself, 2i what lies between it and the bound before."""
        ends: Iterator[Number | None] = chain.from_iterable((low, high) for low, _, high, _ in self.masks)
        bounds = sorted({bound for bound in ends if bound is not None})
        place = {bound: 2 * position + 1 for position, bound in enumerate(bounds)}
        toggles = [0] * (2 * len(bounds) + 2)
        for (low, low_in, high, high_in), mask in self.masks.items():
            toggles[0 if low is None else place[low] + (not low_in)] ^= mask
            toggles[2 * len(bounds) + 1 if high is None else place[high] + high_in] ^= mask
        segments, mask = [], 0
        for toggle in toggles:
            mask ^= toggle
            segments.append(mask)
        # Floats are compared fastest. Where each bound is the very number that its float stands for,
        # numbers and their floats are in the same order, and the floats can be compared instead.
        floats = [float(bound) if -_EXACT <= bound <= _EXACT else None for bound in bounds]
        pairs = zip(floats, bounds, strict=True)
        exact = all(number is not None and number_of(number) == bound for number, bound in pairs)
        self._floats = floats if exact else None
        self._bounds = bounds
        self._segments = segments
        return segments


def _is_exact(value: float | int) -> bool:
    """Whether a number is in the same order among floats as its decimal value is among decimals. NaN is not."""
    if isinstance(value, float):
        return value - value == 0
    return type(value) is int and -_EXACT <= value <= _EXACT
