"""Hostile templates: each refused when it is saved, and rendered by nobody who finds it in the store."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import nodes

from whenthen.domain.common.errors import Invalid
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.domain.stored_templates.reading import check_message_template, parse_message_template
from whenthen.domain.stored_templates.rendering import render_message
from whenthen.domain.templating import templates

REACHING_OUT = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ record.__class__ }}",
    "{{ record['__class__'] }}",
    "{{ record['_' ~ '_class__'] }}",
    "{{ record|attr('__class__') }}",
    "{{ record|attr(event.data.name) }}",
    "{{ ()|attr('__class__') }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ namespace.__init__ }}",
    "{{ config }}",
    "{{ budget }}",
    "{{ zone }}",
    "{{ url_for.__globals__ }}",
    "{{ record.items() }}",
    "{{ record.name.format(record) }}",
    "{{ '{0.__class__}'.format(record) }}",
    "{{ '%s'|format(record) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ record.name|map(attribute='__class__') }}",
    "{{ record.name|xmlattr }}",
    "{{ record.name|compare('eq', 1) }}",
    "{{ record.name|items_of(1) }}",
    "{{ 5|written_in_loop }}",
    "{{ record.name|url_start }}",
    "{{ record.name|safe }}",
    "{{ record.name|tojson|forceescape }}",
    "{{ debug() }}",
    "{{ record.name is callable }}",
    "{{ [].append(1) }}",
    "{{ record[event.type] }}",
    "{{ record.ｕｐｐｅｒ() }}",
    "{{ \uff3f\uff3fclass\uff3f\uff3f }}",
    "{% for x in record.x %}{{ x.__class__ }}{% endfor %}",
    "{% for __class__ in record.x %}{% endfor %}",
    "{% for x in ().__class__.__bases__ %}{% endfor %}",
    "{% for x in record.x %}{{ loop.__init__ }}{% endfor %}",
    "{% for x in record.x %}{{ loop['_iterator'] }}{% endfor %}",
)
"""Templates that look for Python, for another template, or for what is not theirs."""

TAKING_TIME = (
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'x' * 1000000000 }}",
    "{{ 9 << 999999999 }}",
    "{{ range(1000000000) }}",
    "{% for x in range(1000000000) %}x{% endfor %}",
    "{% for x in record.x * 1000 %}x{% endfor %}",
    "{% for x in record.x %}{% for y in record.x %}{% for z in record.x %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% for x in record.x recursive %}{{ loop(record.x) }}{% endfor %}",
    "{% for x in record.x|batch(1) %}{% endfor %}",
    "{% for x in record.x if range(99) %}{% endfor %}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(x) %}{{ caller() }}{% endmacro %}{% call m(1) %}{% endcall %}",
    "{% set x = 'x' * 99999 %}{{ x }}",
    "{% set ns = namespace(n=0) %}{% for x in record.x %}{% set ns.n = ns.n + 1 %}{% endfor %}",
    "{% include record.name %}",
    "{% import 'os' as os %}",
    "{% from 'os' import system %}",
    "{% extends record.name %}",
    "{% block a %}{{ self.a() }}{% endblock %}",
    "{% filter upper %}{{ record.name }}{% endfilter %}",
    "{% trans %}x{% endtrans %}",
    "{% do record.x.append(1) %}",
    "{% with a = record %}{{ a }}{% endwith %}",
    "{% autoescape false %}{{ record.name }}{% endautoescape %}",
    "{{ record.name|center(1000000000) }}",
    "{{ record.name|indent(1000000000) }}",
    "{{ record.name|wordwrap(1) }}",
    "{{ record.name|batch(1000000)|list }}",
    "{{ record.x|sum }}",
    "{{ record.x|product }}",
    "{{ record.name|replace('', record.name)|replace('', 'x')|upper|lower|trim|title }}",
    "{{ " + "record.x|" + "|".join(["e"] * 900) + " }}",
    "{{ " + "(" * 4_000 + "1" + ")" * 4_000 + " }}",
    "{{ " + "not " * 4_000 + "1 }}",
    "{{ " + "-" * 4_000 + "1 }}",
    "{{ " + "9" * 6_000 + " }}",
    "{% if record.x %}" * 500 + "{% endif %}" * 500,
    "{{ record.x",
    "{% for x in record.x %}",
    "{% raw %}" * 200,
    "{{ record.x|number(digits=*event.data.x) }}",
    "{{ 'x'|truncate(**record) }}",
)
"""Templates that would take time or memory without end, or that end in the middle."""

ALL = (*REACHING_OUT, *TAKING_TIME)
RECORD: dict[str, Any] = {"name": "{{ record.secret }}", "x": [1, 2, 3], "secret": "SECRET"}


def test_there_are_more_than_forty() -> None:
    assert len(set(ALL)) == len(ALL) >= 80


@pytest.mark.parametrize("part", ["text", "html"])
@pytest.mark.parametrize("source", ALL, ids=lambda source: source[:60])
def test_a_hostile_template_is_refused_when_it_is_saved_and_when_it_is_found(source: str, part: str) -> None:
    texts = {"subject": "s", "text": "t", part: source}
    template = parse_message_template({"name": "T", "channel": "email", "texts": {"en": texts}})
    problems = check_message_template(template)
    assert {problem.field for problem in problems} == {f"texts.en.{part}"}
    with pytest.raises(Invalid):
        render_message(template, Channel.EMAIL, {"record": RECORD, "event": {"data": {"x": [2]}}}, "t")


def test_a_template_in_a_value_is_text_and_not_rendered_again() -> None:
    source = {"text": "{{ record.name }}{% for x in record.x %}{{ record.name }}{% endfor %}"}
    template = parse_message_template({"name": "T", "texts": {"en": source}})
    assert render_message(template, Channel.SMS, {"record": RECORD}, "t").text == "{{ record.secret }}" * 4


@pytest.mark.parametrize("link", ["|e", "|upper", "|default('x')", "|trim|lower"])
def test_a_chain_twice_as_long_is_refused_with_twice_the_work(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = [0]
    children = nodes.Node.iter_child_nodes

    def counted(node: nodes.Node, *names: Any) -> Any:
        visits[0] += 1
        return children(node, *names)

    monkeypatch.setattr(nodes.Node, "iter_child_nodes", counted)
    work = []
    for links in (100, 200):
        visits[0] = 0
        assert templates.check("{{ record.x" + link * links + " }}", "text")
        work.append(visits[0])
    assert 0 < work[1] <= 2.2 * work[0]
