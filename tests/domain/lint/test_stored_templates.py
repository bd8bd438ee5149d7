"""Lint of stored templates, and of rules that name them."""

from __future__ import annotations

from typing import Any

from whenthen.channels.sms.linting import FORCES_UCS_2, NO_WAY_OUT
from whenthen.domain.lint.findings import (
    IN_LANGUAGE,
    LANGUAGES_DIFFER,
    NO_SUCH_TEMPLATE,
    TEMPLATE_OF_OTHER_CHANNEL,
    UNKNOWN_EVENT,
    UNKNOWN_FIELD,
)
from whenthen.domain.lint.known_fields import known_of
from whenthen.domain.lint.template_fields import lint_template, stored_templates
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.sending.sms_parts import SEVERAL_PARTS
from whenthen.domain.stored_templates.message_template import MessageTemplate
from whenthen.domain.stored_templates.reading import parse_message_template
from whenthen.domain.stored_templates.uses import templates_named


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


def sends(action: str, **parameters: Any) -> Rule:
    step = {"id": "it", "action": action, "with": parameters}
    return parse_rule({"name": "r", "trigger": {"event": "email.received"}, "steps": [step]})


def of_step(rule: Rule, known: MessageTemplate | None) -> list[tuple[str, Any]]:
    found_here = stored_templates(rule, known_of(rule.trigger.event_types), {"template_1": known}.get)
    return [(each.field, each.reason) for each in found_here]


def test_an_sms_of_a_template_is_counted_in_each_language() -> None:
    texts = template(channel="any", en="Hello {{ record.name }}", tr="ş" * 71, hu="a" * 161)
    rule = sends("send_sms", template="template_1", purpose="service")
    place = "steps[0].with.template"
    assert of_step(rule, texts) == [
        (place, IN_LANGUAGE(language="tr", problem=FORCES_UCS_2(characters=["ş"], parts=2))),
        (place, IN_LANGUAGE(language="tr", problem=SEVERAL_PARTS(parts=2, encoding="UCS-2", units=71))),
        (place, IN_LANGUAGE(language="hu", problem=SEVERAL_PARTS(parts=2, encoding="GSM-7", units=161))),
    ]


def test_marketing_by_a_template_that_names_no_way_to_stop_is_told_once() -> None:
    texts = template(channel="any", en="Hello", tr="Merhaba", hu="Szia STOP")
    rule = sends("send_sms", template="template_1")
    assert of_step(rule, texts) == [("steps[0].with.opt_out", NO_WAY_OUT())]


def test_a_stored_template_of_whatsapp_is_looked_at_too() -> None:
    rule, place = sends("send_whatsapp", stored_template="template_1"), "steps[0].with.stored_template"
    assert of_step(rule, None) == [(place, NO_SUCH_TEMPLATE(template="template_1"))]
    other = parse_message_template({"name": "T", "channel": "sms", "texts": {"en": {"text": "t"}}})
    assert of_step(rule, other) == [(place, TEMPLATE_OF_OTHER_CHANNEL(template="template_1", channel="whatsapp"))]
    lacking = template(en="{{ event.data.nothing }}")
    assert of_step(rule, lacking) == [(place, UNKNOWN_FIELD(field="event.data.nothing"))]
    assert of_step(rule, template(en="ş" * 200)) == []


def test_rules_of_whatsapp_are_among_those_that_name_a_template() -> None:
    assert templates_named(sends("send_whatsapp", stored_template="template_1")) == {"template_1"}
    assert templates_named(sends("send_whatsapp", template="template_1")) == frozenset(), "that one is Meta's"
