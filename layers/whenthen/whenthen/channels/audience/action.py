"""Describe the action of the channel of audiences."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import Action, Parameter, ParameterKind

CHANNEL = "audience"

ADD, REMOVE = "add", "remove"

ACTIONS = (
    Action(
        "update_audience",
        CHANNEL,
        ReasonCode("action.update_audience")(),
        "Add the customer to a custom audience of Meta, or remove them from it.",
        (
            Parameter("audience", "The id of the custom audience, as Meta's Ads Manager shows it.", required=True),
            Parameter(
                "change",
                "add (the default) puts the customer in, if they agreed; remove takes them out.",
                ParameterKind.CHOICE,
                templated=False,
                options=(ADD, REMOVE),
            ),
        ),
        shown=("audience",),
        example={"audience": "23847000000000001", "change": "add"},
    ),
)
