"""Templates: what they can say, and that they can do nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.errors import Invalid
from whenthen.domain.templating.filters import MAX_RENDERED
from whenthen.domain.templating.templates import check, check_all, render, render_all

CONTEXT: dict[str, Any] = {
    "event": {"type": "lead.created", "data": {"amount": 1234.5, "tags": ["vip", "new"], "at": "2026-03-14T09:30:00Z"}},
    "record": {
        "name": "Ayşe",
        "html": "<b>&",
        "items": "a field that is called like a method",
        "nothing": None,
        "city": "",
        "long": "x" * 60_000,
        "text": "one two three",
    },
    "before": None,
    "related": {},
    "now": datetime(2026, 3, 14, 9, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain text, 100 % { of it", "plain text, 100 % { of it"),
        ("Hello {{ record.name }}!", "Hello Ayşe!"),
        ("{{ record['name'] }}", "Ayşe"),
        ("{{ event.data.tags[0] }} {{ event.data.tags|last }} {{ event.data.tags[7] }}", "vip new "),
        ("{{ record.items }}", "a field that is called like a method"),
        ("{{ record.missing }}{{ record.missing.deeper.still }}{{ record.nothing }}{{ before.name }}", ""),
        ("{{ record.nothing|upper }}{{ record.nothing|number }}{{ record.missing|round }}{{ -record.missing }}", ""),
        ("{% if record.city %}in {{ record.city }}{% elif record.name %}of {{ record.name }}{% endif %}", "of Ayşe"),
        ("{{ 'big' if event.data.amount > 1000 else 'small' }}", "big"),
        ("{{ 'a' if not record.city and record.name == 'Ayşe' or false else 'b' }}", "a"),
        ("{{ record.city|default('no city', true) }} {{ record.missing|default('none') }}", "no city none"),
        ("{{ event.data.amount|number }} {{ event.data.amount|number(0) }} {{ 'x'|number }}", "1,234.50 1,234 x"),
        ("{{ event.data.amount|round(0, 'ceil') }} {{ '2.4'|round }} {{ 'x'|round }}", "1235.0 2.0 x"),
        ("{{ '12.9'|int }} {{ 'x'|int }} {{ 12345678901234567890|int }}", "12 0 12345678901234567890"),
        ("{{ event.data.tags|join(', ') }} {{ record.name|join(', ') }}", "vip, new Ayşe"),
        ("{{ event.data.at|date('%d.%m.%Y') }} {{ event.data.at|hour }} {{ 'x'|date }}", "14.03.2026 09:30 x"),
        ("{{ now|date }}", "2026-03-14"),
        ("{{ event.data.at|hour('America/New_York') }} {{ event.data.at|hour(zone='Asia/Tokyo') }}", "05:30 18:30"),
        ("{{ '2026-03-14T23:30:00Z'|date('%d.%m. %H:%M', 'Europe/Istanbul') }}", "15.03. 02:30"),
        ("{{ event.data.at|hour(record.missing) }} {{ event.data.at|hour(record.name) }}", "09:30 09:30"),
        ("{{ record.text|truncate(10) }}|{{ record.text|truncate(2) }}|{{ record.name|truncate }}", "one...|..|Ayşe"),
        ("{{ record.name|upper|lower|capitalize|title|trim }}", "Ayşe"),
        ("{{ record.text|replace('two', '2') }}", "one 2 three"),
        ("{{ event.data.tags|json }} {{ event.data.tags|length }}", '["vip", "new"] 2'),
        ("{{ record.text|urlencode }}", "one%20two%20three"),
        ("{# unseen #}{% raw %}{{ as it is }}{% endraw %}", "{{ as it is }}"),
    ],
)
def test_says(source: str, text: str) -> None:
    assert check(source, "text") == []
    assert render(source, CONTEXT) == text


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("{{ record.__class__ }}", "must not start with _"),
        ("{{ record['__class__'] }}", "between [ and ]"),
        ("{{ record[event.type] }}", "between [ and ]"),
        ("{{ record.name[0:2] }}", "between [ and ]"),
        ("{{ record.name.upper() }}", "call is not allowed"),
        ("{{ range(9) }}", "call is not allowed"),
        ("{{ self }}", "there is no self"),
        ("{{ loop }}", "there is no loop"),
        ("{{ run.id }}", "there is no run"),
        ("{{ cycler }}", "there is no cycler"),
        ("{{ record.a + 1 }}", "add is not allowed"),
        ("{{ 9 ** 9 }}", "pow is not allowed"),
        ("{{ 'x' * 9 }}", "mul is not allowed"),
        ("{{ 'x' ~ 'y' }}", "concat is not allowed"),
        ("{{ [1] }}", "list is not allowed"),
        ("{{ (1, 2) }}", "tuple is not allowed"),
        ("{{ {} }}", "dict is not allowed"),
        ("{{ record.name is defined }}", "test is not allowed"),
        ("{% for x in record.tags %}{% endfor %}", "for is not allowed"),
        ("{% set x = 1 %}", "assign is not allowed"),
        ("{% macro m() %}{% endmacro %}", "macro is not allowed"),
        ("{% filter upper %}x{% endfilter %}", "filterblock is not allowed"),
        ("{% include 'x' %}", "include is not allowed"),
        ("{% extends 'x' %}", "extends is not allowed"),
        ("{% import 'x' as y %}", "import is not allowed"),
        ("{% block x %}{% endblock %}", "block is not allowed"),
        ("{% with %}{% endwith %}", "with is not allowed"),
        ("{% autoescape false %}{% endautoescape %}", "scopedevalcontextmodifier is not allowed"),
        ("{{ record.name|safe }}", "there is no filter safe"),
        ("{{ record.name|attr('x') }}", "there is no filter attr"),
        ("{{ record.name|compare('lt', 5) }}", "there is no filter compare"),
        ("{{ record.name|map('upper') }}", "there is no filter map"),
        ("{{ 'x'|replace(*event.data.tags) }}", "* and ** are not allowed"),
        ("{{ 'x'|truncate(**event.data) }}", "* and ** are not allowed"),
        ("{{ record.name|e|e|e|e|e|e }}", "at most 5 filters in a row"),
        ("{{ record.name", "unexpected"),
        ("{{ }}", "Expected an expression"),
        ("{% if record.name %}", "Unexpected end of template"),
        ("{% unknown %}", "unknown tag"),
        ("{{ " + "9" * 5_000 + " }}", "too many digits"),
        ("{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}", "nested too deeply"),
        ("{{ " + "not " * 3_000 + "1 }}", "nested too deeply"),
        ("{% if now %}" * 120 + "{% endif %}" * 120, "nested too deeply"),
    ],
    ids=lambda text: text[:40],
)
def test_refuses_when_it_is_saved_and_when_it_is_rendered(source: str, complaint: str) -> None:
    problems = check(source, "steps[0].with.text")
    assert {problem.field for problem in problems} == {"steps[0].with.text"}
    assert complaint.lower() in " ".join(problem.message for problem in problems).lower()
    with pytest.raises(Invalid, match="template"):
        render(source, CONTEXT)


def test_names_the_line() -> None:
    (problem,) = check("one\ntwo {{ record.a + 1 }}", "text")
    assert problem.message.startswith("line 2: ")


@pytest.mark.parametrize(
    "source",
    [
        "{{ record.long|replace('x', 'yyyy') }}",
        "{{ event.data.tags|join(record.long) }}",
        "{{ record.long }}{{ record.long }}",
        "{{ record.long|e|replace('x', '&')|e }}",
        "{{ 5|length }}",
        "{{ record.name|e(1, 2) }}",
        "{{ -record.name }}",
    ],
)
def test_what_cannot_be_rendered_is_refused_by_the_field(source: str) -> None:
    assert check(source, "text") == []
    with pytest.raises(Invalid, match="template: "):
        render(source, CONTEXT)


@pytest.mark.parametrize("filters", ["round(999999999, 'ceil')", "number(999999999)", "round(-5, 'floor')"])
def test_decimals_are_bounded(filters: str) -> None:
    """With a billion decimals it would calculate for hours."""
    assert float(render("{{ 1.5|" + filters + " }}", CONTEXT)) in (1.0, 1.5)


def test_values_in_html_are_escaped_and_the_templates_own_tags_are_not() -> None:
    source = "<p>{{ record.html }}{{ record.html|upper }}{{ record.html|e|replace('b', 'i') }}</p>"
    text = render(source, CONTEXT, escaping=True)
    assert text.startswith("<p>")
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<B>" not in text
    assert render("{{ record.html }}", CONTEXT) == "<b>&"


def test_renders_and_checks_every_text_of_a_value() -> None:
    value = {"a": ["{{ record.name }}", 1, None, True], "b": {"c": "{{ event.type }}"}, "d": 2.5}
    assert render_all(value, CONTEXT) == {"a": ["Ayşe", 1, None, True], "b": {"c": "lead.created"}, "d": 2.5}
    problems = check_all({"a": ["{{ x }}", "ok"], "b": {"c": "{{ record.name"}}, "with")
    assert [problem.field for problem in problems] == ["with.a[0]", "with.b.c"]


FRAGMENTS = (
    *("{{", "}}", "{%", "%}", "{#", "#}", "if", "endif", "else", "elif", "for", "in", "raw", "record", ".name"),
    *(".__class__", "|e", "|join(", "|truncate(1)", "|round(9)", "(", ")", "[", "]", "'x'", "0", "9" * 30, "*"),
    *("-", "not", "and", "==", "<", ">=", "{", "é", " ", "\n"),
)
fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)


@given(fragments)
def test_whatever_is_written_it_is_checked_and_rendered_without_another_error(source: str) -> None:
    try:
        text = render(source, CONTEXT)
    except Invalid:
        return
    assert len(text) <= MAX_RENDERED
    assert "class" not in text or "class" in source
    assert "{" not in source or check(source, "text") == []


@given(st.text(max_size=200))
def test_text_without_braces_stays_as_it_is(text: str) -> None:
    plain = text.replace("{", "")
    assert render(plain, {}) == plain


@given(st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.text(max_size=20), max_size=5))
def test_values_are_never_taken_for_templates(fields: dict[str, Any]) -> None:
    fields["name"] = "{{ event.type }}{% if %}"
    assert render("{{ record.name }}", {**CONTEXT, "record": fields}) == "{{ event.type }}{% if %}"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-03-14T22:30:00Z", "15.03. 01:30"),
        ("2026-03-14 22:30:00z", "15.03. 01:30"),
        ("2026-07-14T22:30:00+02:00", "14.07. 23:30"),
        ("2026-03-14T22:30:00", "14.03. 22:30"),
        ("2026-03-14", "14.03. 00:00"),
        ("0001-01-01T00:00:00+14:00", "01.01. 00:00"),
        ("9999-12-31T23:59:59Z", "31.12. 23:59"),
    ],
)
def test_moments_are_shown_by_the_clocks_of_the_context_dates_and_local_times_as_written(
    written: str, shown: str
) -> None:
    context = {**CONTEXT, "zone": ZoneInfo("Europe/Istanbul"), "record": {"at": written}}
    assert render("{{ record.at|date('%d.%m. %H:%M') }}", context) == shown
    assert render("{{ record.at|hour }}", context) == shown[-5:]


@pytest.mark.parametrize(
    "source", ["{{ now|hour('Istanbul') }}", "{{ now|date('%H', 'x') }}", "{{ now|date(zone='x') }}"]
)
def test_a_time_zone_that_is_none_is_refused_when_the_rule_is_saved(source: str) -> None:
    (problem,) = check(source, "steps[0].with.text")
    assert "is not an IANA time zone" in problem.message
