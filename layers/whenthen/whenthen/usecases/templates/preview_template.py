"""preview_template: show the message that a template makes for a record, and which values it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import NOT_OBJECT
from whenthen.domain.sending.sms_parts import TOO_MANY_PARTS, sms_parts
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.domain.stored_templates.previewing import missing_fields
from whenthen.domain.stored_templates.rendering import Rendered, language_for, render_message
from whenthen.usecases.templates.manage_templates import as_written, checked
from whenthen.usecases.templates.preview_context import Asked, read_asked

if TYPE_CHECKING:
    from whenthen.domain.stored_templates.message_template import MessageTemplate
    from whenthen.usecases.templates.manage_templates import ManageTemplates
    from whenthen.usecases.templates.preview_context import PreviewContext

TEMPLATE = "template"
"""Name the field of a request that holds a template which is not stored."""


class Preview(Struct, frozen=True):
    """Hold the message as it would go out, and the fields that it names and that are missing or blank.

    version   of the template; None for one that is not stored
    problems  why the message could not be made (then its texts are empty), or not be sent
    """

    channel: Channel
    version: int | None
    message: Rendered
    missing: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


class PreviewTemplate(Struct, frozen=True):
    """Render a template without sending anything. An SMS has `most_parts` parts or fewer."""

    templates: ManageTemplates
    context: PreviewContext
    most_parts: int

    def __call__(self, template_id: str, written: Mapping[str, Any]) -> Preview:
        """Render a stored template for whom `written` says. Raises NotFound, Invalid."""
        asked = read_asked(written)
        if asked.version is None:
            stored = self.templates.get(template_id)
        else:
            stored = self.templates.get_version(template_id, asked.version)
        return self._preview(checked(as_written(stored.document)), asked, template_id, stored.version)

    def draft(self, written: Mapping[str, Any]) -> Preview:
        """Render the `template` in `written`, which is not stored. Raises NotFound, Invalid."""
        document = written.get(TEMPLATE)
        if not isinstance(document, Mapping):
            raise Invalid.field(TEMPLATE, NOT_OBJECT())
        asked = read_asked({name: value for name, value in written.items() if name != TEMPLATE})
        try:
            template = checked(as_written(document))
        except Invalid as error:
            raise Invalid(
                [Problem(f"{TEMPLATE}.{problem.field}", problem.reason) for problem in error.problems]
            ) from error
        return self._preview(template, asked, TEMPLATE, None)

    def _preview(self, template: MessageTemplate, asked: Asked, name: str, version: int | None) -> Preview:
        channel, context = asked.channel or template.channel, self.context(asked)
        language = language_for(template, context)
        missing = missing_fields(template.texts[language].given().values(), context)
        try:
            message = render_message(template, channel, context, name)
        except Invalid as error:
            return Preview(channel, version, Rendered(language), missing, error.problems)
        problems = self._parts(message) if channel is Channel.SMS else ()
        return Preview(channel, version, message, missing, problems)

    def _parts(self, message: Rendered) -> tuple[Problem, ...]:
        found = sms_parts(message.text)
        if found.parts <= self.most_parts:
            return ()
        said = TOO_MANY_PARTS(parts=found.parts, most=self.most_parts, encoding=found.encoding.value)
        return (Problem(f"texts.{message.language}.text", said),)
