"""URLs in templates: values are encoded and stay in their place; the host is the template's own."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.rules.rule import Step
from whenthen.domain.rules.step_parameters import check_parameters, render_step
from whenthen.domain.templating.templates import check_url, render_url
from whenthen.domain.templating.urls import BAD_HOST_VALUE, BAD_URL, DOTS_IN_PATH, OPEN_HOST

CONTEXT: dict[str, Any] = {
    "record": {
        "shop": "acme",
        "id": "a/b c",
        "evil": "evil.example/?",
        "at": "x@evil.example",
        "up": "..",
        "code": "%2e%2e",
        "vip": True,
        "tags": ["a", "b c"],
        "query": "a=1&b=2#x",
        "url": "https://shop.example.com/in?x=1",
        "port": 8443,
        "name": "Ayşe",
        "address": {"city": "İzmir", "z&p": "1"},
    },
    "event": {"type": "lead.created"},
}

OPEN = [
    "https://{{ record.shop }}.hooks.example.com/",
    "{{ record.url }}",
    " {{ record.url }}/x",
    "{{ record.shop }}://example.com/",
    "https://example.com:{{ record.port }}/",
    "https://example.com{{ record.at }}",
    "https://example.com.{{ record.shop }}/x",
    "https://user:{{ record.shop }}@example.com/",
    "https:{{ record.shop }}",
    "https:/{{ record.shop }}",
    "{% if record.vip %}https://a.example.com/{% endif %}{{ record.id }}",
    "{% if record.vip %}https://a.example.com/{% else %}https://b.example.com{% endif %}{{ record.id }}",
    "https://{% if record.vip %}{{ record.shop }}{% else %}b{% endif %}.example.com/",
]


@pytest.mark.parametrize("source", OPEN)
def test_a_value_in_scheme_host_or_port_is_refused_when_saved_and_when_rendered(source: str) -> None:
    (problem,) = check_url(source, "steps[0].with.url", open_host=False)
    assert (problem.field, problem.reason) == ("steps[0].with.url", OPEN_HOST())
    with pytest.raises(Invalid) as error:
        render_url(source, CONTEXT)
    assert error.value.problems[0].reason == OPEN_HOST()
    assert check_url(source, "x", open_host=True) == []


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("https://example.com/{{ record.id }}", "https://example.com/a%2Fb%20c"),
        ("https://example.com/{{ record.evil }}/x", "https://example.com/evil.example%2F%3F/x"),
        ("https://example.com?q={{ record.query }}", "https://example.com?q=a%3D1%26b%3D2%23x"),
        ("https://example.com/?q={{ record.query|urlencode }}", "https://example.com/?q=a%3D1%26b%3D2%23x"),
        ("https://example.com/?q={{ record.query|upper|urlencode }}", "https://example.com/?q=A%3D1%26B%3D2%23X"),
        ("https://example.com/?q={{ record.query|urlencode|lower }}", "https://example.com/?q=a%253d1%2526b%253d2%2523x"),
        ("https://example.com/?{{ record.address|urlencode }}", "https://example.com/?city=%C4%B0zmir&z%26p=1"),
        ("https://example.com/?vip={{ record.vip }}&t={{ record.tags }}", "https://example.com/?vip=true&t=a%2C%20b%20c"),
        ("https://example.com/{{ record.name }}#{{ record.missing }}", "https://example.com/Ay%C5%9Fe#"),
        ("https://example.com/{{ record.code }}/x", "https://example.com/%252e%252e/x"),
        ("https://example.com/{% if record.vip %}{{ record.id }}{% endif %}", "https://example.com/a%2Fb%20c"),
        ("https://{% if record.vip %}a{% else %}b{% endif %}.example.com/{{ record.id }}",
         "https://a.example.com/a%2Fb%20c"),
        ("https://example.com/plain/..hidden/a..b", "https://example.com/plain/..hidden/a..b"),
        ("https://example.com/v1.{{ record.up }}", "https://example.com/v1..."),
    ],
)  # fmt: skip
def test_values_in_paths_and_queries_are_encoded(source: str, url: str) -> None:
    assert check_url(source, "url", open_host=False) == []
    assert render_url(source, CONTEXT) == url


@pytest.mark.parametrize(
    "source",
    [
        "https://example.com/in/{{ record.up }}/admin",
        "https://example.com/in/{{ record.up }}",
        "https://example.com/in/.{{ '.' }}/admin",
        "https://example.com/in/%2e{{ '.' }}/admin",
        "https://example.com/in/{{ record.code|urlencode }}/%2E%2E/admin",
        "https://example.com/in%2f{{ record.up }}",
        "https://example.com/in\\{{ record.up }}",
        "https://example.com/../{{ record.id }}",
        "https://example.com/./x",
        "https://example.com/%2e%2E/x",
    ],
)
def test_dots_that_lead_out_of_a_path_are_refused(source: str) -> None:
    with pytest.raises(Invalid) as error:
        render_url(source, CONTEXT)
    assert error.value.problems[0].reason == DOTS_IN_PATH()


def test_dots_that_are_written_are_refused_when_the_rule_is_saved() -> None:
    for url in ("https://example.com/a/../b", "https://example.com/%2e%2e/b"):
        (problem,) = check_url(url, "with.url", open_host=False)
        assert problem.reason == DOTS_IN_PATH()
    (problem,) = check_url("https://[x/", "with.url", open_host=False)
    assert problem.reason == BAD_URL()
    assert check_url("https://example.com/a/b?up=../x", "with.url", open_host=False) == []


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("https://{{ record.shop }}.hooks.example.com/{{ record.id }}", "https://acme.hooks.example.com/a%2Fb%20c"),
        ("https://example.com:{{ record.port }}/", "https://example.com:8443/"),
        ("{{ record.url }}", "https://shop.example.com/in?x=1"),
        ("{{ record.url }}/&y={{ record.query }}", "https://shop.example.com/in?x=1/&y=a%3D1%26b%3D2%23x"),
        ("{{ 'https' }}://{{ record.shop }}.example.com/{{ record.up }}x", "https://acme.example.com/..x"),
        ("https://{% if record.vip %}{{ record.shop }}{% endif %}.example.com/", "https://acme.example.com/"),
    ],
)
def test_a_step_may_open_its_host_by_name(source: str, url: str) -> None:
    assert render_url(source, CONTEXT, open_host=True) == url


@pytest.mark.parametrize("name", ["evil", "at", "up", "id", "missing", "name"])
def test_a_value_in_an_open_host_has_the_characters_of_hosts_only(name: str) -> None:
    with pytest.raises(Invalid) as error:
        render_url(f"https://{{{{ record.{name} }}}}.example.com/", CONTEXT, open_host=True)
    assert error.value.problems[0].reason.code == BAD_HOST_VALUE.code


def test_the_step_says_that_its_host_is_open() -> None:
    written = {"url": "https://{{ record.shop }}.example.com/"}
    (problem,) = check_parameters("call_webhook", written, "steps[0].with")
    assert (problem.field, problem.reason) == ("steps[0].with.url", OPEN_HOST())
    assert check_parameters("call_webhook", {**written, "open_host": True}, "steps[0].with") == []
    with pytest.raises(Invalid) as error:
        render_step(Step("s", "call_webhook", written), CONTEXT)
    assert error.value.problems[0].field == "with.url"
    opened = render_step(Step("s", "call_webhook", {**written, "open_host": True}), CONTEXT)
    assert opened["url"] == "https://acme.example.com/"
