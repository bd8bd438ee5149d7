"""Compare values as conditions do: text, numbers, true and false, and lists.

Text is compared in Unicode's NFC form, numbers by their decimal value, and `True` is never `1`.
docs/reference/rules.md, "Values", is the specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar
from unicodedata import is_normalized, normalize

from msgspec import Struct

Number = int | Decimal
"""Hold a canonical number: whole floats are ints, others the shortest decimal that reads back as the float."""

NUMERIC_TEXT = re.compile(r"[ \t\r\n]*(-?(?:0|[1-9][0-9]{0,60})(?:\.[0-9]{1,60})?(?:[eE][+-]?[0-9]{1,3})?)[ \t\r\n]*")
_NUMERIC_STARTS = frozenset("-0123456789 \t\r\n")
LONGEST_NUMERIC_TEXT = 160
_SMALL = 8
_T = TypeVar("_T")

Pool = tuple[_T, ...] | frozenset[_T]
"""Hold few values in a tuple, or many in a set."""


def number_of(value: object) -> Number | None:
    """Return the number that `value` is. None for text, true, false, NaN and infinities."""
    kind = type(value)
    if kind is int:
        return value  # type: ignore[return-value]
    if kind is float:
        return _number_of_float(value)  # type: ignore[arg-type]
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return None


def _number_of_float(value: float) -> Number | None:
    if value.is_integer():
        return int(value)
    return Decimal(repr(value)) if value - value == 0 else None


def number_in(text: str) -> Number | None:
    """Return the number that `text` spells, as JSON writes it, with white space around it. None if it spells none."""
    if text[:1] not in _NUMERIC_STARTS or len(text) > LONGEST_NUMERIC_TEXT:
        return None
    found = NUMERIC_TEXT.fullmatch(text)
    if found is None:
        return None
    digits = found[1]
    return Decimal(digits) if "." in digits or "e" in digits or "E" in digits else int(digits)


def composed(text: str) -> str:
    """Return `text` in NFC, so that `é` is one text however it was typed."""
    if text.isascii() or is_normalized("NFC", text):
        return text
    return normalize("NFC", text)


def folded(text: str) -> str:
    """Return the form in which text is compared without case: Unicode's canonical caseless form, in NFC.

    Turkish pairs I with dotless i and dotted I with i, all other languages I with i. Being the same must be
    transitive, and the language of a text is not known: so the four are one letter here.
    """
    if text.isascii():
        return text.lower()
    caseless = normalize("NFD", normalize("NFD", text).casefold())
    return normalize("NFC", caseless.replace("\u0131", "i").replace("i\u0307", "i"))


def elements(value: object) -> Sequence[object]:
    """Return `value` as a list: empty if absent, the non-null items of a list, else `value` alone."""
    if value is None:
        return ()
    if type(value) is list:
        return [item for item in value if item is not None]
    return (value,)


def is_blank(value: object) -> bool:
    """Tell whether `value` is absent, white space, an empty object, or a list of only such and empty lists."""
    if type(value) is list:
        return all(_is_bare(item) for item in value)
    return _is_bare(value)


def _is_bare(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, (list, tuple, set, frozenset, Mapping)) and not value)


def unchanged(before: object, after: object) -> bool:
    """Tell whether two values of a field are the same. Null is absent, and true is not 1."""
    if isinstance(before, str) and isinstance(after, str):
        return composed(before) == composed(after)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return all(unchanged(before.get(name), after.get(name)) for name in {*before, *after})
    if type(before) is type(after) or before is None or after is None:
        return before == after
    if isinstance(before, bool) or isinstance(after, bool):
        return False
    number = number_of(before)
    return before == after if number is None else number == number_of(after)


class Choice(Struct, frozen=True, gc=False):
    """Hold the values that a condition accepts, sorted by the way in which an actual value is looked up.

    texts      NFC, or folded when `fold`: looked up by actual texts
    numbers    given as numbers: looked up by actual numbers, and by actual texts that spell a number
    spelled    what numeric texts among `texts` spell: looked up by actual numbers only, so that
               the texts `1` and `1.0` stay different while the number 1 is the same as both
    truths     looked up by actual truths only
    """

    texts: Pool[str] = ()
    numbers: Pool[Number] = ()
    spelled: Pool[Number] = ()
    truths: Pool[bool] = ()
    fold: bool = False

    @classmethod
    def of(cls, values: Iterable[object], *, fold: bool = False) -> Choice:
        """Make a choice of scalars. Other values never equal anything; the caller rejects them."""
        given = list(values)
        if len(given) == 1 and type(given[0]) is str:
            text, number = given[0], number_in(given[0])
            return cls(
                (folded(text) if fold else composed(text),), spelled=() if number is None else (number,), fold=fold
            )
        texts = [value for value in given if isinstance(value, str)]
        return cls(
            texts=_pool([folded(text) if fold else composed(text) for text in texts]),
            numbers=_pool([number for value in given if (number := number_of(value)) is not None]),
            spelled=_pool([number for text in texts if (number := number_in(text)) is not None]),
            truths=_pool([value for value in given if isinstance(value, bool)]),
            fold=fold,
        )

    @property
    def size(self) -> int:
        """Count the accepted values."""
        return len(self.texts) + len(self.numbers) + len(self.truths)

    def accepts(self, actual: object) -> bool:
        """Tell whether the single value `actual` is the same as one of the accepted values."""
        if isinstance(actual, str):
            if self.texts and (folded(actual) if self.fold else composed(actual)) in self.texts:
                return True
            return bool(self.numbers) and number_in(actual) in self.numbers
        if isinstance(actual, bool):
            return actual in self.truths
        number = number_of(actual)
        return number is not None and (number in self.numbers or number in self.spelled)


def _pool(values: list[_T]) -> Pool[_T]:
    """Pool few values in a tuple, where they are found faster and weigh less."""
    unique = dict.fromkeys(values)
    return tuple(unique) if len(unique) <= _SMALL else frozenset(unique)
