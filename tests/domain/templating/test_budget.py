"""The work of templates is bounded while it is done: a refusal comes early, whatever the values are."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.rules.rule import Step
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.templating import filters
from whenthen.domain.templating.budget import MAX_RENDERED, MAX_WORK, TOO_LONG, TOO_MUCH_WORK, Budget, size_of
from whenthen.domain.templating.templates import render, render_url, render_value

LONG = "İé " * 100_000
CONTEXT: dict[str, Any] = {
    "record": {"long": LONG, "list": ["a"] * 75_000, "deep": [[{"x": ["y"] * 50}] * 50] * 20, "name": "x"}
}


TIMES = 200
"""How often a template repeats its part: far more than the budget pays for."""


EXPENSIVE = [
    "{{ record.long|upper|length }}",
    "{{ record.long|lower|upper|title|length }}",
    "{{ record.long|e|truncate(1) }}",
    "{% if record.long in record.list %}{% endif %}",
    "{% if record.long == record.name %}{% endif %}",
    "{% if 'x' in record.list %}{% endif %}",
    "{{ record.deep|json|length }}",
    "{{ record.deep|length }}",
    "{{ record.list|join|length }}",
    "{{ record.long|replace('q', 'x')|first }}",
    "{{ record.long|default(record.long)|last }}",
    "{{ record.long|urlencode|first }}",
    "{{ record.long|number|first }}",
    "{{ record.long|nl2br }}",
    "{{ record.long }}",
    "{{ record.list }}",
    "{{ record.deep }}",
]


@pytest.mark.parametrize("part", EXPENSIVE)
def test_an_expensive_template_is_refused(part: str) -> None:
    with pytest.raises(Invalid) as error:
        render(part * TIMES, CONTEXT)
    (problem,) = error.value.problems
    assert problem.reason.code in {TOO_LONG.code, TOO_MUCH_WORK.code, filters.FILTER_TOO_LONG.code}


@pytest.mark.parametrize("part", EXPENSIVE[:3] + EXPENSIVE[-3:])
@pytest.mark.parametrize("how", ["html", "url", "value"])
def test_so_is_one_in_html_in_a_url_and_in_a_value(part: str, how: str) -> None:
    ways = {
        "html": lambda: render(part * TIMES, CONTEXT, escaping=True),
        "url": lambda: render_url("https://example.com/?" + part * TIMES, CONTEXT),
        "value": lambda: render_value(part * TIMES, CONTEXT),
    }
    with pytest.raises(Invalid) as error:
        ways[how]()
    (problem,) = error.value.problems
    assert problem.reason.code in {TOO_LONG.code, TOO_MUCH_WORK.code, filters.FILTER_TOO_LONG.code}


def test_a_refusal_takes_no_more_memory_than_the_values() -> None:
    source = "{{ record.long }}" * TIMES
    tracemalloc.start()
    try:
        with pytest.raises(Invalid):
            render(source, CONTEXT)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_all_texts_of_a_step_share_one_budget() -> None:
    once = "{{ record.long|upper|truncate(3) }}"
    assert render(once, CONTEXT)
    fields = {f"f{number}": once for number in range(100)}
    with pytest.raises(Invalid) as error:
        render_step(Step("s", "set_fields", {"fields": fields}), CONTEXT)
    (problem,) = error.value.problems
    assert (problem.field, problem.reason) == ("with.fields", TOO_MUCH_WORK(count=MAX_WORK))


def test_each_text_of_a_step_has_its_own_length() -> None:
    context = {"record": {"half": "x" * (MAX_RENDERED - 10)}}
    rendered = render_step(
        Step("s", "create_task", dict.fromkeys(("title", "description"), "{{ record.half }}")), context
    )
    assert len(rendered["title"]) == len(rendered["description"]) == MAX_RENDERED - 10


def test_the_work_that_is_counted_is_the_work_that_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused template ran only as many filters as the budget pays for."""
    calls = []
    monkeypatch.setattr(filters.PlainText, "__call__", lambda words, value: calls.append(len(value)) or value)
    with pytest.raises(Invalid):
        render("{{ record.long|upper|length }}" * TIMES, CONTEXT)
    assert 1 < sum(calls) <= MAX_WORK


@pytest.mark.parametrize(
    ("value", "size"),
    [("abc", 53), (5, 50), (None, 50), (["ab", "c"], 153), ({"a": "bcd"}, 153), ([[]], 100)],
)
def test_sizes_count_characters_and_items(value: Any, size: int) -> None:
    assert size_of(value, 10_000) == size


def test_counting_ends_where_the_budget_does() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Invalid):
        Budget(10_000).read([endless])
