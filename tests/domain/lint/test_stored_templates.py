"""Lint of stored templates, and of rules that name them."""

from __future__ import annotations

from typing import Any

from whenthen.domain.lint.findings import (
    LANGUAGES_DIFFER,
    NO_SUCH_TEMPLATE,
    TEMPLATE_OF_OTHER_CHANNEL,
    UNKNOWN_EVENT,
    UNKNOWN_FIELD,
)
from whenthen.domain.lint.known_fields import known_of
from whenthen.domain.lint.template_fields import lint_template, stored_templates
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.stored_templates.message_template import MessageTemplate
from whenthen.domain.stored_templates.reading import parse_message_template


def template(*events: str, channel: str = "any", **texts: str) -> MessageTemplate:
    written = {language: {"subject": "s", "text": text} for language, text in texts.items()}
    return parse_message_template({"name": "T", "channel": channel, "events": list(events), "texts": written})


def found(*events: str, **texts: str) -> list[tuple[str, str, Any]]:
    return [
        (each.code, each.field, each.reason.params.get("field")) for each in lint_template(template(*events, **texts))
    ]


def test_fields_that_the_events_do_not_have() -> None:
    text = "{{ event.data.subject }} {% for a in event.data.lnes %}{{ a.price }}{% endfor %}"
    assert found("email.received", tr=text) == [(UNKNOWN_FIELD.code, "texts.tr.text", "event.data.lnes")]
    assert found(tr=text) == []
    assert found("email.received", "crm.noted", tr=text) == []


def test_events_that_there_are_not() -> None:
    assert found("email.recieved", en="t") == [(UNKNOWN_EVENT.code, "events", None)]
    assert found("lead.field_changed", en="t") == []


def test_languages_of_which_one_says_less() -> None:
    assert found(en="{{ record.a }} {{ record.b }}", tr="{{ record.a }}", hu="{{ record.b }} {{ record.a }}") == [
        (LANGUAGES_DIFFER.code, "texts.tr", "record.b")
    ]


def rule_of(template_id: str) -> Rule:
    step = {"id": "mail", "action": "send_email", "with": {"template": template_id}}
    tag = {"id": "tag", "action": "add_tags", "with": {"tags": ["x"]}}
    return parse_rule({"name": "r", "trigger": {"event": "email.received"}, "steps": [tag, step]})


def of_rule(known: MessageTemplate | None) -> list[tuple[str, str, Any]]:
    rule = rule_of("template_1")
    findings = stored_templates(rule, known_of(rule.trigger.event_types), {"template_1": known}.get)
    return [(each.code, each.field, each.reason.params) for each in findings]


def test_a_rule_that_names_a_template_which_is_not_there() -> None:
    assert of_rule(None) == [(NO_SUCH_TEMPLATE.code, "steps[1].with.template", {"template": "template_1"})]


def test_a_rule_that_names_a_template_of_another_channel() -> None:
    texts = {"en": {"text": "t"}}
    other = parse_message_template({"name": "T", "channel": "sms", "texts": texts})
    params = {"template": "template_1", "channel": "email"}
    assert of_rule(other) == [(TEMPLATE_OF_OTHER_CHANNEL.code, "steps[1].with.template", params)]


def test_a_rule_whose_events_lack_a_field_of_the_template_is_told_once() -> None:
    text = "{{ event.data.nothing }} {{ event.data.subject }}"
    assert of_rule(template(en=text, tr=text)) == [
        (UNKNOWN_FIELD.code, "steps[1].with.template", {"field": "event.data.nothing"})
    ]
    assert of_rule(template(en="{{ event.data.subject }}")) == []
