"""Read documents: values that hold, and a reason for each that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Problem
from whenthen.domain.common.reason_codes import (
    EMPTY,
    NOT_FLAG,
    NOT_INTEGER,
    NOT_LIST,
    NOT_OBJECT,
    NOT_ONE_OF,
    NOT_TEXT,
    NOT_TEXTS,
    REQUIRED,
    TEXT_TOO_LONG,
    TEXTS_TOO_LONG,
    TOO_MANY,
    UNKNOWN_FIELD,
)
from whenthen.domain.common.reasons import Reason

Read = Callable[[Reader], object]


def reading(document: Any, read: Read) -> tuple[object, list[Problem]]:
    problems: list[Problem] = []
    return read(Reader(document, "part", problems)), problems


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        (" a ", lambda reader: reader.text("x"), "a"),
        (None, lambda reader: reader.text("x", default="b"), "b"),
        ("a", lambda reader: reader.choice("x", ("a", "b"), "b"), "a"),
        (None, lambda reader: reader.choice("x", ("a", "b"), "b"), "b"),
        (-3, lambda reader: reader.integer("x", least=-3, most=3), -3),
        (None, lambda reader: reader.integer("x", default=5, most=9), 5),
        (True, lambda reader: reader.flag("x"), True),
        (None, lambda reader: reader.flag("x", default=True), True),
        ("a", lambda reader: reader.texts("x", most=1), ("a",)),
        (["b", "a", "b"], lambda reader: reader.texts("x", most=3), ("b", "a")),
        (None, lambda reader: reader.texts("x", most=3), ()),
        ({"a": 1}, lambda reader: reader.mapping("x"), {"a": 1}),
        (None, lambda reader: reader.mapping("x"), {}),
        (None, lambda reader: reader.child("x"), None),
        (None, lambda reader: list(reader.children("x", most=2)), []),
    ],
)
def test_a_value_that_holds_is_read(value: Any, read: Read, expected: object) -> None:
    assert reading({"x": value}, read) == (expected, [])


@pytest.mark.parametrize(
    ("value", "read", "expected", "reason"),
    [
        (None, lambda reader: reader.text("x", required=True), "", REQUIRED()),
        (" ", lambda reader: reader.text("x", required=True), "", EMPTY()),
        (5, lambda reader: reader.text("x", default="d"), "d", NOT_TEXT()),
        ("abc", lambda reader: reader.text("x", longest=2), "abc", TEXT_TOO_LONG(count=2, found=3)),
        ("c", lambda reader: reader.choice("x", ("a", "b"), "b"), "b", NOT_ONE_OF(options=["a", "b"])),
        (["a"], lambda reader: reader.choice("x", ("a",), "a"), "a", NOT_ONE_OF(options=["a"])),
        (4, lambda reader: reader.integer("x", most=3), 0, NOT_INTEGER(least=0, most=3)),
        (True, lambda reader: reader.integer("x", most=3), 0, NOT_INTEGER(least=0, most=3)),
        (1, lambda reader: reader.flag("x"), False, NOT_FLAG()),
        ([""], lambda reader: reader.texts("x", most=3), (), NOT_TEXTS()),
        ({}, lambda reader: reader.texts("x", most=3), (), NOT_TEXTS()),
        (["a", "b"], lambda reader: reader.texts("x", most=1), ("a", "b"), TEXTS_TOO_LONG(count=1, longest=200)),
        ([], lambda reader: reader.mapping("x"), {}, NOT_OBJECT()),
        ({}, lambda reader: list(reader.children("x", most=2)), [], NOT_LIST()),
    ],
)
def test_a_value_that_does_not_hold_is_reported_and_read_as_the_default(
    value: Any, read: Read, expected: object, reason: Reason
) -> None:
    assert reading({"x": value}, read) == (expected, [Problem("part.x", reason)])


def test_a_document_must_be_an_object() -> None:
    assert reading([], lambda reader: reader.text("x")) == ("", [Problem("part", NOT_OBJECT())])


def test_a_field_that_nobody_read_is_reported_with_the_known_ones() -> None:
    def read(reader: Reader) -> None:
        reader.text("name")
        reader.flag("active")
        reader.finish()

    _, problems = reading({"name": "a", "nmae": "b"}, read)
    assert problems == [Problem("part.nmae", UNKNOWN_FIELD(known=["active", "name"]))]


def test_parts_are_read_with_their_paths() -> None:
    def read(reader: Reader) -> None:
        child = reader.child("inner")
        assert child is not None
        child.text("name", required=True)
        for item in reader.children("items", most=1):
            item.flag("on")

    _, problems = reading({"inner": {}, "items": [{"on": 1}, {"on": 2}]}, read)
    assert problems == [
        Problem("part.inner.name", REQUIRED()),
        Problem("part.items", TOO_MANY(count=1, found=2)),
        Problem("part.items[0].on", NOT_FLAG()),
    ]


def test_a_field_is_given_even_as_null_and_contained_only_with_a_value() -> None:
    reader = Reader({"a": None, "b": 0}, "", [])
    assert (reader.given("a"), "a" in reader) == (True, False)
    assert (reader.given("b"), "b" in reader) == (True, True)
    assert (reader.given("c"), "c" in reader) == (False, False)
