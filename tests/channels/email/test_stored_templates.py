"""Mail of a stored template: in the customer's language, as it is when it is sent, and what happens if it is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import codes
from tests.usecases.fakes.world import World
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import NONE_GIVEN, REQUIRED
from whenthen.domain.rules.actions import GIVEN_BY_TEMPLATE
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.reason_codes import TEMPLATE_NOT_FOUND

TEXTS = {
    "en": {"subject": "Hello {{ record.name }}", "text": "You pay {{ record.amount|money('TRY') }}"},
    "tr": {
        "subject": "Merhaba {{ record.name }}",
        "text": "Tutar {{ record.amount|money('TRY') }}",
        "html": "<b>{{ record.name }}</b>",
    },
}


@pytest.mark.parametrize(
    ("language", "subject", "text", "html"),
    [
        ("tr-TR", "Merhaba <Ayşe>", "Tutar ₺5.000,00", "<b>&lt;Ayşe&gt;</b>"),
        ("en", "Hello <Ayşe>", "You pay TRY\u00a05,000.00", ""),
        ("de", "Hello <Ayşe>", "You pay TRY\u00a05,000.00", ""),
    ],
)
def test_a_mail_has_the_texts_of_the_customer_s_language(
    world: World, language: str, subject: str, text: str, html: str
) -> None:
    world.has_texts("template_1", "email", **TEXTS)
    world.has_record("lead:1", email="ayse@example.com", name="<Ayşe>", amount=5000, language=language)
    job = performed(world, "send_email", template="template_1")
    (mail,) = world.mailer.sent
    assert job.status is JobStatus.DONE
    assert (mail.subject, mail.text, mail.html) == (subject, text, html)


def test_the_version_at_the_moment_of_sending_goes_out(world: World) -> None:
    for words in ("first", "second"):
        world.has_texts("template_1", en={"subject": "s", "text": words})
    performed(world, "send_email", template="template_1")
    assert [mail.text for mail in world.mailer.sent] == ["second"]


def test_a_template_that_is_gone_fails_the_job_with_its_id(world: World) -> None:
    job = performed(world, "send_email", template="template_9")
    assert (job.status, world.mailer.sent) == (JobStatus.FAILED, [])
    assert job.reason == TEMPLATE_NOT_FOUND(template="template_9")


@pytest.mark.parametrize(
    ("channel", "texts", "field", "code"),
    [
        ("sms", {"text": "t"}, "with.template", "stored_template.other_channel"),
        ("any", {"text": "t"}, "with.template", "stored_template.other_channel"),
        ("email", {"subject": "{{ record.missing }}", "text": "t"}, "with.subject", "field.empty"),
        (
            "email",
            {"subject": "s", "text": "{{ record.name|replace('a', record.name) }}"},
            "with.template.texts.en.text",
            "template.filter_too_long",
        ),
    ],
)
def test_what_cannot_be_sent_fails_the_job_by_its_place(
    world: World, channel: str, texts: dict[str, str], field: str, code: str
) -> None:
    world.has_texts("template_1", channel, en=texts)
    world.has_record("lead:1", email="ayse@example.com", name="a" * 2_000)
    job = performed(world, "send_email", template="template_1")
    assert (job.status, world.mailer.sent) == (JobStatus.FAILED, [])
    assert job.reason is not None
    assert job.reason.params["field"] == field
    assert codes(job.reason)[1] == code


@pytest.mark.parametrize(
    ("parameters", "field", "reason"),
    [
        ({"template": "template_1", "subject": "s"}, ".subject", GIVEN_BY_TEMPLATE(template="template")),
        ({"template": "template_1", "text": "t"}, ".text", GIVEN_BY_TEMPLATE(template="template")),
        ({"template": "template_1", "html": "t"}, ".html", GIVEN_BY_TEMPLATE(template="template")),
        ({"text": "t"}, ".subject", REQUIRED()),
        ({"subject": "s"}, "", NONE_GIVEN(options=("text", "html", "template"))),
        ({"template": " ", "text": "t"}, ".subject", REQUIRED()),
    ],
)
def test_a_step_names_a_template_or_has_texts_of_its_own(parameters: dict[str, Any], field: str, reason: Any) -> None:
    step = {"id": "mail", "action": "send_email", "with": parameters}
    with pytest.raises(Invalid) as refused:
        parse_rule({"name": "r", "trigger": {"event": "lead.created"}, "steps": [step]})
    assert [(each.field, each.reason) for each in refused.value.problems] == [(f"steps[0].with{field}", reason)]
