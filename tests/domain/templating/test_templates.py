"""Templates: the allowed syntax is rendered, any other is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason
from whenthen.domain.templating import filters, syntax
from whenthen.domain.templating.arguments import DOES_NOT_FIT
from whenthen.domain.templating.budget import MAX_RENDERED, TOO_LONG
from whenthen.domain.templating.comparisons import NO_NEGATIVE
from whenthen.domain.templating.filters import FILTER_TOO_LONG
from whenthen.domain.templating.reading import UNCLOSED, UNFINISHED, UNREADABLE
from whenthen.domain.templating.syntax import (
    BAD_ITEM,
    MAX_FILTERS,
    NOT_ALLOWED,
    NOT_LAST,
    PRIVATE_NAME,
    STARRED,
    TOO_MANY_FILTERS,
    UNKNOWN_FILTER,
    UNKNOWN_NAME,
    UNKNOWN_NOW_FIELD,
    UNKNOWN_ZONE,
)
from whenthen.domain.templating.templates import AT_LINE, TOO_COMPLEX, check, render
from whenthen.domain.temporal.time_values import NOW_FIELDS

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
        ("{{ event.data.amount|number }} {{ event.data.amount|number(0) }} {{ 'x'|number }}", "1,234.50 1,235 x"),
        ("{{ event.data.amount|round(0, 'ceil') }} {{ '2.4'|round }} {{ 'x'|round }}", "1235 2 x"),
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
def test_renders(source: str, text: str) -> None:
    assert check(source, "text") == []
    assert render(source, CONTEXT) == text


def no_filter(name: str) -> Reason:
    return UNKNOWN_FILTER(name=name, options=sorted(filters.NAMES))


def no_name(name: str) -> Reason:
    return UNKNOWN_NAME(name=name, options=sorted(syntax.NAMES))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ record.__class__ }}", PRIVATE_NAME(name="__class__")),
        ("{{ record['__class__'] }}", BAD_ITEM()),
        ("{{ record[event.type] }}", BAD_ITEM()),
        ("{{ record.name[0:2] }}", BAD_ITEM()),
        ("{{ record.name.upper() }}", NOT_ALLOWED(construct="call")),
        ("{{ range(9) }}", NOT_ALLOWED(construct="call")),
        ("{{ self }}", no_name("self")),
        ("{{ loop }}", no_name("loop")),
        ("{{ run.id }}", no_name("run")),
        ("{{ cycler }}", no_name("cycler")),
        ("{{ record.a + 1 }}", NOT_ALLOWED(construct="add")),
        ("{{ 9 ** 9 }}", NOT_ALLOWED(construct="pow")),
        ("{{ 'x' * 9 }}", NOT_ALLOWED(construct="mul")),
        ("{{ 'x' ~ 'y' }}", NOT_ALLOWED(construct="concat")),
        ("{{ [1] }}", NOT_ALLOWED(construct="list")),
        ("{{ (1, 2) }}", NOT_ALLOWED(construct="tuple")),
        ("{{ {} }}", NOT_ALLOWED(construct="dict")),
        ("{{ record.name is defined }}", NOT_ALLOWED(construct="test")),
        ("{% for x in record.tags %}{{ x() }}{% endfor %}", NOT_ALLOWED(construct="call")),
        ("{% set x = 1 %}", NOT_ALLOWED(construct="assign")),
        ("{% macro m() %}{% endmacro %}", NOT_ALLOWED(construct="macro")),
        ("{% filter upper %}x{% endfilter %}", NOT_ALLOWED(construct="filterblock")),
        ("{% include 'x' %}", NOT_ALLOWED(construct="include")),
        ("{% extends 'x' %}", NOT_ALLOWED(construct="extends")),
        ("{% import 'x' as y %}", NOT_ALLOWED(construct="import")),
        ("{% block x %}{% endblock %}", NOT_ALLOWED(construct="block")),
        ("{% with %}{% endwith %}", NOT_ALLOWED(construct="with")),
        ("{% autoescape false %}{% endautoescape %}", NOT_ALLOWED(construct="scopedevalcontextmodifier")),
        ("{{ record.name|safe }}", no_filter("safe")),
        ("{{ record.name|attr('x') }}", no_filter("attr")),
        ("{{ record.name|compare('lt', 5) }}", no_filter("compare")),
        ("{{ record.name|map('upper') }}", no_filter("map")),
        ("{{ 'x'|replace(*event.data.tags) }}", STARRED()),
        ("{{ 'x'|truncate(**event.data) }}", STARRED()),
        ("{{ now.minutes }}", UNKNOWN_NOW_FIELD(name="minutes", options=sorted(NOW_FIELDS))),
        ("{{ now['tz'] }}", UNKNOWN_NOW_FIELD(name="tz", options=sorted(NOW_FIELDS))),
        ("{% if now.millennium %}x{% endif %}", UNKNOWN_NOW_FIELD(name="millennium", options=sorted(NOW_FIELDS))),
        ("{{ record.name|nl2br|truncate(5) }}", NOT_LAST(name="nl2br")),
        ("{{ record.name|e|e|e|e|e|e }}", TOO_MANY_FILTERS(count=MAX_FILTERS)),
        ("{{ record.name", UNFINISHED()),
        ("{{ }}", UNREADABLE(near="}}")),
        ("{% if record.name %}", UNCLOSED(tag="if")),
        ("{% unknown %}", UNREADABLE(near="unknown")),
        ("{{ " + "9" * 5_000 + " }}", TOO_COMPLEX()),
        ("{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}", TOO_COMPLEX()),
        ("{{ " + "not " * 3_000 + "1 }}", TOO_COMPLEX()),
        ("{% if now %}" * 120 + "{% endif %}" * 120, TOO_COMPLEX()),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_template_is_refused_when_it_is_saved_and_when_it_is_rendered(source: str, reason: Reason) -> None:
    problems = check(source, "steps[0].with.text")
    assert {problem.field for problem in problems} == {"steps[0].with.text"}
    found = [problem.reason.params.get("problem", problem.reason) for problem in problems]
    assert reason in found
    with pytest.raises(Invalid) as error:
        render(source, CONTEXT)
    assert error.value.problems == tuple(check(source, "template"))


def test_the_reason_names_the_line() -> None:
    (problem,) = check("one\ntwo {{ record.a + 1 }}", "text")
    assert problem.reason == AT_LINE(line=2, problem=NOT_ALLOWED(construct="add"))


@pytest.mark.parametrize(
    "source",
    [
        "{{ record.long|replace('x', 'yyyy') }}",
        "{{ event.data.tags|join(record.long) }}",
        "{{ record.long }}{{ record.long }}",
        "{{ record.long|e|replace('x', '&')|e }}",
        "{{ 5|length }}",
        "{{ -record.name }}",
    ],
)
def test_a_text_that_cannot_be_rendered_is_invalid(source: str) -> None:
    assert check(source, "text") == []
    with pytest.raises(Invalid) as error:
        render(source, CONTEXT)
    (problem,) = error.value.problems
    assert problem.field == "template"
    assert problem.reason.code in {FILTER_TOO_LONG.code, DOES_NOT_FIT.code, NO_NEGATIVE.code, TOO_LONG.code}


@pytest.mark.parametrize("written", ["round(999999999, 'ceil')", "number(999999999)", "round(-5, 'floor')"])
def test_decimals_are_bounded(written: str) -> None:
    """With a billion decimals it would calculate for hours."""
    assert float(render("{{ 1.5|" + written + " }}", CONTEXT)) in (1.0, 1.5)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("4.5|round", "5"),
        ("-4.5|round", "-5"),
        ("2.675|round(2)", "2.68"),
        ("1.005|number", "1.01"),
        ("'1.005'|number", "1.01"),
        ("0.125|number", "0.13"),
        ("-0.001|number", "0.00"),
        ("1e21|number(0)", "1,000,000,000,000,000,000,000"),
        ("1.5|round(2)", "1.5"),
        ("100.0|round", "100"),
        ("9223372036854775807|number(0)", "9,223,372,036,854,775,807"),
        ("9007199254740993|round", "9007199254740993"),
        ("'9007199254740993'|int", "9007199254740993"),
        ("'007'|int", "7"),
        ("1.2|round(0, 'ceil')", "2"),
        ("-1.2|round(0, 'floor')", "-2"),
        ("1.999|int", "1"),
        ("'1e999'|number", "1e999"),
        ("true|number", "yes"),
        ("'n/a'|round", "n/a"),
        ("0.1", "0.1"),
        ("5000.0", "5000"),
        ("1e22", "10000000000000000000000"),
        ("0.00001", "0.00001"),
    ],
)
def test_amounts_are_decimals_rounded_half_up(written: str, shown: str) -> None:
    assert (
        render("{{ (" + written.replace("|", ")|", 1) + (")" if "|" not in written else "") + " }}", CONTEXT) == shown
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ record.html|e|truncate(3, true, '') }}", "&lt;b&gt;"),
        ("{{ record.html|e|upper }}", "&lt;B&gt;&amp;"),
        ("{{ record.html|e|title|trim|replace('b', '&') }}", "&lt;B&gt;&amp;"),
        ("{{ record.html|truncate(3, true, '')|e }}", "&lt;b&gt;"),
        ("{{ record.lines|nl2br }}", "1 &lt; 2<br>\n&amp;<br>\n3"),
        ("{{ record.lines|truncate(5, true, '')|nl2br }}", "1 &lt; 2"),
        ("{{ record.missing|nl2br }}|{{ record.city|nl2br }}", "|"),
        ("{{ record.html|e|join(',') }}{{ record.html|e|first }}", "&lt;b&gt;&amp;&lt;"),
    ],
)
def test_html_is_escaped_once_whatever_filters_follow(source: str, shown: str) -> None:
    context = {**CONTEXT, "record": {**CONTEXT["record"], "lines": "1 < 2\r\n&\n3"}}
    assert render(source, context, escaping=True) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "there"), ("", "there"), ("  ", "there"), ([], "there"), ({}, "there"), (["", None], "there"),
     (0, "0"), (False, "no"), ("Ayşe", "Ayşe")],
)  # fmt: skip
def test_a_blank_value_has_its_default(value: Any, shown: str) -> None:
    assert render("{{ record.x|default('there') }}", {"record": {"x": value}}) == shown
    assert render("{{ record.y|default('there') }}", {"record": {"x": value}}) == "there"


def test_the_default_can_be_for_missing_values_only_or_for_all_that_is_false() -> None:
    context = {"record": {"empty": "", "nought": 0}}
    assert render("{{ record.empty|default('x', false) }}{{ record.no|default('y', false) }}", context) == "y"
    assert (
        render("{{ record.nought|default('x', true) }}{{ record.empty|default('y', boolean=true) }}", context) == "xy"
    )


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        (None, "yes no"),
        ("en", "yes no"),
        ("tr", "evet hayır"),
        ("hu", "igen nem"),
        ("id", "ya tidak"),
        ("xx", "yes no"),
    ],
)
def test_lists_truths_and_objects_are_written_for_people(language: str | None, shown: str) -> None:
    record = {"vip": True, "lost": False, "tags": ["a", None, ["b", 2.0]], "address": {"city": "İzmir", "zip": None}}
    context = {"record": record, "language": language}
    assert render("{{ record.vip }} {{ record.lost }}", context) == shown
    assert render("{{ record.tags }}; {{ record.address }}", context) == "a, b, 2; city: İzmir"
    upper = shown.split(maxsplit=1)[0].upper()
    assert render("{{ record.tags|upper }} {{ record.vip|upper }}", context) == f"A, B, 2 {upper}"


def test_fields_of_now_are_those_of_conditions() -> None:
    context = {**CONTEXT, "now": datetime(2026, 12, 31, 23, 5, tzinfo=ZoneInfo("Europe/Istanbul"))}
    source = "{{ now.year }}-{{ now.month }}-{{ now.day }} {{ now.weekday }} {{ now['hour'] }}:{{ now.minute }}"
    assert check(source, "text") == []
    assert render(source, context) == "2026-12-31 thu 23:5"
    assert render("{{ now.date }} {{ now.time }} {% if now.year > 2025 %}x{% endif %}", context) == "2026-12-31 23:05 x"


def test_values_in_html_are_escaped_and_the_templates_own_tags_are_not() -> None:
    source = "<p>{{ record.html }}{{ record.html|upper }}{{ record.html|e|replace('b', 'i') }}</p>"
    text = render(source, CONTEXT, escaping=True)
    assert text.startswith("<p>")
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<B>" not in text
    assert render("{{ record.html }}", CONTEXT) == "<b>&"


FRAGMENTS = (
    *("{{", "}}", "{%", "%}", "{#", "#}", "if", "endif", "else", "elif", "for", "in", "raw", "record", ".name"),
    *(".__class__", "|e", "|join(", "|truncate(1)", "|round(9)", "(", ")", "[", "]", "'x'", "0", "9" * 30, "*"),
    *("-", "not", "and", "==", "<", ">=", "{", "é", " ", "\n"),
)
fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)


@given(fragments)
def test_any_source_is_rendered_or_invalid(source: str) -> None:
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
    ("source", "name"),
    [("{{ now|hour('Istanbul') }}", "Istanbul"), ("{{ now|date('%H', 'x') }}", "x"), ("{{ now|date(zone='y') }}", "y")],
)
def test_an_unknown_time_zone_is_refused_when_the_rule_is_saved(source: str, name: str) -> None:
    (problem,) = check(source, "steps[0].with.text")
    assert problem.reason == AT_LINE(line=1, problem=UNKNOWN_ZONE(name=name))
