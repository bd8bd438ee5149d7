"""Describe the action of the WhatsApp channel."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter, ParameterKind
from whenthen.domain.runs.delivery_reports import REPORTS

CHANNEL = "whatsapp"


ACTIONS = (
    Action(
        "send_whatsapp",
        CHANNEL,
        ReasonCode("action.send_whatsapp")(),
        "Send a WhatsApp message: an approved template, or free text within 24 hours of the customer's last one.",
        (
            Parameter("to", "The phone number; by default the record's phone."),
            Parameter("text", "Free text."),
            Parameter("template", "The name of an approved template."),
            Parameter("language", "The template's language code, such as en_US."),
            Parameter("parameters", "The values of the template's body, in order.", ParameterKind.TEXTS),
            Parameter("reply_to", "The id of the message that this one answers."),
            PURPOSE,
        ),
        one_of=("text", "template"),
        shown=("template", "text"),
        reports=frozenset(each for each in REPORTS if each.startswith("whatsapp.")),
        messages=True,
        example={"template": "welcome", "language": "en_US", "parameters": ["{{ record.first_name }}"]},
    ),
)
