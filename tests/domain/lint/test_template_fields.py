"""Fields that templates name and the rule's events do not have are warned of, wherever the template stands."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.lint.findings import Severity
from whenthen.domain.lint.lint import lint
from whenthen.domain.rules.rule import parse_rule

FORM: dict[str, Any] = {"event": "form.submitted"}
OWN: dict[str, Any] = {"event": "shop.order_packed"}


def call(**parameters: Any) -> dict[str, Any]:
    return {"id": "call", "action": "call_webhook", "with": {"url": "https://a.example/hook", **parameters}}


@pytest.mark.parametrize(
    ("trigger", "step", "found"),
    [
        (FORM, call(data={"sum": "{{ event.data.amuont }}"}), [("steps[0].with.data.sum", "event.data.amuont")]),
        (FORM, call(data={"sum": "{{ event.data['amuont'] }}"}), [("steps[0].with.data.sum", "event.data.amuont")]),
        (FORM, call(data={"list": ["{{ event.data.x.y }}"]}), [("steps[0].with.data.list[0]", "event.data.x.y")]),
        (FORM, call(data={"a": "{{ event.data.b | default('-') }}"}), [("steps[0].with.data.a", "event.data.b")]),
        (FORM, call(data={"a": "{% if event.data.b %}x{% endif %}"}), [("steps[0].with.data.a", "event.data.b")]),
        (FORM, call(url="https://a.example/{{ event.data.no }}"), [("steps[0].with.url", "event.data.no")]),
        (FORM, call(data={"sum": "{{ event.data.form }}", "all": "{{ event.data }}"}), []),
        (FORM, call(data={"name": "{{ record.whatever }}", "text": "event.data.amuont"}), []),
        ({"event": "payment.received"}, call(data={"sum": "{{ event.data.amount }}"}), []),
        (OWN, call(data={"sum": "{{ event.data.amuont }}"}), []),
        ({"event": ["form.submitted", "shop.order_packed"]}, call(data={"sum": "{{ event.data.amuont }}"}), []),
    ],
)
def test_a_field_that_the_events_do_not_have_is_warned_of(
    trigger: dict[str, Any], step: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    rule = parse_rule({"name": "it", "trigger": trigger, "steps": [step], "mode": "on"})
    findings = [finding for finding in lint(rule) if finding.code == "lint.unknown_field"]
    assert [(each.field, each.reason.params["field"]) for each in findings] == found
    assert all(finding.severity is Severity.WARNING for finding in findings)
