"""Parameters of steps: a template that is one expression keeps its value's type; texts are written for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.rules.rule import Step
from whenthen.domain.rules.step_parameters import check_parameters, render_step
from whenthen.domain.templating.syntax import LINKS_HERE
from whenthen.domain.templating.templates import render_value

RECORD: dict[str, Any] = {
    "vip": True,
    "lost": False,
    "amount": 5000,
    "rate": 1.5,
    "id": 9_007_199_254_740_993,
    "tags": ["new", 2024],
    "address": {"city": "İzmir", "floors": [1, 2]},
    "name": "Ayşe",
    "number": "0042",
    "empty": "",
    "nothing": None,
}
CONTEXT: dict[str, Any] = {
    "event": {"type": "lead.created", "data": {"at": "2026-03-14T09:30:00Z"}},
    "record": RECORD,
    "before": None,
    "related": {},
    "now": datetime(2026, 3, 14, 9, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ record.vip }}", True),
        ("{{ record.lost }}", False),
        ("{{ record.amount }}", 5000),
        ("{{ record.rate }}", 1.5),
        ("{{ record.id }}", 9_007_199_254_740_993),
        ("{{ record.tags }}", ["new", 2024]),
        ("{{ record.address }}", {"city": "İzmir", "floors": [1, 2]}),
        ("{{ record.address.floors[1] }}", 2),
        ("{{ record.number }}", "0042"),
        ("{{ record.empty }}", ""),
        ("{{ record.nothing }}", None),
        ("{{ record.missing.deeper }}", None),
        (" {{ record.amount }}\n", 5000),
        ("{{ 4.5|round }}", 5),
        ("{{ '2.345'|round(2) }}", 2.35),
        ("{{ '12'|int }}", 12),
        ("{{ record.amount > 10 }}", True),
        ("{{ record.vip and record.lost }}", False),
        ("{{ record.rate if record.vip else record.amount }}", 1.5),
        ("{{ record.missing|default(7) }}", 7),
        ("{{ record.name|e }}", "Ayşe"),
        ("{{ now }}", "2026-03-14T09:30:00+00:00"),
        ("{{ now.year }}", 2026),
        ("{{ 5 }}", 5),
        ("{{ none }}", None),
        ("plain", "plain"),
        ("x{{ record.amount }}", "x5000"),
        ("{{ record.amount }}{{ record.amount }}", "50005000"),
        ("{% if record.vip %}{{ record.amount }}{% endif %}", "5000"),
        ("is {{ record.vip }}: {{ record.tags }}", "is yes: new, 2024"),
    ],
)
def test_a_template_that_is_one_expression_keeps_its_values_type(source: str, value: Any) -> None:
    rendered = render_value(source, CONTEXT)
    assert rendered == value
    assert type(rendered) is type(value)


def step(action: str, **parameters: Any) -> Step:
    return Step("s", action, parameters)


def test_fields_and_data_keep_types_at_any_depth() -> None:
    fields = {
        "vip": "{{ record.vip }}",
        "deep": [{"n": "{{ record.amount }}"}, 1, None],
        "note": "VIP: {{ record.vip }}",
    }
    rendered = render_step(step("set_fields", fields=fields), CONTEXT)
    assert rendered["fields"] == {"vip": True, "deep": [{"n": 5000}, 1, None], "note": "VIP: yes"}
    data = render_step(step("call_webhook", url="https://example.com/", data=fields), CONTEXT)["data"]
    assert data["deep"][0]["n"] == 5000


def test_a_list_in_a_template_of_tags_gives_each_of_its_items_as_text() -> None:
    rendered = render_step(step("add_tags", tags=["x", "{{ record.tags }}", "{{ record.missing }}"]), CONTEXT)
    assert rendered["tags"] == ["x", "new", "2024", ""]


def test_texts_are_written_for_people() -> None:
    rendered = render_step(step("create_task", title="{{ record.tags }}", description="{{ record.vip }}"), CONTEXT)
    assert (rendered["title"], rendered["description"]) == ("new, 2024", "yes")
    sent = step(
        "send_whatsapp", template="t", parameters=["{{ record.tags }}", "{{ record.vip }}", "{{ record.rate }}"]
    )
    assert render_step(sent, CONTEXT)["parameters"] == ["new, 2024", "yes", "1.5"]


def test_a_parameter_that_is_no_template_stays_as_it_is() -> None:
    written = step("call_webhook", url="https://example.com/", secret="{{ record.name }}")
    assert render_step(written, CONTEXT)["secret"] == "{{ record.name }}"


def test_checks_every_text_of_a_step_under_its_path() -> None:
    fields = {"a": ["{{ x }}", "ok"], "b": {"c": "{{ record.name"}}
    problems = check_parameters("set_fields", {"fields": fields}, "steps[0].with")
    assert [problem.field for problem in problems] == ["steps[0].with.fields.a[0]", "steps[0].with.fields.b.c"]


@pytest.mark.parametrize(
    ("action", "written", "field"),
    [
        ("call_webhook", {"url": "https://a.example/{{ unsubscribe_url }}"}, "with.url"),
        ("call_webhook", {"url": "https://a.example", "data": {"x": [1, "{{ preferences_url }}"]}}, "with.data.x[1]"),
        ("call_api", {"connection": "crm", "json": {"link": "a {{ unsubscribe_url|upper }}"}}, "with.json.link"),
        ("create_task", {"title": "{% if preferences_url %}x{% endif %}"}, "with.title"),
        ("set_fields", {"fields": {"note": "{{ unsubscribe_url }}"}}, "with.fields.note"),
        ("add_tags", {"tags": ["ok", "{{ unsubscribe_url }}"]}, "with.tags[1]"),
    ],
)
def test_links_are_refused_where_no_message_to_a_customer_is_made(
    action: str, written: dict[str, Any], field: str
) -> None:
    (problem,) = check_parameters(action, written, "with")
    assert (problem.field, problem.reason) == (field, LINKS_HERE(options=["unsubscribe_url", "preferences_url"]))


@pytest.mark.parametrize("action", ["send_email", "send_sms", "send_whatsapp"])
def test_messages_to_customers_may_name_links(action: str) -> None:
    assert check_parameters(action, {"text": "{{ unsubscribe_url }} {{ preferences_url }}"}, "with") == []


def test_a_text_that_only_speaks_of_a_link_is_taken() -> None:
    assert check_parameters("create_task", {"title": "unsubscribe_url {{ record.unsubscribe_url }}"}, "with") == []
