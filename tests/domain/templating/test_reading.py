"""Reading templates: a fault is named by its line and by the characters at which reading stopped, never in English."""

from __future__ import annotations

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from whenthen.domain.common.reasons import Reason
from whenthen.domain.templating.reading import UNCLOSED, UNFINISHED, UNREADABLE, Unreadable, read

ENVIRONMENT = ImmutableSandboxedEnvironment()


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        # characters that begin no token
        ("{{ record.a & record.b }}", 1, UNREADABLE(near="& record.b }}")),
        ("Hello\n{{ record.a }}\n{{ 'abc }}\nBye", 3, UNREADABLE(near="'abc }}")),
        ("x\r\n{%- if record.a -%}\r\n y {{ 5 $ }}{% endif %}", 3, UNREADABLE(near="$ }}{% endif %}")),
        ("{{ (record.a }}", 1, UNREADABLE(near="}}")),
        ("{{ record.a) }}", 1, UNREADABLE(near=") }}")),
        ("{{ a ? " + "b" * 100, 1, UNREADABLE(near="? " + "b" * 28)),
        # tokens in a place where they mean nothing
        ("{{ record.a record.b }}", 1, UNREADABLE(near="record")),
        ("one\ntwo {{ | }}", 2, UNREADABLE(near="|")),
        ("{% if %}x{% endif %}", 1, UNREADABLE(near="%}")),
        ("{% endif %}", 1, UNREADABLE(near="endif")),
        ("{% if record.a %}{% else %}{% elif record.b %}{% endif %}", 1, UNREADABLE(near="elif")),
        ("{% sing %}", 1, UNREADABLE(near="sing")),
        # an end too early
        ("{{ record.a", 1, UNFINISHED()),
        ("{{", 1, UNFINISHED()),
        ("{% if record.a", 1, UNFINISHED()),
        ("{% if record.a %}x", 1, UNCLOSED(tag="if")),
        ("{% if record.a %}{% for x in y %}", 1, UNCLOSED(tag="for")),
        ("{# a comment", 1, UNCLOSED(tag="{#")),
        ("{% raw %}{{ x }}", 1, UNCLOSED(tag="raw")),
    ],
)
def test_a_fault_is_named_by_its_place(source: str, line: int, reason: Reason) -> None:
    with pytest.raises(Unreadable) as caught:
        read(ENVIRONMENT, source)
    assert (caught.value.line, caught.value.reason) == (line, reason)


@pytest.mark.parametrize(
    "source", ["", "text", "{{ record.a }}", "{# c #}{% raw %}{{{% endraw %}", "{% if a %}b{% endif %}"]
)
def test_a_template_is_read_as_jinja2_reads_it(source: str) -> None:
    assert read(ENVIRONMENT, source) == ENVIRONMENT.parse(source)
