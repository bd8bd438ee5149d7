"""Read yes and no as people, forms and spreadsheets write them, in the languages of our users."""

from __future__ import annotations

from whenthen.domain.common.values import folded

_YES = ("true", "yes", "y", "on", "1", "evet", "igen", "ya", "iya", "כן")
_NO = ("false", "no", "n", "off", "0", "hayır", "nem", "tidak", "לא")

_TRUTHS = {folded(word): truth for words, truth in ((_YES, True), (_NO, False)) for word in words}
_LONGEST = 40


def truth_of(value: object) -> bool | None:
    """Return the truth that a value says: true, 1, `yes`, `evet`. None if it says neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else None
    if isinstance(value, str) and len(value) <= _LONGEST:
        return _TRUTHS.get(folded(value.strip()))
    return None
