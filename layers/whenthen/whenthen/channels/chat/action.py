"""Describe the action of the chat channel."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter, ParameterKind

CHANNEL = "chat"

ACTIONS = (
    Action(
        "send_chat",
        CHANNEL,
        ReasonCode("action.send_chat")(),
        "Write into the customer's chat, through the chat system's connection.",
        (
            Parameter(
                "connection",
                "The name of the chat system's stored connection; its base URL takes the message.",
                ParameterKind.CONNECTION,
                required=True,
                templated=False,
            ),
            Parameter("to", "The chat's id; by default that of the event."),
            Parameter("text", "The text."),
            Parameter(
                "template", "A stored template, in the customer's language.", ParameterKind.TEMPLATE, templated=False
            ),
            Parameter("data", "More for the chat system, such as buttons.", ParameterKind.JSON),
            PURPOSE,
        ),
        one_of=("text", "template"),
        shown=("text", "template"),
        messages=True,
        example={"connection": "site_chat", "text": "We are open from 9 to 18.", "purpose": "service"},
    ),
)
