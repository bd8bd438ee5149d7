"""Parameters of calls: what a rule may say, and what lint and templates make of results of steps."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.connections.parameters import evaluated
from whenthen.domain.lint.lint import lint
from whenthen.domain.rules.rule import parse_rule
from whenthen.usecases.admin.check_rule import checked


def _rule(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "R", "kind": "lead", "trigger": {"event": "lead.created"}, "steps": list(steps), **more}


def _call(**parameters: Any) -> dict[str, Any]:
    return {"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c", **parameters}}


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"method": "TRACE"}, "with.method"),
        ({"expect": "ok"}, "with.expect"),
        ({"expect": [99]}, "with.expect"),
        ({"expect": [True]}, "with.expect"),
        ({"expect": list(range(100, 151))}, "with.expect"),
        ({"json": {}, "form": {"a": 1}}, "with.form"),
        ({"json": [1], "text": "x"}, "with.text"),
        ({"json": {"a": 2**70}}, "with.json.a"),
        ({"json": {"a": "{% for x in y %}"}}, "with.json.a"),
        ({"ok_if": "body.["}, "with.ok_if"),
        ({"ok_if": "nope(body)"}, "with.ok_if"),
        ({"save": {"id": "body.id"}}, "with.save.id"),
        ({"save": {"a b": "body.id"}}, "with.save.a b"),
        ({"save": {"a": "body.["}}, "with.save.a"),
        ({"save": {"a": 5}}, "with.save.a"),
        ({"save": {"a": "x" * 1_001}}, "with.save.a"),
        ({"save": {f"f{number}": "body" for number in range(31)}}, "with.save"),
        ({"remember": {"a": ""}}, "with.remember.a"),
        ({"headers": {"Host": "x"}}, "with.headers.Host"),
        ({"query": "a=1"}, "with.query"),
        ({"colour": "red"}, "with.colour"),
    ],
)
def test_what_does_not_hold_is_named_when_the_rule_is_saved(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        checked(_rule(_call(**parameters)))
    assert f"steps[0].{field}" in [problem.field for problem in raised.value.problems]


def test_a_field_of_the_record_may_be_named_so() -> None:
    rule = checked(_rule(_call(save={"record.crm_id": "body.id", "etag": "headers.etag"})))
    assert rule.steps[0].parameters["save"] == {"crm_id": "body.id", "etag": "headers.etag"}


@pytest.mark.parametrize(
    "step",
    [
        {"id": "it", "action": "call_api", "with": {"url": "https://a.example/{{ secrets.key }}"}},
        {
            "id": "it",
            "action": "call_webhook",
            "with": {"url": "https://a.example", "data": {"k": "{{ secrets.key }}"}},
        },
        {"id": "it", "action": "set_fields", "with": {"fields": {"k": "{{ secrets['key'] }}"}}},
        {"id": "it", "action": "create_task", "with": {"title": "a {{ secrets.key | upper }}"}},
    ],
)
def test_secrets_are_named_only_beside_a_connection(step: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"connection\.secrets_elsewhere"):
        checked(_rule(step))
    checked(_rule(_call(url="/{{ secrets.key }}", json={"k": "{{ secrets.key }}"}, headers={"a": "{{ secrets.key }}"})))


def test_expressions_that_find_nothing_are_left_out() -> None:
    answer = {"status": 200, "headers": {}, "body": {"id": 0, "flag": False, "empty": "", "none": None}}
    asked = {"a": "body.id", "b": "body.flag", "c": "body.empty", "d": "body.none", "e": "body.more.deep"}
    assert evaluated(asked, answer, "with.save") == {"a": 0, "b": False, "c": ""}


@pytest.mark.parametrize(
    ("later", "field"),
    [
        ({"fields": {"x": "{{ steps.it.crm_id }}"}}, None),
        ({"fields": {"x": "{{ steps.later.crm_id }}"}}, "steps[1].with.fields.x"),
        ({"fields": {"x": "{{ steps.none.crm_id }}"}}, "steps[1].with.fields.x"),
    ],
)
def test_lint_finds_results_of_steps_that_are_not_there_yet(later: dict[str, Any], field: str | None) -> None:
    rule = parse_rule(_rule(_call(), {"id": "later", "action": "set_fields", "with": later}))
    found = [finding.field for finding in lint(rule) if finding.code == "lint.unknown_step"]
    assert found == ([field] if field else [])


def test_lint_finds_results_in_conditions_that_are_evaluated_before() -> None:
    asked = {"field": "steps.it.crm_id", "op": "exists"}
    rule = parse_rule(_rule({**_call(), "only_if": asked}, conditions=asked))
    assert [finding.field for finding in lint(rule) if finding.code == "lint.unknown_step"] == [
        "conditions",
        "steps[0].only_if",
    ]
