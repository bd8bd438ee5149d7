"""Triggers that move an item: the stage of the item decides, not the event."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.explain.explain import explain
from whenthen.domain.lint.findings import Severity
from whenthen.domain.lint.lint import lint
from whenthen.domain.rules.rule import Rule, parse_rule

OPEN = {"field": "record.open", "op": "equals", "value": True}
FOR_IT = {"rule": "it"}

HITS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"event": "email.received"}, {}),
    ({"event": "deal.updated", "field": "amount", "to": 5}, {"changes": {"amount": {"from": 4, "to": 5}}}),
    ({"enters": {"filter": OPEN}}, {"type": "deal.created"}),
    ({"leaves": {"filter": OPEN}}, {"type": "deal.deleted"}),
    ({"date": {"field": "renewal_date"}}, {"data": FOR_IT}),
    ({"schedule": {"cron": "0 9 * * *", "filter": OPEN}}, {"data": FOR_IT}),
    ({"manual": True}, {"data": FOR_IT}),
    ({"after_rule": ["rule_a", "rule_b"]}, {"data": {"rule": "rule_b", "status": "done"}}),
]
"""A trigger of each kind, and what there is to an event that it wants."""


def rule_of(name: str, **parts: Any) -> Rule:
    steps = [{"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}]
    return parse_rule({"id": name, "name": name, "kind": "deal", "mode": "on", "steps": steps, **parts})


def moving(trigger: dict[str, Any]) -> Rule:
    return rule_of("it", trigger={**trigger, "moves_to": {"stage": "won", "pipeline": "sales", "from": ["new"]}})


def context_of(event: dict[str, Any], stage: str) -> dict[str, Any]:
    record = {"id": "deal:1", "stage": stage, "pipeline": "sales", "open": True, "amount": 5}
    return {"event": {"type": "deal.updated", **event}, "record": record, "before": {**record, "amount": 4}}


@pytest.mark.parametrize(("trigger", "event"), HITS)
def test_an_item_that_stands_elsewhere_is_the_reason_and_no_near_miss(
    trigger: dict[str, Any], event: dict[str, Any]
) -> None:
    rule = moving(trigger)
    assert explain(rule, context_of(event, "new")).matched
    found = explain(rule, context_of(event, "lost"))
    assert (found.matched, found.missed) == (False, ())
    assert [each.branch.shown["actual"] for each in found.deciding] == ["lost"]


@pytest.mark.parametrize(("trigger", "event"), HITS[1:])
def test_a_near_miss_and_the_stage_are_both_explained(trigger: dict[str, Any], event: dict[str, Any]) -> None:
    other = context_of({**event, "type": "deal.updated", "changes": {"city": {"from": "a", "to": "b"}}}, "lost")
    other["event"]["data"] = {"rule": "another", "status": "done"}
    found = explain(moving(trigger), other)
    assert len(found.missed) == 1
    assert [each.branch.shown["field"] for each in found.deciding] == ["record.stage"]


@pytest.mark.parametrize(("trigger", "_"), HITS)
def test_lint_compares_it_with_any_other_rule(trigger: dict[str, Any], _: dict[str, Any]) -> None:
    followed = rule_of("rule_a", trigger={"event": "whatsapp.message_delivered"})
    sends = {"id": "hello", "action": "send_whatsapp", "with": {"to": "+905551112233", "template": "hello"}}
    beside = rule_of("rule_b", trigger={"after_rule": ["rule_a"], "moves_to": {"stage": "won"}}, steps=[sends])
    assert "lint.cycle" in {finding.code for finding in lint(followed, [beside, moving(trigger)])}
    assert all(finding.severity is Severity.WARNING for finding in lint(moving(trigger), [followed, beside]))


def test_an_item_that_stands_in_several_stages_is_not_moved_to_one_of_them() -> None:
    rule = moving({"event": "deal.updated"})
    context = context_of({}, "new")
    assert evaluate(rule.trigger.condition, context)
    assert not evaluate(rule.trigger.condition, {**context, "record": {**context["record"], "stage": ["new", "won"]}})
