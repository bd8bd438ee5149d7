"""Describe the action of the e-mail channel."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter, ParameterKind
from whenthen.domain.runs.delivery_reports import REPORTS

CHANNEL = "email"


ACTIONS = (
    Action(
        "send_email",
        CHANNEL,
        ReasonCode("action.send_email")(),
        "Send an e-mail.",
        (
            Parameter("to", "The address; by default the record's e-mail."),
            Parameter("subject", "The subject line.", required=True),
            Parameter("text", "The body as plain text."),
            Parameter("html", "The body as HTML; values put into it are escaped.", ParameterKind.HTML),
            Parameter("reply_to", "Where answers go."),
            Parameter("from", "The sender: MailFrom of the stack (the default), or one of its MailSenders."),
            PURPOSE,
        ),
        one_of=("text", "html"),
        shown=("subject",),
        reports=frozenset(each for each in REPORTS if each.startswith("email.")),
        messages=True,
        example={"subject": "Welcome, {{ record.first_name }}", "text": "We are glad that you are here."},
    ),
)
