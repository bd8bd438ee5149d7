"""Lane: all that the rules of a block ask of one field, answered at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from whenthen.domain.matcher.tables import Masks, Ranges, Spot, TextTables
from whenthen.domain.values import LISTS, composed, folded, number_in, number_of

Hits = Callable[[Any], int]
"""The slots that a field with this value, never None, satisfies."""


class Lane:
    """The tables of one field.

    asking   the slots that ask anything of the field
    lists    whether the field is likely to hold a list
    """

    __slots__ = ("asking", "folded", "lists", "numbers", "ranges", "spelled", "texts", "there", "truths")

    def __init__(self) -> None:
        self.asking = 0
        self.lists = False
        self.texts = TextTables()
        self.folded = TextTables()
        self.numbers: Masks = {}
        self.spelled: Masks = {}
        self.truths: Masks = {}
        self.there: Masks = {}
        self.ranges = Ranges()

    def enter(self, bit: int, spots: Iterable[Spot]) -> None:
        """Let these entries satisfy the slot `bit`."""
        self.asking |= bit
        for masks, key in spots:
            masks[key] = masks.get(key, 0) | bit

    def leave(self, bit: int, spots: Iterable[Spot]) -> None:
        """Undo `enter`. An entry that no slot is left in goes."""
        self.asking &= ~bit
        for masks, key in spots:
            rest = masks.get(key, 0) & ~bit
            if rest:
                masks[key] = rest
            else:
                masks.pop(key, None)

    def tables(self, fold: bool) -> TextTables:
        """The tables of texts as they are, or with case folded."""
        return self.folded if fold else self.texts

    def refresh(self) -> None:
        """Make the lane ready after changes."""
        self.texts.forget()
        self.folded.forget()
        self.ranges.forget()

    @property
    def only_texts(self) -> bool:
        """Whether a text is looked up in the one table of whole texts, and nowhere else."""
        return not (self.texts.searches or self.folded or self.numbers or self.ranges or self.there)

    def hits(self) -> Hits:
        """What answers for this lane as it is now: the shortest way for the tables that it has."""
        if not (self.folded or self.numbers or self.ranges or self.there):
            return self._hits_of_texts if self.texts.searches else self._hits_of_list
        if not (self.texts or self.folded or self.numbers or self.spelled or self.truths):
            if not self.there:
                return self._hits_of_ranges
            if not self.ranges:
                there = self.there[True]
                return lambda value: there
        return self.all_hits

    def _hits_of_texts(self, value: Any) -> int:
        return self.texts.hits(composed(value)) if type(value) is str else self.all_hits(value)

    def _hits_of_list(self, value: Any) -> int:
        if type(value) is not list:
            return self.all_hits(value)
        get, mask = self.texts.equal.get, 0
        for item in value:
            if type(item) is not str or not item.isascii():
                return self.all_hits(value)
            if found := get(item):
                mask |= found
        return mask

    def _hits_of_ranges(self, value: Any) -> int:
        kind = type(value)
        return self.ranges.hits(value) if kind is int or kind is float else self.all_hits(value)

    def all_hits(self, value: object) -> int:
        """The slots that a field with this value satisfies, whatever it is."""
        mask = self.there.get(True, 0)
        if type(value) not in LISTS:
            return mask | self._item(value)
        for item in value:  # type: ignore[attr-defined]
            if item is not None:
                mask |= self._item(item)
        return mask

    def _item(self, value: object) -> int:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool):
            return self.truths.get(value, 0)
        mask = self.ranges.hits(value) if self.ranges else 0
        if (self.numbers or self.spelled) and (number := number_of(value)) is not None:
            mask |= self.numbers.get(number, 0) | self.spelled.get(number, 0)
        return mask

    def _text(self, value: str) -> int:
        mask = self.texts.hits(composed(value)) if self.texts else 0
        if self.folded:
            mask |= self.folded.hits(folded(value))
        if (self.numbers or self.ranges) and (number := number_in(value)) is not None:
            mask |= self.numbers.get(number, 0) | self.ranges.hits(number)
        return mask
