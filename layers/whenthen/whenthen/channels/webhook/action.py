"""Describe the action of the webhook channel."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import Action, Parameter, ParameterKind

CHANNEL = "webhook"


ACTIONS = (
    Action(
        "call_webhook",
        CHANNEL,
        ReasonCode("action.call_webhook")(),
        "Post a signed JSON message to another system (Standard Webhooks).",
        (
            Parameter("url", "The https address; values are encoded.", ParameterKind.URL, required=True),
            Parameter(
                "open_host",
                "Let values choose the scheme, host and port of the address.",
                ParameterKind.FLAG,
                templated=False,
            ),
            Parameter("type", "The message's type; by default the event's."),
            Parameter("data", "The message's data; by default the event's data and the record.", ParameterKind.OBJECT),
            Parameter("secret", "The name of the signing secret; by default `default`.", templated=False),
        ),
        shown=("url",),
        example={"url": "https://example.com/hooks", "data": {"invoice": "{{ event.data.invoice }}"}},
    ),
)
