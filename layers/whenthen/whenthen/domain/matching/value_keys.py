"""Turn what a field holds, and what a condition accepts, into keys: they share one if the condition accepts the value.

docs/reference/rules.md, "Values", is the specification. All that is odd about values stands here: composed and folded
text, texts that spell numbers, true and false beside 1 and 0, lists, and values that equal nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.common.values import composed, folded, number_in, number_of

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from whenthen.domain.common.values import Choice

_TRUTHS = (("truth", False), ("truth", True))


def keys_of(value: object, *, fold: bool = False) -> Collection[Hashable]:
    """Return the keys of a value: texts, numbers, and pairs of (sort, value).

    A text that spells a number has both as keys. A list has the keys of its items.
    """
    if isinstance(value, str):
        text, number = folded(value) if fold else composed(value), number_in(value)
        return (text,) if number is None else (text, number)
    if type(value) is list:
        return {key for item in value if type(item) is not list for key in keys_of(item, fold=fold)}
    if isinstance(value, bool):
        return (_TRUTHS[value],)
    number = number_of(value)
    return () if number is None else (number, ("spelled", number))


def accepted_keys(choice: Choice) -> tuple[Hashable, ...]:
    """Return the keys that accepted values have, and no other value.

    An accepted text that spells a number accepts the number, too, but no text that spells it otherwise.
    """
    spelled = (("spelled", number) for number in choice.spelled)
    return *choice.texts, *choice.numbers, *spelled, *(_TRUTHS[truth] for truth in choice.truths)
