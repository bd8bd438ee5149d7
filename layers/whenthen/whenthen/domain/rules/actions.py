"""The catalogue of actions: what a step can do, on which channel, with which parameters.

Everything that needs to know an action reads this table: the parser of rules, the dispatch to queues,
the API's catalogue and the docs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.records.record import KIND, check_fields

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

MAX_TEMPLATE = 20_000
"""Characters of one templated text."""


class Channel(StrEnum):
    """Where a job goes: each channel has one queue and one function."""

    EMAIL = "email"
    WHATSAPP = "whatsapp"
    WEBHOOK = "webhook"
    RECORD = "record"


class ParameterKind(StrEnum):
    """What a parameter holds."""

    TEXT = "text"
    TEXTS = "texts"
    OBJECT = "object"
    FIELDS = "fields"
    RECORD_KIND = "record_kind"
    CHOICE = "choice"
    FLAG = "flag"


class Parameter(Struct, frozen=True):
    """One parameter of an action. `templated`: its strings are templates, rendered when the step is due."""

    name: str
    description: str
    kind: ParameterKind = ParameterKind.TEXT
    required: bool = False
    templated: bool = True
    options: tuple[str, ...] = ()


class Action(Struct, frozen=True):
    """One action. `rows` are the rows of the product's checklist that it serves."""

    name: str
    channel: Channel
    description: str
    parameters: tuple[Parameter, ...]
    one_of: tuple[str, ...] = ()
    rows: str = ""


_P = Parameter
_PURPOSE = _P(
    "purpose",
    "What it is for: marketing (the default) is not sent to who refuses messages; service, such as an answer, is.",
    ParameterKind.CHOICE,
    templated=False,
    options=("marketing", "service"),
)

ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        Action(
            "send_email",
            Channel.EMAIL,
            "Send an e-mail.",
            (
                _P("to", "The address; by default the record's e-mail."),
                _P("subject", "The subject line.", required=True),
                _P("text", "The body as plain text."),
                _P("html", "The body as HTML; values put into it are escaped."),
                _P("reply_to", "Where answers go."),
                _P("from", "The sender: MailFrom of the stack (the default), or one of its MailSenders."),
                _PURPOSE,
            ),
            one_of=("text", "html"),
            rows="A01 A02 A03 A10-A19 A22-A24",
        ),
        Action(
            "send_whatsapp",
            Channel.WHATSAPP,
            "Send a WhatsApp message: an approved template, or free text within 24 hours of the customer's last one.",
            (
                _P("to", "The phone number; by default the record's phone."),
                _P("text", "Free text."),
                _P("template", "The name of an approved template."),
                _P("language", "The template's language code, such as en_US."),
                _P("parameters", "The values of the template's body, in order.", ParameterKind.TEXTS),
                _P("reply_to", "The id of the message that this one answers."),
                _PURPOSE,
            ),
            one_of=("text", "template"),
            rows="A01 A05 A08 A11 A18",
        ),
        Action(
            "call_webhook",
            Channel.WEBHOOK,
            "Post a signed JSON message to another system (Standard Webhooks).",
            (
                _P("url", "The https address.", required=True),
                _P("type", "The message's type; by default the event's."),
                _P("data", "The message's data; by default the event's data and the record.", ParameterKind.OBJECT),
                _P("secret", "The name of the signing secret; by default `default`.", templated=False),
            ),
            rows="A48-A50",
        ),
        Action(
            "set_fields",
            Channel.RECORD,
            "Set fields of a record; null removes one.",
            (
                _P("fields", "Field names and their values.", ParameterKind.FIELDS, required=True),
                _P("record", "Which record, such as contact:42; by default the run's."),
            ),
            rows="A35 A37 A47",
        ),
        Action(
            "add_tags",
            Channel.RECORD,
            "Add tags to a record.",
            (
                _P("tags", "The tags.", ParameterKind.TEXTS, required=True),
                _P("record", "Which record; by default the run's."),
            ),
            rows="A36",
        ),
        Action(
            "remove_tags",
            Channel.RECORD,
            "Remove tags from a record.",
            (
                _P("tags", "The tags.", ParameterKind.TEXTS, required=True),
                _P("record", "Which record; by default the run's."),
            ),
            rows="A36",
        ),
        Action(
            "assign_owner",
            Channel.RECORD,
            "Make one of several agents the owner of the record.",
            (
                _P("from", "The agents to choose from.", ParameterKind.TEXTS, required=True),
                _P("by", "How to choose.", ParameterKind.CHOICE, templated=False, options=("round_robin", "first")),
                _P("keep", "Leave an owner that the record has already.", ParameterKind.FLAG, templated=False),
            ),
            rows="A30-A32",
        ),
        Action(
            "create_task",
            Channel.RECORD,
            "Create a task record, child of the run's record.",
            (
                _P("title", "What is to be done.", required=True),
                _P("description", "More about it."),
                _P("assignee", "Who is to do it; by default the record's owner."),
                _P("due", "Until when."),
                _P("fields", "Further fields of the task.", ParameterKind.FIELDS),
            ),
            rows="A26 A28",
        ),
        Action(
            "create_record",
            Channel.RECORD,
            "Create a record of any kind, child of the run's record.",
            (
                _P("kind", "The kind of record.", ParameterKind.RECORD_KIND, required=True, templated=False),
                _P("fields", "Its fields.", ParameterKind.FIELDS, required=True),
            ),
            rows="A34 A39 A41 A42",
        ),
    )
}


def read_parameters(action: Action, reader: Reader) -> dict[str, Any]:
    """The parameters of a step, checked against the action's row. Templates are checked on save, not here."""
    values = {
        parameter.name: value
        for parameter in action.parameters
        if (value := _READ[parameter.kind](parameter, reader)) not in (None, "", [], {})
    }
    reported = {problem.field for problem in reader.problems}
    for parameter in action.parameters:
        if parameter.required and parameter.name not in values and reader.field(parameter.name) not in reported:
            reader.report(parameter.name, "is required")
    if action.one_of and not any(name in values for name in action.one_of):
        reader.report("", f"one of {', '.join(action.one_of)} is required")
    reader.finish()
    return values


def _read_fields(parameter: Parameter, reader: Reader) -> dict[str, Any]:
    fields = dict(reader.mapping(parameter.name))
    try:
        check_fields(fields, reader.field(parameter.name))
    except Invalid as error:
        reader.problems.extend(error.problems)
    return fields


def _read_record_kind(parameter: Parameter, reader: Reader) -> str:
    kind = reader.text(parameter.name)
    if kind and not KIND.fullmatch(kind):
        reader.report(parameter.name, "a kind such as order is required: up to 40 small letters, digits and _")
    return kind


_READ: Mapping[ParameterKind, Callable[[Parameter, Reader], Any]] = {
    ParameterKind.TEXT: lambda parameter, reader: reader.text(parameter.name, longest=MAX_TEMPLATE),
    ParameterKind.TEXTS: lambda parameter, reader: list(reader.texts(parameter.name, most=100, longest=MAX_TEMPLATE)),
    ParameterKind.OBJECT: lambda parameter, reader: dict(reader.mapping(parameter.name)),
    ParameterKind.FIELDS: _read_fields,
    ParameterKind.RECORD_KIND: _read_record_kind,
    ParameterKind.CHOICE: lambda parameter, reader: reader.choice(
        parameter.name, parameter.options, parameter.options[0]
    ),
    ParameterKind.FLAG: lambda parameter, reader: reader.flag(parameter.name),
}
