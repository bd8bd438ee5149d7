"""A loop over a list of the record: what it may name, and its work, counted before it is done."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.templating.budget import ITEM, MAX_RENDERED, MAX_WORK, TOO_LONG, TOO_MUCH_WORK, Budget
from whenthen.domain.templating.loops import (
    BAD_LOOP_NAME,
    MAX_TURNS,
    NESTED_LOOP,
    NOT_LOOPED,
    TOO_MANY_TURNS,
    UNKNOWN_LOOP_FIELD,
)
from whenthen.domain.templating.syntax import UNKNOWN_NAME
from whenthen.domain.templating.templates import check, check_url, paths_of, render, render_url, render_value
from whenthen.domain.templating.urls import NO_LOOP

LINES = [{"title": "Tea", "price": 5, "n": 2}, {"title": "<Sugar>", "price": 7.5, "n": 1}]


def rendered(source: str, lines: Any = LINES, *, escaping: bool = False, **more: Any) -> str:
    assert check(source, "text") == []
    return render(source, {"record": {"lines": lines, "name": "Ayşe"}, **more}, escaping=escaping)


def codes_of(source: str) -> set[str]:
    return {problem.reason.params["problem"].code for problem in check(source, "text")}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for line in record.lines %}{{ line.title }};{% endfor %}", "Tea;<Sugar>;"),
        ("{% for line in record['lines'] %}{{ line['price'] }} {% endfor %}", "5 7.5 "),
        ("{% for line in record.lines %}{{ loop.index }}/{{ loop.length }} {% endfor %}", "1/2 2/2 "),
        ("{% for l in record.lines %}{{ l.n }}{% if not loop.last %}, {% endif %}{% endfor %}", "2, 1"),
        (
            "{% for l in record.lines %}{% if loop.first %}{{ record.name }}: {% endif %}{{ l.n }}{% endfor %}",
            "Ayşe: 21",
        ),
        ("{% for l in record.lines if l.price > 6 %}{{ loop.index }}{{ l.title }}{% endfor %}", "1<Sugar>"),
        ("{% for l in record.lines if l.price > 60 %}x{% else %}nothing{% endfor %}", "nothing"),
        ("{% for l in record.none %}x{% else %}nothing{% endfor %}", "nothing"),
        ("{% for l in record.none.deep %}x{% endfor %}", ""),
        ("{% for l in record.name %}<{{ l }}>{% endfor %}", "<Ayşe>"),
        ("{% for a in record.lines %}{{ a.n }}{% endfor %}{% for a in record.lines %}{{ a.n }}{% endfor %}", "2121"),
        ("{% if record.name %}{% for l in record.lines %}{{ l.n }}{% endfor %}{% endif %}", "21"),
    ],
)
def test_a_list_is_written_item_by_item(source: str, text: str) -> None:
    assert rendered(source) == text


def test_a_mapping_counts_as_a_list_of_one_and_null_as_none() -> None:
    assert rendered("{% for l in record.lines %}{{ l.title }}{% endfor %}", LINES[0]) == "Tea"
    assert rendered("{% for l in record.lines %}x{% endfor %}", None) == ""
    assert rendered("{% for l in record.lines %}[{{ l }}]{% endfor %}", [None, "", 0]) == "[][][0]"


def test_values_in_a_loop_are_escaped_and_formatted_as_elsewhere() -> None:
    source = "{% for l in record.lines %}<li>{{ l.title }} {{ l.price|money('TRY') }}</li>{% endfor %}"
    assert rendered(source, escaping=True, language="tr") == ("<li>Tea ₺5,00</li><li>&lt;Sugar&gt; ₺7,50</li>")


def test_lists_of_the_event_too() -> None:
    source = "{% for l in event.data.lines %}{{ l }}{% endfor %}"
    assert check(source, "text") == []
    assert render(source, {"event": {"data": {"lines": [1, 2]}}}) == "12"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{% for a in record.x %}{% for b in record.y %}{% endfor %}{% endfor %}", NESTED_LOOP.code),
        ("{% for a in record.x %}{% if a %}{% for b in a.y %}{% endfor %}{% endif %}{% endfor %}", NESTED_LOOP.code),
        ("{% for a in record.x %}{% else %}{% for b in record.y %}{% endfor %}{% endfor %}", NESTED_LOOP.code),
        ("{% for a in record.x recursive %}{% endfor %}", NESTED_LOOP.code),
        ("{% for a in record %}{% endfor %}", NOT_LOOPED.code),
        ("{% for a in now %}{% endfor %}", NOT_LOOPED.code),
        ("{% for a in now.year %}{% endfor %}", NOT_LOOPED.code),
        ("{% for a in range(9) %}{% endfor %}", NOT_LOOPED.code),
        ("{% for a in [1, 2] %}{% endfor %}", NOT_LOOPED.code),
        ("{% for a in 'text' %}{% endfor %}", NOT_LOOPED.code),
        ("{% for a in record.x|first %}{% endfor %}", NOT_LOOPED.code),
        ("{% for a in record.x if a else record.y %}{% endfor %}", NOT_LOOPED.code),
        ("{% for record in record.x %}{% endfor %}", BAD_LOOP_NAME.code),
        ("{% for loop in record.x %}{% endfor %}", BAD_LOOP_NAME.code),
        ("{% for _a in record.x %}{% endfor %}", BAD_LOOP_NAME.code),
        ("{% for ａ in record.x %}{% endfor %}", BAD_LOOP_NAME.code),
        ("{% for a, b in record.x %}{% endfor %}", BAD_LOOP_NAME.code),
        ("{% for a in record.x %}{{ loop.cycle }}{% endfor %}", UNKNOWN_LOOP_FIELD.code),
        ("{% for a in record.x %}{{ loop['previtem'] }}{% endfor %}", UNKNOWN_LOOP_FIELD.code),
        ("{{ loop.index }}", UNKNOWN_NAME.code),
        ("{% for a in record.x %}{% endfor %}{{ a }}", UNKNOWN_NAME.code),
        ("{{ a }}{% for a in record.x %}{% endfor %}", UNKNOWN_NAME.code),
        ("{% for a in record.x %}{% else %}{{ a }}{% endfor %}", UNKNOWN_NAME.code),
        ("{% for a in record.x %}{{ b }}{% endfor %}", UNKNOWN_NAME.code),
    ],
)
def test_other_loops_are_refused_when_they_are_saved(source: str, code: str) -> None:
    found = codes_of(source)
    assert code in found or (code == NOT_LOOPED.code and found)
    with pytest.raises(Invalid):
        render(source, {"record": {"x": [1]}})


def test_a_list_of_too_many_items_is_refused_before_the_first_is_written() -> None:
    source = "{% for a in record.lines %}{{ a }}{% endfor %}"
    assert rendered(source, [1] * MAX_TURNS) == "1" * MAX_TURNS
    with pytest.raises(Invalid) as refused:
        rendered(source, [1] * (MAX_TURNS + 1))
    assert refused.value.problems[0].reason == TOO_MANY_TURNS(count=MAX_TURNS, found=MAX_TURNS + 1)


def test_each_turn_pays_for_the_parts_of_the_body() -> None:
    budget = Budget()
    body = "{{ a.b }}" * 10
    render(f"{{% for a in record.x %}}{body}{{% endfor %}}", {"record": {"x": [1] * 20}}, budget=budget)
    # Of ten values in one output: the output, and each value with the name before its dot.
    assert MAX_WORK - budget.work == 20 * (1 + 10 * 2) * ITEM


def test_a_loop_with_too_much_to_do_is_refused_before_it_begins() -> None:
    budget = Budget()
    with pytest.raises(Invalid) as refused:
        render(
            "{% for a in record.x %}" + "{{ a.b }}" * 500 + "{% endfor %}", {"record": {"x": [1] * 400}}, budget=budget
        )
    assert refused.value.problems[0].reason == TOO_MUCH_WORK(count=MAX_WORK)
    assert budget.written == 0


def test_what_a_loop_writes_counts_while_it_is_written() -> None:
    budget = Budget()
    with pytest.raises(Invalid) as refused:
        render("{% for a in record.x %}" + "x" * 1000 + "{% endfor %}", {"record": {"x": [1] * 400}}, budget=budget)
    [problem] = refused.value.problems
    assert problem.reason.code == TOO_LONG.code
    assert budget.written == MAX_RENDERED + 1000


def test_only_the_branch_that_is_written_counts() -> None:
    budget = Budget()
    source = "{% for a in record.x %}{% if a %}yes{% else %}" + "n" * 5000 + "{% endif %}{% endfor %}"
    assert render(source, {"record": {"x": [1] * 100}}, budget=budget) == "yes" * 100
    assert budget.written == 300


def test_a_url_has_no_loop() -> None:
    source = "https://example.com/{% for a in record.x %}{{ a }}{% endfor %}"
    assert [problem.reason for problem in check_url(source, "url", open_host=True)] == [NO_LOOP()]
    with pytest.raises(Invalid) as refused:
        render_url(source, {"record": {"x": ["../"]}}, open_host=True)
    assert refused.value.reason.params["problem"] == NO_LOOP()


def test_a_template_that_is_only_a_loop_is_a_text() -> None:
    assert render_value("{% for a in record.x %}{{ a }}{% endfor %}", {"record": {"x": [1, 2]}}) == "12"


def test_the_list_of_a_loop_is_a_field_that_the_template_names() -> None:
    source = "{% for line in event.data.lines %}{{ line.price }}{{ record.name }}{% endfor %}"
    assert paths_of(source) == {("event", "data", "lines"), ("record", "name")}
