"""Describe the action of the e-mail channel."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.delivery.message_reports import REPORTS
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter, ParameterKind

CHANNEL = "email"

MEMBERS = ("starts_at", "ends_at", "minutes", "title", "location", "description", "name", "cancelled")
"""Names of what `invitation` may say."""

_WHO = (
    "addresses, references (`agent:…`, `team:…`, `department:…`), or the words `record`, `contact`, `company`, "
    "`owner`, `owner.manager`, `participants` and `field:<name>`"
)


ACTIONS = (
    Action(
        "send_email",
        CHANNEL,
        ReasonCode("action.send_email")(),
        "Send an e-mail.",
        (
            Parameter("to", f"Who gets it: {_WHO}; by default the record's e-mail.", ParameterKind.SET),
            Parameter("cc", "Who gets a copy, named as in `to`.", ParameterKind.SET),
            Parameter("bcc", "Who gets a copy that the others do not see, named as in `to`.", ParameterKind.SET),
            Parameter(
                "template",
                "A stored template, by its id: its texts in the record's language, in place of subject, text and HTML.",
                ParameterKind.TEMPLATE,
                templated=False,
            ),
            Parameter("subject", "The subject line.", required=True),
            Parameter("text", "The body as plain text."),
            Parameter("html", "The body as HTML; values put into it are escaped.", ParameterKind.HTML),
            Parameter(
                "attachments",
                "Files: `event` (those of the event's mail), `field:<name>`, a reference to a record with a file, or "
                "an https URL.",
                ParameterKind.SET,
            ),
            Parameter(
                "invitation",
                "An appointment for the recipients' calendars; later steps with the same `name` change or cancel it.",
                ParameterKind.OBJECT,
                members=MEMBERS,
            ),
            Parameter("reply_to", "Where answers go: people, named as in `to`."),
            Parameter(
                "from",
                "The sender: MailFrom of the stack (the default), one of its MailSenders, or a colleague: `owner`, "
                "`owner.manager` or `agent:…`, whose name and address are used.",
            ),
            PURPOSE,
        ),
        one_of=("text", "html"),
        texts=("subject", "text", "html"),
        shown=("subject", "template"),
        reports=frozenset(each for each in REPORTS if each.startswith("email.")),
        messages=True,
        example={"subject": "Welcome, {{ record.first_name }}", "text": "We are glad that you are here."},
    ),
)
