"""Make dictionary keys of all values that are the same as a text, so that a value is looked up unchanged.

docs/reference/rules.md, "Values", is the specification: text is compared composed (NFC), a number with a text
that spells it.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

from whenthen.domain.common.values import number_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whenthen.domain.common.values import Number

Keys = frozenset[object]

_SAME = {"K": "\u212a", ";": "\u037e", "`": "\u1fef"}
"""Map the only characters beyond ASCII that compose to one of ASCII."""

_MOST_TWINS = 2
"""Bound the characters with such a twin in a text that is looked up unchanged: each doubles the keys."""

_AS_TRUTHS = (0, 1)


def others_of(text: str, number: Number | None) -> Iterable[object] | None:
    """Return all values but lists that are the same as a text, without the text itself, which spells `number` if any.

    None: there is no telling by keys. That is so for texts that spell 0 and 1, since a dictionary takes true for 1, and
    for numbers that are not whole, since it compares floats by what they are and not by what they are written as.
    """
    if not text.isascii() or number in _AS_TRUTHS or isinstance(number, Decimal):
        return None
    if "K" not in text and ";" not in text and "`" not in text:
        return () if number is None else (number,)
    if sum(map(text.count, _SAME)) > _MOST_TWINS:
        return None
    each = ({character, _SAME.get(character, character)} for character in text)
    return {"".join(spelled) for spelled in product(*each)} - {text}


@lru_cache(maxsize=16_384)
def keys_of(texts: tuple[str, ...] | frozenset[str]) -> Keys | None:
    """Return all values but lists that are the same as one of the texts. None if keys cannot tell."""
    found: set[object] = set(texts)
    for text in texts:
        others = others_of(text, number_in(text))
        if others is None:
            return None
        found.update(others)
    return frozenset(found)


def has_one_of(value: object, wanted: Keys) -> bool:
    """Tell whether a list has one of the wanted values. An object or a list in it never is one."""
    for item in value if type(value) is list else ():
        try:
            if item in wanted:
                return True
        except TypeError:
            continue
    return False
