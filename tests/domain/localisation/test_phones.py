"""Telephone numbers in groups."""

from __future__ import annotations

import pytest

from whenthen.domain.localisation.phones import phone_in


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("international", "+90 532 123 45 67"),
        ("national", "0532 123 45 67"),
        ("e164", "+905321234567"),
        ("link", "tel:+90-532-123-45-67"),
    ],
)
def test_a_number_in_each_style(style: str, text: str) -> None:
    assert phone_in("+905321234567", style) == text


@pytest.mark.parametrize("number", ["", "ask Ayşe", "+", "+0000"])
def test_what_is_no_number_is_none(number: str) -> None:
    assert phone_in(number, "national") is None
