"""Customers as rows of a custom audience: the texts that are hashed are those of Meta's table."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from whenthen.channels.audience.hashing import row_of

ADDRESS = {"email": "ayse@example.com"}


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("fields", "key", "text"),
    [
        ({"email": " Ayse@Example.COM "}, "EMAIL", "ayse@example.com"),
        ({"phone": "+90 532 123 45 67"}, "PHONE", "905321234567"),
        ({"phone": "0532 123 45 67"}, "PHONE", "905321234567"),
        ({"phone": "+36 20 123 4567"}, "PHONE", "36201234567"),
        ({**ADDRESS, "first_name": " Ayşe "}, "FN", "ayşe"),
        ({**ADDRESS, "first_name": "Anne-Marie"}, "FN", "annemarie"),
        ({**ADDRESS, "last_name": "O'Neill  Jr."}, "LN", "oneill jr"),
        ({**ADDRESS, "last_name": "שרה"}, "LN", "שרה"),
        ({**ADDRESS, "gender": "Female"}, "GEN", "f"),
        ({**ADDRESS, "gender": "M"}, "GEN", "m"),
        ({**ADDRESS, "birth_date": "1990-03-04"}, "DOBY", "1990"),
        ({**ADDRESS, "birth_date": "1990-03-04"}, "DOBM", "03"),
        ({**ADDRESS, "birth_date": "1990-03-04T10:00:00Z"}, "DOBD", "04"),
        ({**ADDRESS, "birth_date": "--03-04"}, "DOBD", "04"),
        ({**ADDRESS, "city": "New York"}, "CT", "newyork"),
        ({**ADDRESS, "state": "São Paulo"}, "ST", "sãopaulo"),
        ({**ADDRESS, "zip": "94107-1234"}, "ZIP", "94107"),
        ({**ADDRESS, "zip": "SW1A 2AA"}, "ZIP", "sw1a2aa"),
        ({**ADDRESS, "country": " TR "}, "COUNTRY", "tr"),
    ],
)
def test_a_value_is_normalised_and_hashed(fields: dict[str, Any], key: str, text: str) -> None:
    assert row_of(fields, "TR")[key] == hashed(text)


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"email": "none", "phone": "+905321234567"}, "EMAIL"),
        ({**ADDRESS, "phone": "twelve"}, "PHONE"),
        ({**ADDRESS, "gender": "kadın"}, "GEN"),
        ({**ADDRESS, "birth_date": "--03-04"}, "DOBY"),
        ({**ADDRESS, "birth_date": "soon"}, "DOBM"),
        ({**ADDRESS, "birth_date": "10:00"}, "DOBD"),
        ({**ADDRESS, "country": "Türkiye"}, "COUNTRY"),
        ({**ADDRESS, "first_name": None}, "FN"),
        ({**ADDRESS, "first_name": ["a"]}, "FN"),
        ({**ADDRESS, "last_name": " . "}, "LN"),
    ],
)
def test_what_says_nothing_is_left_out(fields: dict[str, Any], key: str) -> None:
    row = row_of(fields, "TR")
    assert row
    assert key not in row


@pytest.mark.parametrize("fields", [{}, {"first_name": "Ayşe", "city": "Izmir"}, {"email": "x", "phone": "1"}])
def test_without_an_address_or_a_number_there_is_nobody(fields: dict[str, Any]) -> None:
    assert row_of(fields, "TR") == {}


def test_no_value_leaves_in_clear() -> None:
    fields = {**ADDRESS, "phone": "+905321234567", "first_name": "Ayşe", "zip": "34000", "country": "TR"}
    assert all(len(value) == 64 and set(value) <= set("0123456789abcdef") for value in row_of(fields, "TR").values())
