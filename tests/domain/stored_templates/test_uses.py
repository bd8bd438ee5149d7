"""Stored templates that a rule names."""

from __future__ import annotations

import pytest

from whenthen.domain.rules import actions
from whenthen.domain.rules.actions import Action, Parameter, ParameterKind
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.domain.stored_templates.uses import channel_of, template_of, templates_named


@pytest.fixture
def _a_channel_with_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(actions.actions())
    template = Parameter("letter", "A stored template.", ParameterKind.TEMPLATE, templated=False)
    known["write"] = Action("write", "sms", known["send_email"].label, "Write.", (template,))
    for module in (
        "whenthen.domain.rules.actions",
        "whenthen.domain.rules.steps",
        "whenthen.domain.stored_templates.uses",
    ):
        monkeypatch.setattr(f"{module}.actions", lambda: known)


@pytest.mark.usefixtures("_a_channel_with_templates")
def test_the_templates_of_all_steps_are_found() -> None:
    steps = [
        {"id": "a", "action": "write", "with": {"letter": "template_1"}},
        {"id": "b", "action": "write"},
        {"id": "c", "action": "add_tags", "with": {"tags": ["template_9"]}},
        {"id": "d", "action": "write", "with": {"letter": "template_2"}},
    ]
    rule = parse_rule({"name": "r", "trigger": {"event": "lead.created"}, "steps": steps})
    assert [template_of(step) for step in rule.steps] == [
        ("letter", "template_1"), None, None, ("letter", "template_2"),
    ]  # fmt: skip
    assert templates_named(rule) == {"template_1", "template_2"}
    assert channel_of(rule.steps[0]) is Channel.SMS
