"""Bounds of values in the bus and the stores: longer numbers are reported to callers, and become text in deliveries."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common import json_bounds
from whenthen.domain.common.errors import Problem
from whenthen.domain.common.json_bounds import BEYOND_64_BITS, LEAST, MAX_DEPTH, MOST, NO_NUMBER, TOO_DEEP


def nested(levels: int, inmost: Any = 1) -> Any:
    """A value within this many lists."""
    for _ in range(levels):
        inmost = [inmost]
    return inmost


def test_each_longer_number_is_reported_with_its_path() -> None:
    value = {"ok": [MOST, LEAST, True, 1e300], "a": MOST + 1, "b": [{"c": LEAST - 1}]}
    assert list(json_bounds.out_of_bounds(value, "data")) == [
        Problem("data.a", BEYOND_64_BITS()),
        Problem("data.b[0].c", BEYOND_64_BITS()),
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("nan"), Problem("data", NO_NUMBER(constant="NaN"))),
        ({"a": [{"b": float("inf")}]}, Problem("data.a[0].b", NO_NUMBER(constant="Infinity"))),
        ((1, float("-inf")), Problem("data[1]", NO_NUMBER(constant="-Infinity"))),
        (nested(MAX_DEPTH + 2), Problem("data", TOO_DEEP(count=MAX_DEPTH))),
        (nested(50_000, float("nan")), Problem("data", TOO_DEEP(count=MAX_DEPTH))),
        ({"a": nested(MAX_DEPTH + 1)}, Problem("data", TOO_DEEP(count=MAX_DEPTH))),
    ],
    ids=["NaN", "Infinity", "-Infinity", "too deep", "far too deep", "too deep in an object"],
)
def test_what_no_store_takes_is_reported_with_its_path(value: Any, problem: Problem) -> None:
    assert list(json_bounds.out_of_bounds(value, "data")) == [problem]


@pytest.mark.parametrize("value", [nested(MAX_DEPTH + 1), 1e308, -0.0, "NaN", None, True, {}, [], "x" * 100])
def test_what_json_knows_is_no_problem(value: Any) -> None:
    assert list(json_bounds.out_of_bounds(value, "data")) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MOST, MOST),
        (MOST + 1, "9223372036854775808"),
        ({"a": [LEAST - 1, "x", None]}, {"a": ["-9223372036854775809", "x", None]}),
    ],
)
def test_longer_numbers_become_their_digits(value: Any, text: Any) -> None:
    assert json_bounds.as_text(value) == text


def test_a_number_of_more_digits_than_python_writes_becomes_hexadecimal() -> None:
    assert json_bounds.as_text(10**5_000) == hex(10**5_000)


@pytest.mark.parametrize(
    ("written", "number"),
    [("-5", -5), (str(MOST), MOST), (str(MOST + 1), str(MOST + 1)), ("1" * 500, "1" * 500)],
)
def test_digits_beyond_64_bits_stay_digits(written: str, number: object) -> None:
    assert json_bounds.read(written) == number
