"""Look for values in a list as conditions do, however long the list is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from msgspec import Struct

from whenthen.domain.common.values import Choice, Number, composed, folded, number_in, number_of


class Contents(Struct, frozen=True):
    """Hold the items of a list in the forms in which a `Choice` compares them.

    texts    NFC, or folded
    numbers  the items that are numbers
    spelled  the numbers that its texts spell
    truths   the items that are true or false
    """

    texts: frozenset[str]
    numbers: frozenset[Number]
    spelled: frozenset[Number]
    truths: frozenset[bool]

    @classmethod
    def of(cls, items: Iterable[object], *, fold: bool) -> Contents:
        """Sort the items by their types. Lists and objects among them equal nothing."""
        form = folded if fold else composed
        given = list(items)
        texts = [item for item in given if isinstance(item, str)]
        return cls(
            frozenset(map(form, texts)),
            frozenset(number for item in given if (number := number_of(item)) is not None),
            frozenset(number for text in texts if (number := number_in(text)) is not None),
            frozenset(item for item in given if isinstance(item, bool)),
        )

    def has(self, choice: Choice) -> bool:
        """Tell whether the choice accepts one of the items."""
        return (
            not self.texts.isdisjoint(choice.texts)
            or not self.numbers.isdisjoint(choice.numbers)
            or not self.numbers.isdisjoint(choice.spelled)
            or not self.spelled.isdisjoint(choice.numbers)
            or not self.truths.isdisjoint(choice.truths)
        )


def without_repetitions(items: Iterable[Any]) -> list[Any]:
    """Return the scalars, each once: texts in NFC, numbers and truths. Lists and objects stay as they are."""
    seen: set[Hashable] = set()
    kept: list[Any] = []
    for item in items:
        key = _key_of(item)
        if key is None or key not in seen:
            kept.append(item)
            seen.add(key)
    return kept


def _key_of(item: Any) -> Hashable:
    if isinstance(item, str):
        return "text", composed(item)
    if isinstance(item, bool):
        return "truth", item
    number = number_of(item)
    return None if number is None else ("number", number)
