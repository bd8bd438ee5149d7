"""Stored templates as admins write them: each problem named at its field."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import (
    BAD_EVENT_TYPE,
    EMPTY,
    NONE_GIVEN,
    NOT_OBJECT,
    NOT_ONE_OF,
    NOT_TEXT,
    REQUIRED,
    TEXT_TOO_LONG,
    TOO_MANY,
    UNKNOWN_FIELD,
)
from whenthen.domain.stored_templates.message_template import MAX_SUBJECT, Channel
from whenthen.domain.stored_templates.reading import (
    BAD_LANGUAGE,
    LINE_BREAK,
    MAX_LANGUAGES,
    NOT_OF_CHANNEL,
    SAME_LANGUAGE,
    check_message_template,
    parse_message_template,
)

MAIL = {"subject": "Hello {{ record.first_name }}", "text": "Welcome"}


def document(**more: Any) -> dict[str, Any]:
    return {"name": "Welcome", "channel": "email", "texts": {"en": MAIL}, **more}


def test_languages_keep_their_order_and_take_their_usual_form() -> None:
    parsed = parse_message_template(document(texts={"TR": MAIL, "pt_br": MAIL, "en": MAIL}, events=["lead.created"]))
    assert list(parsed.texts) == ["tr", "pt-BR", "en"]
    assert (parsed.channel, parsed.name, parsed.events) == (Channel.EMAIL, "Welcome", ("lead.created",))
    assert parsed.texts["tr"].given() == MAIL


def test_a_template_is_for_any_channel_if_it_names_none() -> None:
    parsed = parse_message_template({"name": "Thanks", "texts": {"en": {"text": "Thank you"}}})
    assert parsed.channel is Channel.ANY
    assert [channel for channel in Channel if parsed.serves(channel)] == [Channel.ANY, Channel.SMS, Channel.WHATSAPP]


def test_one_for_any_channel_serves_mail_if_each_language_has_a_subject() -> None:
    whole = {"name": "T", "texts": {"en": {"subject": "S", "text": "T"}, "tr": {"subject": "S", "text": "T"}}}
    assert parse_message_template(whole).serves(Channel.EMAIL)
    half = {"name": "T", "texts": {"en": {"subject": "S", "text": "T"}, "tr": {"text": "T"}}}
    assert not parse_message_template(half).serves(Channel.EMAIL)


def test_one_for_a_channel_serves_no_other() -> None:
    assert not parse_message_template(document()).serves(Channel.SMS)


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"name": ""}, "name", EMPTY()),
        ({"name": None}, "name", REQUIRED()),
        ({"channel": "fax"}, "channel", NOT_ONE_OF(options=["any", "email", "sms", "whatsapp"])),
        ({"texts": None}, "texts", REQUIRED()),
        ({"texts": {}}, "texts", REQUIRED()),
        ({"texts": []}, "texts", NOT_OBJECT()),
        ({"texts": {"english": MAIL}}, "texts", BAD_LANGUAGE(value="english")),
        ({"texts": {"tr": MAIL, "TR": MAIL}}, "texts", SAME_LANGUAGE(language="tr")),
        ({"texts": {"en": "Hello"}}, "texts.en", NOT_OBJECT()),
        ({"texts": {"en": {"text": "T"}}}, "texts.en.subject", REQUIRED()),
        ({"texts": {"en": {"subject": "S"}}}, "texts.en", NONE_GIVEN(options=("text", "html"))),
        ({"texts": {"en": {**MAIL, "text": 5}}}, "texts.en.text", NOT_TEXT()),
        ({"texts": {"en": {**MAIL, "subject": "a\nb"}}}, "texts.en.subject", LINE_BREAK()),
        ({"texts": {"en": {**MAIL, "subject": "a\u2028b"}}}, "texts.en.subject", LINE_BREAK()),
        (
            {"texts": {"en": {**MAIL, "subject": "s" * 501}}},
            "texts.en.subject",
            TEXT_TOO_LONG(count=MAX_SUBJECT, found=501),
        ),
        ({"texts": {"en": {**MAIL, "body": "b"}}}, "texts.en.body", UNKNOWN_FIELD(known=["html", "subject", "text"])),
        ({"channel": "sms"}, "texts.en.subject", NOT_OF_CHANNEL(channel="sms")),
        (
            {"channel": "whatsapp", "texts": {"en": {"text": "t", "html": "<b>"}}},
            "texts.en.html",
            NOT_OF_CHANNEL(channel="whatsapp"),
        ),
        ({"channel": "sms", "texts": {"en": {}}}, "texts.en.text", REQUIRED()),
        ({"events": ["Lead Created"]}, "events", BAD_EVENT_TYPE(value="Lead Created")),
        (
            {"texts": {f"a{chr(97 + number // 26)}{chr(97 + number % 26)}": MAIL for number in range(31)}},
            "texts",
            TOO_MANY(count=MAX_LANGUAGES, found=31),
        ),
    ],
)
def test_each_problem_names_its_field(changed: dict[str, Any], field: str, reason: Any) -> None:
    with pytest.raises(Invalid) as refused:
        parse_message_template(document(**changed))
    assert (field, reason) in [(problem.field, problem.reason) for problem in refused.value.problems]


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        parse_message_template({"channel": "fax", "texts": {"en": {"subject": 1}}, "colour": "red"})
    assert {problem.field for problem in refused.value.problems} == {
        "channel", "texts.en.subject", "texts.en.text", "colour", "name",
    }  # fmt: skip


def test_a_text_is_checked_at_its_own_field() -> None:
    broken = {"subject": "{{ secret }}", "text": "{% if record.a %}", "html": "{{ record.a }}"}
    problems = check_message_template(parse_message_template(document(texts={"en": MAIL, "tr": broken})))
    assert [problem.field for problem in problems] == ["texts.tr.subject", "texts.tr.text"]
