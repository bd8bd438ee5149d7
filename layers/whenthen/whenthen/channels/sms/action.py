"""Describe the action of the SMS channel."""

from __future__ import annotations

from whenthen.channels.sms.linting import lint
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.delivery.message_reports import REPORTS
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter, ParameterKind

CHANNEL = "sms"
BY_COUNTRY, ALWAYS = "by_country", "always"

ACTIONS = (
    Action(
        "send_sms",
        CHANNEL,
        ReasonCode("action.send_sms")(),
        "Send an SMS.",
        (
            Parameter("to", "The phone number; by default the record's phone."),
            Parameter("text", "The text. Several parts are charged each: 160 characters of GSM-7, else 70."),
            Parameter(
                "template", "A stored template, in the customer's language.", ParameterKind.TEMPLATE, templated=False
            ),
            Parameter("from", "The number, pool or sender id that it comes from; SmsFrom of the stack by default."),
            Parameter("opt_out", "How to stop messages, such as `Stop: 1234`; ends a marketing message."),
            Parameter(
                "ttl", 'How long the network may try, such as {"hours": 2}; 72 hours by default.', ParameterKind.OBJECT
            ),
            Parameter(
                "links",
                "by_country (the default) sends no link where networks block or mask them; always does.",
                ParameterKind.CHOICE,
                templated=False,
                options=(BY_COUNTRY, ALWAYS),
            ),
            PURPOSE,
        ),
        one_of=("text", "template"),
        shown=("text", "template"),
        reports=frozenset(each for each in REPORTS if each.startswith("sms.")),
        lints=lint,
        messages=True,
        example={"text": "Your appointment is at {{ record.starts_at }}.", "purpose": "service"},
    ),
)
