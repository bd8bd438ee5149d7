"""The text of a customer's language, rendered within the bounds of its channel."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.stored_templates.message_template import MAX_SMS, MAX_WHATSAPP, Channel, MessageTemplate
from whenthen.domain.stored_templates.reading import parse_message_template
from whenthen.domain.stored_templates.rendering import (
    NOTHING_WRITTEN,
    OTHER_CHANNEL,
    TEXT_TOO_LONG,
    language_for,
    render_message,
)
from whenthen.domain.templating.filters import FILTER_TOO_LONG


def template(channel: str = "any", **texts: dict[str, str]) -> MessageTemplate:
    return parse_message_template({"name": "T", "channel": channel, "texts": texts})


HELLO = template(
    en={"subject": "Hello {{ record.name }}", "text": "Vip: {{ record.vip }}"},
    tr={"subject": "Merhaba {{ record.name }}", "text": "Vip: {{ record.vip }}"},
    hu={"subject": "Szia {{ record.name }}", "text": "Vip: {{ record.vip }}"},
)


@pytest.mark.parametrize(
    ("own", "of_rule", "language"),
    [
        ("tr", "hu", "tr"),
        ("tr-TR", "hu", "tr"),
        ("de", "hu", "hu"),
        (None, "hu", "hu"),
        ("Türkçe", "hu", "hu"),
        (["tr"], "hu", "hu"),
        ("de", "id", "en"),
        (None, None, "en"),
    ],
)
def test_the_language_is_the_record_s_then_the_rule_s_then_the_first(own: Any, of_rule: Any, language: str) -> None:
    assert language_for(HELLO, {"record": {"language": own}, "language": of_rule}) == language


def test_a_message_without_record_has_the_rule_s_language() -> None:
    assert language_for(HELLO, {"record": None, "language": "tr"}) == "tr"


def test_words_are_in_the_language_of_the_text_and_not_of_the_record() -> None:
    context = {"record": {"language": "tr", "name": "Ayşe", "vip": True}, "language": "hu"}
    found = render_message(HELLO, Channel.EMAIL, context, "t")
    assert (found.language, found.subject, found.text, found.html) == ("tr", "Merhaba Ayşe", "Vip: evet", "")
    context = {"record": {"language": "de", "name": "Jan", "vip": False}, "language": "hu"}
    assert render_message(HELLO, Channel.EMAIL, context, "t").text == "Vip: nem"


@pytest.mark.parametrize(
    ("own", "of_rule", "locale"),
    [("en-GB", "tr", "en-GB"), ("en", "tr", "en"), ("tr-TR", "hu", "tr-TR"), ("de", "hu", "hu"), (None, None, "en")],
)
def test_the_locale_is_that_of_the_text_with_the_record_s_territory(own: Any, of_rule: Any, locale: str) -> None:
    assert render_message(HELLO, Channel.ANY, {"record": {"language": own}, "language": of_rule}, "t").locale == locale


def test_a_language_without_data_is_formatted_as_the_rule_s() -> None:
    german = template(de={"text": "Hallo"})
    found = render_message(german, Channel.SMS, {"record": {"language": "de"}, "language": "tr"}, "t")
    assert (found.language, found.locale) == ("de", "tr")


def test_html_is_escaped_and_a_subject_stays_one_line() -> None:
    mail = template("email", en={"subject": "Re: {{ record.name }}", "html": "<b>{{ record.name }}</b>"})
    found = render_message(mail, Channel.EMAIL, {"record": {"name": "<i>\r\nBcc: x"}}, "t")
    assert (found.subject, found.html) == ("Re: <i> Bcc: x", "<b>&lt;i&gt;\r\nBcc: x</b>")


def test_a_long_subject_is_cut() -> None:
    mail = template("email", en={"subject": "{{ record.name }}", "text": "t"})
    assert len(render_message(mail, Channel.EMAIL, {"record": {"name": "x" * 900}}, "t").subject) == 500


@pytest.mark.parametrize(("channel", "most"), [(Channel.SMS, MAX_SMS), (Channel.WHATSAPP, MAX_WHATSAPP)])
def test_a_text_longer_than_its_channel_takes_is_refused(channel: Channel, most: int) -> None:
    text = template(en={"text": " {{ record.name }}\n"})
    assert len(render_message(text, channel, {"record": {"name": "x" * most}}, "t").text) == most
    with pytest.raises(Invalid) as refused:
        render_message(text, channel, {"record": {"name": "x" * (most + 1)}}, "t")
    [problem] = refused.value.problems
    assert problem.field == "texts.en.text"
    assert problem.reason == TEXT_TOO_LONG(count=most, found=most + 1, channel=channel.value)


def test_an_empty_message_is_refused() -> None:
    text = template(en={"text": "{{ record.missing }}"})
    with pytest.raises(Invalid) as refused:
        render_message(text, Channel.SMS, {"record": {}}, "t")
    assert refused.value.reason.params["problem"] == NOTHING_WRITTEN()


def test_spaces_that_do_not_break_are_plain_in_a_text_message() -> None:
    text = template(en={"text": "1\u00a0234\u202fFt"})
    assert render_message(text, Channel.SMS, {"record": {}}, "t").text == "1 234 Ft"
    assert render_message(text, Channel.WHATSAPP, {"record": {}}, "t").text == "1\u00a0234\u202fFt"


def test_a_template_of_another_channel_is_refused_by_its_id() -> None:
    with pytest.raises(Invalid) as refused:
        render_message(template("sms", en={"text": "t"}), Channel.EMAIL, {"record": {}}, "template_1")
    assert refused.value.reason == OTHER_CHANNEL(template="template_1", channel="email")


def test_a_value_that_cannot_be_rendered_names_its_text() -> None:
    text = template(tr={"text": "{{ record.a|replace('a', record.a) }}"})
    with pytest.raises(Invalid) as refused:
        render_message(text, Channel.ANY, {"record": {"a": "a" * 1000}}, "t")
    [problem] = refused.value.problems
    assert (problem.field, problem.reason.code) == ("texts.tr.text", FILTER_TOO_LONG.code)
