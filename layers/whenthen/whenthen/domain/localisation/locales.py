"""Load the data of a locale from Babel. Nothing here is imported before a text is written in one."""
# ruff: noqa: PLC0415 - Babel takes 50 ms, which a function pays only when a template asks for it

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING

from whenthen.domain.localisation.tags import FALLBACK, language_in, locale_in

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern


@lru_cache(maxsize=100)
def locale_of(tag: str) -> Locale:
    """Return the locale of a tag: that of its language if its territory is unknown, English if that is too."""
    from babel import Locale, UnknownLocaleError

    for each in (tag, language_in(tag)):
        try:
            return Locale.parse(locale_in((each,)), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(FALLBACK)


def with_decimals(pattern: NumberPattern, digits: int) -> NumberPattern:
    """Return a pattern that writes exactly so many decimals."""
    exact = copy(pattern)
    exact.frac_prec = (digits, digits)
    return exact
