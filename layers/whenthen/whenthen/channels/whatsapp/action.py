"""Describe the action of the WhatsApp channel."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.delivery.message_reports import REPORTS
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter, ParameterKind

CHANNEL = "whatsapp"


ACTIONS = (
    Action(
        "send_whatsapp",
        CHANNEL,
        ReasonCode("action.send_whatsapp")(),
        "Send a WhatsApp message: free content within 24 hours of the customer's last one, else an approved template.",
        (
            Parameter("to", "The phone number; by default the record's phone."),
            Parameter("text", "Free text."),
            Parameter(
                "interactive",
                "A message with reply buttons, a list, a link or a flow, in the form of WhatsApp's Cloud API.",
                ParameterKind.OBJECT,
            ),
            Parameter(
                "media",
                "An image, video, audio, document or sticker: type, link or id, caption, filename.",
                ParameterKind.OBJECT,
            ),
            Parameter(
                "stored_template",
                "A stored template in place of the text, in the customer's language.",
                ParameterKind.TEMPLATE,
                templated=False,
            ),
            Parameter(
                "template", "The name of an approved template; beside free content, for when that comes too late."
            ),
            Parameter("language", "The template's language code, such as en_US."),
            Parameter("parameters", "The values of the template's body, in order.", ParameterKind.TEXTS),
            Parameter(
                "components",
                "The template's header, body and buttons with their values, in the form of WhatsApp's Cloud API.",
                ParameterKind.JSON,
            ),
            Parameter("reply_to", "The id of the message that this one answers."),
            PURPOSE,
        ),
        one_of=("text", "stored_template", "interactive", "media", "template"),
        at_most_one=("text", "stored_template", "interactive", "media"),
        shown=("template", "text"),
        reports=frozenset(each for each in REPORTS if each.startswith("whatsapp.")),
        messages=True,
        example={"template": "welcome", "language": "en_US", "parameters": ["{{ record.first_name }}"]},
    ),
)
