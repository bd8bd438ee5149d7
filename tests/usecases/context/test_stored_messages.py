"""A message of a stored template, as it is at the moment of sending."""

from __future__ import annotations

import pytest

from tests.adapters.samples import NOW
from tests.usecases.fakes.templates import FakeTemplates
from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.ports.reason_codes import TEMPLATE_NOT_FOUND
from whenthen.ports.templates import StoredTemplate
from whenthen.usecases.context.stored_messages import StoredMessages


def stored(version: int, text: str) -> StoredTemplate:
    document = {"id": "template_1", "name": "T", "texts": {"en": {"text": text}, "tr": {"text": f"tr {text}"}}}
    return StoredTemplate("template_1", version, document, NOW, "key_1")


def test_the_version_at_the_moment_of_sending_is_used() -> None:
    templates = FakeTemplates()
    messages = StoredMessages(templates)
    templates.save(stored(1, "first"), None)
    context = {"record": {"language": "tr"}, "language": "en"}
    assert messages.render("template_1", Channel.SMS, context).text == "tr first"
    templates.save(stored(2, "second"), stored(1, "first"))
    assert messages.render("template_1", Channel.SMS, context).text == "tr second"


def test_a_template_that_is_gone_is_named() -> None:
    with pytest.raises(NotFound) as error:
        StoredMessages(FakeTemplates()).render("template_9", Channel.SMS, {})
    assert error.value.reason == TEMPLATE_NOT_FOUND(template="template_9")


@pytest.mark.parametrize(
    ("channel", "text", "field"),
    [(Channel.EMAIL, "t", "with.template"), (Channel.SMS, "{{ record.a }}", "with.template.texts.en.text")],
)
def test_what_cannot_be_sent_is_named_at_the_step_s_parameter(channel: Channel, text: str, field: str) -> None:
    templates = FakeTemplates()
    templates.save(stored(1, text), None)
    with pytest.raises(Invalid) as error:
        StoredMessages(templates).render("template_1", channel, {"record": {}})
    assert [problem.field for problem in error.value.problems] == [field]
