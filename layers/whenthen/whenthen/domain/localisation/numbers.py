"""Write numbers, percentages and amounts of money as a locale does. Numbers come rounded half up, as amounts are."""
# ruff: noqa: PLC0415 - see `locales`

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from whenthen.domain.localisation.locales import locale_of, with_decimals
from whenthen.domain.localisation.tags import FALLBACK

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

_PRECISION = 400
_BESIDE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Match where a letter of a symbol touches a digit: CLDR asks for a space there, and Babel writes none."""


def decimal_in(number: Decimal, digits: int, tag: str) -> str:
    """Write a number with this many decimals: `5.000,00` in Turkish."""
    if tag == FALLBACK:
        return f"{number:,.{digits}f}"
    locale = locale_of(tag)
    return _applied(locale.decimal_formats[None], number, digits, locale)


def percent_in(share: Decimal, digits: int, tag: str) -> str:
    """Write a share of 1 as a percentage: 0.2 is `%20` in Turkish."""
    locale = locale_of(tag)
    return _applied(locale.percent_formats[None], share, digits, locale)


def decimals_of(currency: str) -> int:
    """Return how many decimals the currency is written with: none for HUF and IDR. Two for an unknown one."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def money_in(amount: Decimal, currency: str, digits: int, tag: str) -> str:
    """Write an amount with its currency's symbol: `₺5.000,00`, `Rp 5.000`. `currency`: ISO 4217."""
    locale = locale_of(tag)
    return _BESIDE.sub("\u00a0", _applied(locale.currency_formats["standard"], amount, digits, locale, currency))


def _applied(pattern: NumberPattern, number: Decimal, digits: int, locale: Locale, currency: str | None = None) -> str:
    """Write a number by a pattern. Babel calculates with 28 digits where nobody says otherwise."""
    exact = with_decimals(pattern, digits)
    with localcontext(prec=_PRECISION):
        return str(exact.apply(number, locale, currency, currency_digits=False, decimal_quantization=False))
