"""JMESPath expressions are bounded: neither a value nor the work grows without end."""

from __future__ import annotations

import tracemalloc
from typing import Any

import jmespath
import pytest

from whenthen.domain.common.errors import Malformed
from whenthen.domain.expressions.expressions import NOT_APPLICABLE, TOO_MUCH, compile_expression

ROOT: dict[str, Any] = {
    "body": {
        "items": [{"id": number, "tags": ["a", "b"], "name": f"n{number}"} for number in range(300)],
        "long": "x" * 100_000,
        "list": [1, "two", None, {"a": 1}],
        "name": "Ayşe",
    }
}

GROWING = [
    " | ".join(["{a:@,b:@}"] * 60),
    " | ".join(["[@,@]"] * 60),
    "body.long | " + " | ".join(["join('', [@,@])"] * 40),
    "body.items | " + " | ".join(["[@,@][]"] * 40),
    "to_string(" + "body | " + " | ".join(["{a:@,b:@}"] * 40) + ")",
    " | ".join(["{a:@,b:@}"] * 30) + " | " + "@ == @",
    "body.items[*].{x: @} | [*].{y: [@,@,@,@,@,@,@,@]} | " + " | ".join(["[@,@]"] * 30),
    "join(body.long, body.items[*].name) | join(@, ['a','b','c','d','e','f','g','h'])",
    "body.items | " + " | ".join(["map(&to_string(@), @) | [@, @] | []"] * 25),
    "sort_by(body.items, &to_string([@,@,@,@])) | " + " | ".join(["[@,@]"] * 30),
]


@pytest.mark.parametrize("text", GROWING, ids=range(len(GROWING)))
def test_an_expression_that_grows_is_given_up(text: str) -> None:
    expression = compile_expression(text, "x")
    with pytest.raises(Malformed) as error:
        expression.value(ROOT)
    assert error.value.reason == TOO_MUCH(expression=text)


def test_giving_up_takes_little_memory() -> None:
    expression = compile_expression(GROWING[0], "x")
    tracemalloc.start()
    try:
        with pytest.raises(Malformed):
            expression.value(ROOT)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_nested_projections_are_given_up_by_their_work() -> None:
    expression = compile_expression("[*][*][*].id", "x")
    deep: Any = [[[{"id": 1}] * 200] * 200] * 200
    with pytest.raises(Malformed):
        expression.value(deep)


@pytest.mark.parametrize(
    "text",
    [
        "body.items[?id > `298`].name",
        "body.items[*].tags[]",
        "body.items[:2].{i: id, t: tags}",
        "[body.name, body.list[1]]",
        "body.list[?@ == 'two']",
        "body.list[?@ != `1`] | length(@)",
        "sort_by(body.items, &name)[0].id",
        "max_by(body.items, &id).name",
        "join(',', body.items[:3].name)",
        "to_string(body.list)",
        "!body.missing && body.name",
        "body.missing || body.name",
        "keys(body) | sort(@)",
        "body.*.a",
        "length(body.long)",
        'body.list[3] == `{"a": 1}`',
        "{a:@,b:@} | {a:@,b:@} | a.a.body.name",
    ],
)
def test_any_other_expression_gives_what_jmespath_gives(text: str) -> None:
    assert compile_expression(text, "x").value(ROOT) == jmespath.search(text, ROOT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sum(body.name)", ("sum", "string", ["array-number"])),
        ("sum(body.list)", ("sum", "string", ["array-number"])),
        ("join(',', body.list)", ("join", "number", ["array-string"])),
        ("length(`1`)", ("length", "number", ["string", "array", "object"])),
        ("sort_by(body.items, &tags)", ("sort_by", "array", ["string", "number"])),
        ("max_by(body.items, &tags)", ("max_by", "array", ["number", "string"])),
        ("keys(body.gone)", ("keys", "null", ["object"])),
        ("major_units(body.name, 'EUR')", ("major_units", "string", ["number", "null"])),
    ],
)
def test_a_function_that_cannot_take_a_value_is_named_with_the_types_and_not_the_value(
    text: str, reason: tuple[str, str, list[str]]
) -> None:
    function, found, expected = reason
    with pytest.raises(Malformed) as error:
        compile_expression(text, "x").value(ROOT)
    assert error.value.reason == NOT_APPLICABLE(expression=text, function=function, found=found, expected=expected)
