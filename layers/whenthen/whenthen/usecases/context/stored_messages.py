"""Make a message of the stored template that a step names, as it is at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.stored_templates.rendering import render_message

if TYPE_CHECKING:
    from whenthen.domain.stored_templates.message_template import Channel
    from whenthen.domain.stored_templates.rendering import Rendered
    from whenthen.ports.templates import Templates

TEMPLATE = "template"
"""Name the parameter of a step that names a stored template, on most channels."""


class StoredMessages(Struct, frozen=True):
    """Render stored templates for a channel."""

    templates: Templates

    def render(
        self, template_id: str, channel: Channel, context: Mapping[str, Any], parameter: str = TEMPLATE
    ) -> Rendered:
        """Render the template that the step's `parameter` names for the record of the context, in its language.

        Raises NotFound if it is gone, Temporary; Invalid if its texts cannot be rendered or are not for the channel.
        """
        template = self.templates.current(template_id)
        try:
            return render_message(template, channel, context, template_id)
        except Invalid as error:
            place = f"with.{parameter}"
            problems = [Problem(_at(place, problem.field), problem.reason) for problem in error.problems]
            raise Invalid(problems) from error


def _at(place: str, field: str) -> str:
    return f"{place}.{field}" if field else place
