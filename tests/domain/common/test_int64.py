"""Whole numbers of 64 bits: longer ones are reported to callers, and become text in deliveries."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common import int64
from whenthen.domain.common.errors import Problem
from whenthen.domain.common.int64 import BEYOND_64_BITS, LEAST, MOST


def test_each_longer_number_is_reported_with_its_path() -> None:
    value = {"ok": [MOST, LEAST, True, 1e300], "a": MOST + 1, "b": [{"c": LEAST - 1}]}
    assert list(int64.too_long(value, "data")) == [
        Problem("data.a", BEYOND_64_BITS()),
        Problem("data.b[0].c", BEYOND_64_BITS()),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MOST, MOST),
        (MOST + 1, "9223372036854775808"),
        ({"a": [LEAST - 1, "x", None]}, {"a": ["-9223372036854775809", "x", None]}),
    ],
)
def test_longer_numbers_become_their_digits(value: Any, text: Any) -> None:
    assert int64.as_text(value) == text


def test_a_number_of_more_digits_than_python_writes_becomes_hexadecimal() -> None:
    assert int64.as_text(10**5_000) == hex(10**5_000)


@pytest.mark.parametrize(
    ("written", "number"),
    [("-5", -5), (str(MOST), MOST), (str(MOST + 1), str(MOST + 1)), ("1" * 500, "1" * 500)],
)
def test_digits_beyond_64_bits_stay_digits(written: str, number: object) -> None:
    assert int64.read(written) == number
