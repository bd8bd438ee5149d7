"""Foreign bodies are read within bounds, or refused with the place of the fault and nothing of the content."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common import json_bounds
from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import Reason
from whenthen.sources.parsing.json_body import (
    LARGE_NUMBER,
    MAX_DEPTH,
    NEITHER_OBJECT_NOR_LIST,
    NO_NUMBER,
    NOT_JSON,
    NOT_UTF8,
    TOO_DEEP,
    read_json,
    unix_time,
)


def nested(levels: int) -> bytes:
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


REFUSED = [
    (b"", NOT_JSON(line=1, column=1)),
    (b"{", NOT_JSON(line=1, column=2)),
    (b'{"a": 1,\n "b": secret}', NOT_JSON(line=2, column=7)),
    (b'{"a": NaN}', NO_NUMBER(constant="NaN")),
    (b'{"a": -Infinity}', NO_NUMBER(constant="-Infinity")),
    (b'{"a": 1e999}', LARGE_NUMBER()),
    (b'"text"', NEITHER_OBJECT_NOR_LIST()),
    (b"7", NEITHER_OBJECT_NOR_LIST()),
    (b'{"a": "\xff"}', NOT_UTF8(byte=7)),
    (nested(MAX_DEPTH + 2), TOO_DEEP(count=64)),
    (b"[" * 200_000, TOO_DEEP(count=64)),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_a_body_that_is_not_json_is_refused_with_the_place(body: bytes, reason: Reason) -> None:
    with pytest.raises(Malformed) as refused:
        read_json(body)
    assert refused.value.reason == reason


def test_numbers_keep_their_kind() -> None:
    read = read_json(b'{"int": 1234567890123456789, "float": 0.1, "exp": 1e3}')
    assert read == {"int": 1234567890123456789, "float": 0.1, "exp": 1000.0}
    assert isinstance(read, dict)
    assert [type(value) for value in read.values()] == [int, float, float]


@pytest.mark.parametrize(
    ("written", "read", "exact"),
    [
        ("9223372036854775807", 2**63 - 1, 2**63 - 1),
        ("9223372036854775808", "9223372036854775808", 2**63),
        ("-9223372036854775808", -(2**63), -(2**63)),
        ("-9223372036854775809", "-9223372036854775809", -(2**63) - 1),
        ("420941079405511899223197", "420941079405511899223197", 420941079405511899223197),
        ("0.12345678901234567890123", 0.12345678901234568, 0.12345678901234568),
    ],
)
def test_integers_beyond_64_bits_are_kept_as_their_digits(written: str, read: object, exact: object) -> None:
    assert read_json(f'{{"a": [{written}, 1]}}'.encode()) == {"a": [read, 1]}
    assert read_json(f'{{"a": [{written}, 1]}}'.encode(), exact=True) == {"a": [exact, 1]}


def test_no_integer_is_too_long_for_a_webhook() -> None:
    assert read_json(b'{"a": ' + b"9" * 5000 + b"}") == {"a": "9" * 5000}


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("digits", [40, 499, 501, 4_300, 4_301, 5_000, 100_000])
def test_a_caller_that_names_fields_learns_of_an_integer_of_any_length(digits: int, sign: str) -> None:
    document = read_json(f'{{"a": {{"b": [1, {sign}{"9" * digits}]}}}}'.encode(), exact=True)
    assert [problem.field for problem in json_bounds.out_of_bounds(document, "body")] == ["body.a.b[1]"]
    assert isinstance(document, dict)
    assert abs(document["a"]["b"][1]) > 10**39


def test_the_deepest_allowed_body_is_taken() -> None:
    assert read_json(nested(MAX_DEPTH))


def test_halves_of_surrogate_pairs_are_made_whole_and_pairs_are_kept() -> None:
    read = read_json(rb'{"cut \ud83d": ["\ud83d\ude00", "\ude00 tail", "a\\ud83d"]}')
    assert read == {"cut \ufffd": ["\U0001f600", "\ufffd tail", "a\\ud83d"]}


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        json.dumps(read_json(body), ensure_ascii=False).encode()


@pytest.mark.parametrize("value", [None, True, "", "abc", "١٧", -5, 0, 1e20, "9" * 30, float("nan"), [1]])
def test_what_is_no_unix_time_is_none(value: object) -> None:
    assert unix_time(value) is None
