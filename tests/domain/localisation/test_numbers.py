"""Numbers and amounts as each of our languages writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from whenthen.domain.localisation.numbers import decimal_in, decimals_of, money_in, percent_in

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "5,000.00"),
        ("tr", "5.000,00"),
        ("tr-TR", "5.000,00"),
        ("hu", f"5{NBSP}000,00"),
        ("id", "5.000,00"),
        ("he", "5,000.00"),
    ],
)
def test_a_number_has_the_marks_of_its_language(tag: str, text: str) -> None:
    assert decimal_in(Decimal(5000), 2, tag) == text


def test_no_digit_of_a_long_number_is_lost() -> None:
    assert decimal_in(Decimal("123456789012345678901234567890.125"), 3, "tr") == (
        "123.456.789.012.345.678.901.234.567.890,125"
    )


@pytest.mark.parametrize(
    ("tag", "currency", "digits", "text"),
    [
        ("tr", "TRY", 2, "₺5.000,00"),
        ("hu", "HUF", 0, f"5{NBSP}000{NBSP}Ft"),
        ("id", "IDR", 0, f"Rp{NBSP}5.000"),
        ("en", "USD", 2, "$5,000.00"),
        ("en", "TRY", 2, f"TRY{NBSP}5,000.00"),
        ("en-GB", "GBP", 2, "£5,000.00"),
        ("he", "ILS", 2, f"\u200f5,000.00{NBSP}\u200f₪"),
        ("tr", "XYZ", 2, f"XYZ{NBSP}5.000,00"),
    ],
)
def test_an_amount_has_its_symbol_where_the_language_puts_it(tag: str, currency: str, digits: int, text: str) -> None:
    assert money_in(Decimal(5000), currency, digits, tag) == text


@pytest.mark.parametrize(("currency", "digits"), [("TRY", 2), ("HUF", 0), ("IDR", 0), ("JPY", 0), ("XYZ", 2)])
def test_a_currency_has_its_decimals(currency: str, digits: int) -> None:
    assert decimals_of(currency) == digits


def test_a_percentage() -> None:
    assert percent_in(Decimal("0.2"), 0, "tr") == "%20"
    assert percent_in(Decimal("0.205"), 1, "en") == "20.5%"
