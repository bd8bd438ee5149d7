"""Arguments of filters: refused when a rule is saved if they do not fit, named when a filter fails on them in a run."""

from __future__ import annotations

from inspect import Parameter as Python
from inspect import signature
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import NOT_FLAG, NOT_ONE_OF, NOT_TEXT, NOT_WHOLE_NUMBER
from whenthen.domain.common.reasons import Reason
from whenthen.domain.templating import filters
from whenthen.domain.templating.arguments import (
    ARGUMENT_DOES_NOT_FIT,
    DOES_NOT_FIT,
    NO_ARGUMENTS,
    PARAMETERS,
    WRONG_ARGUMENTS,
)
from whenthen.domain.templating.comparisons import NO_NEGATIVE
from whenthen.domain.templating.templates import AT_LINE, check, render, render_value

RECORD: dict[str, Any] = {
    "name": "Ayşe",
    "text": "one two",
    "list": [1, 2],
    "flag": True,
    "digits": 1,
    "object": {"a": 1},
}


def unfit(filter_: str, argument: str, value: Any, problem: Reason) -> Reason:
    return ARGUMENT_DOES_NOT_FIT(filter=filter_, argument=argument, value=value, problem=problem)


def wrong(filter_: str) -> Reason:
    return WRONG_ARGUMENTS(filter=filter_, arguments=[parameter.name for parameter in PARAMETERS[filter_]])


ROUNDINGS = NOT_ONE_OF(options=["ceil", "common", "floor"])


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("upper(1)", NO_ARGUMENTS(filter="upper")),
        ("length(of='x')", NO_ARGUMENTS(filter="length")),
        ("e(1, 2)", NO_ARGUMENTS(filter="e")),
        ("replace", wrong("replace")),
        ("replace('x')", wrong("replace")),
        ("replace('x', new='y', count=1)", wrong("replace")),
        ("truncate(5, length=6)", wrong("truncate")),
        ("truncate(5, true, '', 1)", wrong("truncate")),
        ("round(1, 'ceil', 2)", wrong("round")),
        ("round(digit=2)", wrong("round")),
        ("round('two')", unfit("round", "digits", "two", NOT_WHOLE_NUMBER())),
        ("round(1.5)", unfit("round", "digits", 1.5, NOT_WHOLE_NUMBER())),
        ("round(-1.5)", unfit("round", "digits", -1.5, NOT_WHOLE_NUMBER())),
        ("round(1, 'up')", unfit("round", "method", "up", ROUNDINGS)),
        ("round(method=1)", unfit("round", "method", 1, ROUNDINGS)),
        ("number(true)", unfit("number", "digits", value=True, problem=NOT_WHOLE_NUMBER())),
        ("number(none)", unfit("number", "digits", "", NOT_WHOLE_NUMBER())),
        ("number(1e400)", unfit("number", "digits", "inf", NOT_WHOLE_NUMBER())),
        ("truncate('ten')", unfit("truncate", "length", "ten", NOT_WHOLE_NUMBER())),
        ("truncate(10, 'no')", unfit("truncate", "killwords", "no", NOT_FLAG())),
        ("date(5)", unfit("date", "pattern", 5, NOT_TEXT())),
        ("trim(1)", unfit("trim", "chars", 1, NOT_TEXT())),
        ("default('x', 'yes')", unfit("default", "boolean", "yes", NOT_FLAG())),
    ],
)
def test_an_argument_that_does_not_fit_is_refused_when_the_rule_is_saved(written: str, reason: Reason) -> None:
    problems = check("{{ record.text|" + written + " }}", "text")
    assert [problem.reason for problem in problems] == [AT_LINE(line=1, problem=reason)]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("record.text|truncate(5, true, '')", "one t"),
        ("record.text|truncate(length='5', killwords=true, end='.')", "one ."),
        ("record.text|replace(old='one', new=1)", "1 two"),
        ("record.text|default('x', true)", "one two"),
        ("1.25|round(1)", "1.3"),
        ("1.25|round('1', method='floor')", "1.2"),
        ("1.25|number(2.0)", "1.25"),
        ("125|round(-1)", "125"),
        ("1.25|number(record.digits)", "1.3"),
        ("record.list|join(0)", "102"),
        ("'x'|int(none)", ""),
        ("'2026-03-14T09:30:00Z'|hour('')", "09:30"),
        ("'2026-03-14T09:30:00Z'|date('%H', none)", "09"),
    ],
)
def test_arguments_that_fit_are_taken_and_used(written: str, shown: str) -> None:
    source = "{{ " + written + " }}"
    assert check(source, "text") == []
    assert render(source, {"record": RECORD}) == shown


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("record.text|truncate(record.name)", unfit("truncate", "length", "Ayşe", NOT_WHOLE_NUMBER())),
        ("1|number(record.text)", unfit("number", "digits", "one two", NOT_WHOLE_NUMBER())),
        ("1|round(digits=record.missing)", unfit("round", "digits", "", NOT_WHOLE_NUMBER())),
        ("1|round(record.list)", unfit("round", "digits", [1, 2], NOT_WHOLE_NUMBER())),
        ("record.text|trim(record.object)", unfit("trim", "chars", '{"a":1}', NOT_TEXT())),
        ("record.digits|length", DOES_NOT_FIT(filter="length", value=1)),
        ("record.flag|length", DOES_NOT_FIT(filter="length", value=True)),
        ("-record.name", NO_NEGATIVE(value="Ayşe")),
        ("-record.list > 3", NO_NEGATIVE(value=[1, 2])),
        ("-(-record.object)", NO_NEGATIVE(value='{"a":1}')),
    ],
)
def test_a_value_that_only_a_run_knows_is_named_when_a_filter_fails_on_it(written: str, reason: Reason) -> None:
    source = "{{ " + written + " }}"
    assert check(source, "text") == []
    for rendering in (render, render_value):
        with pytest.raises(Invalid) as caught:
            rendering(source, {"record": RECORD})
        assert [problem.reason for problem in caught.value.problems] == [reason]


def test_a_template_that_was_saved_before_its_arguments_were_checked_is_still_rendered() -> None:
    source = "{{ 1.25|round(1.5, 'up') }}"
    assert check(source, "text") != []
    assert render(source, {}) == "1.3"


def test_a_reason_quotes_no_more_than_the_beginning_of_a_value() -> None:
    with pytest.raises(Invalid) as caught:
        render("{{ 1|number(record.long) }}", {"record": {"long": "x" * 10_000}})
    assert len(str(caught.value.problems[0].reason)) < 500


@pytest.mark.parametrize("name", sorted(filters.NAMES))
def test_the_table_names_what_each_filter_takes(name: str) -> None:
    functions = {**filters._TEXT_FILTERS, **filters._OTHER_FILTERS, "e": filters._escape, "escape": filters._escape}
    taken = list(signature(functions[name]).parameters.values())[2:]
    assert [(each.name, each.kind is each.VAR_POSITIONAL) for each in taken] == [
        (each.name, each.many) for each in PARAMETERS.get(name, ())
    ]
    single = [each for each in taken if each.kind is not each.VAR_POSITIONAL]
    assert [(each.name, each.default is Python.empty) for each in single] == [
        (each.name, each.required) for each in PARAMETERS.get(name, ()) if not each.many
    ]
