"""Describe actions: the operations that a step can name, with their parameters.

Each channel's folder holds the rows of its own actions (`whenthen.channels.<name>.action`), and
`whenthen.channels.registry` lists them. The domain imports no channel: `actions()` loads that list by its name when
a rule's steps are first parsed or described. The matcher parses no steps, so it loads none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import BAD_RECORD_KIND, NONE_GIVEN, NOT_ONE_OF, REQUIRED, UNKNOWN_FIELD
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.connections.reason_codes import SEVERAL_BODIES
from whenthen.domain.records.record import KIND, check_fields

if TYPE_CHECKING:
    from whenthen.domain.common.backoff import Schedule
    from whenthen.domain.common.document_reader import Reader
    from whenthen.domain.common.reasons import Reason

MAX_TEMPLATE = 20_000
"""Bound the characters of one templated text."""

MAX_TEXTS = 100
"""How many texts one parameter may list."""


# The stored template that the parameter `template` names has this text.
GIVEN_BY_TEMPLATE = ReasonCode("field.given_by_template", "template")


class _Anything:
    def __repr__(self) -> str:
        return "anything"


ANYTHING = _Anything()
"""Stands for a value that is known only when the step runs."""


class RecordChange(Struct, frozen=True):
    """Name the fields that a step writes.

    kind     of the record that is created; None if the step changes an existing record
    fields   field name → value, or ANYTHING
    created  whether the step creates a record
    """

    kind: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    created: bool = False


def constant(value: Any) -> Any:
    """Return a value as it will be written, or ANYTHING if it holds a template."""
    return ANYTHING if isinstance(value, str) and "{" in value else value


class ParameterKind(StrEnum):
    """Tell what a parameter holds, and so how its templates are rendered.

    TEXT    a text; values are written for people
    HTML    HTML; values are escaped
    URL     a URL; values are encoded, and stand in its path and query only
    TEXTS   a list of texts, in order
    SET     a list of texts; a template whose value is a list gives each of its items
    CHOICES  a list of options, the first by default
    OBJECT  an object; a template that is one expression keeps its value's type
    FIELDS  names of fields and their values, as of OBJECT
    TEMPLATE  the id of a stored template
    CONNECTION   the name of a stored connection
    ADDRESS      a URL; beside a connection, the part behind its base
    HEADERS      names of headers and their values
    JSON         any value of JSON, as of OBJECT
    STATUSES     statuses of HTTP
    EXPRESSION   a JMESPath expression; EXPRESSIONS: names of fields and expressions
    """

    TEXT = "text"
    HTML = "html"
    URL = "url"
    TEXTS = "texts"
    SET = "set"
    OBJECT = "object"
    FIELDS = "fields"
    TEMPLATE = "template"
    RECORD_KIND = "record_kind"
    CHOICE = "choice"
    CHOICES = "choices"
    FLAG = "flag"
    CONNECTION = "connection"
    ADDRESS = "address"
    HEADERS = "headers"
    JSON = "json"
    STATUSES = "statuses"
    EXPRESSION = "expression"
    EXPRESSIONS = "expressions"


class Parameter(Struct, frozen=True):
    """Describe one parameter of an action. `templated`: its strings are templates, rendered when the step is due.

    members  the names that an object may have; empty: any
    """

    name: str
    description: str
    kind: ParameterKind = ParameterKind.TEXT
    required: bool = False
    templated: bool = True
    options: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class Action(Struct, frozen=True):
    """Describe one action.

    channel     the name of the channel whose queue and function perform it
    label       the code of its name in sentences, in every language
    parameters  in the order in which a form shows them
    one_of      parameters of which at least one is required
    texts       parameters whose place a stored template takes: with one, none of them is required or allowed
    shown       parameters by one of which people know the step; the first that is given is shown
    writes      the record change that a step makes, for lint; None if it writes no record
    reports     the event types by which a provider reports on the message
    lints       finds what is odd about a step's parameters: (parameter, reason) each, as warnings
    messages    whether a step sends a message to a customer: then quiet hours and caps hold for it
    retries     how attempts follow one another where the step does not say; None: as those of every channel
    secrets     whether templates may name the secrets of the step's connection, as `secrets.api_key`
    at_most_one parameters of which at most one may be given
    example     parameters of a step, as an admin writes them
    """

    name: str
    channel: str
    label: Reason
    description: str
    parameters: tuple[Parameter, ...]
    one_of: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    writes: Callable[[Mapping[str, Any]], RecordChange] | None = None
    reports: frozenset[str] = frozenset()
    lints: Callable[[Mapping[str, Any]], Iterable[tuple[str, Reason]]] | None = None
    messages: bool = False
    retries: Schedule | None = None
    secrets: bool = False
    at_most_one: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """Return the name of the parameter that names a stored template. Empty if there is none."""
        return next((each.name for each in self.parameters if each.kind is ParameterKind.TEMPLATE), "")


MARKETING = "marketing"

PURPOSE = Parameter(
    "purpose",
    "marketing (the default) is not sent to people who refuse messages; service, such as an answer, is.",
    ParameterKind.CHOICE,
    templated=False,
    options=(MARKETING, "service"),
)
"""Describe the parameter of every action that sends a message to a customer."""

_REGISTRY = "whenthen.channels.registry"


@cache
def actions() -> Mapping[str, Action]:
    """Return every action by its name, from the list of channels."""
    found: Mapping[str, Action] = import_module(_REGISTRY).ACTIONS
    return found


def message_channels() -> tuple[str, ...]:
    """Name the channels that send messages to customers."""
    return tuple(dict.fromkeys(action.channel for action in actions().values() if action.messages))


def read_parameters(action: Action, reader: Reader) -> dict[str, Any]:
    """Read and check a step's parameters by the action's row. Templates are checked on save, not here."""
    values = {
        parameter.name: value
        for parameter in action.parameters
        if _is_given(value := _READ[parameter.kind](parameter, reader), parameter)
    }
    if action.template in values:
        for name in action.texts:
            if name in values:
                reader.report(name, GIVEN_BY_TEMPLATE(template=action.template))
    else:
        _demand(action, values, reader)
    given = [name for name in action.at_most_one if reader.value(name) is not None]
    if len(given) > 1:
        reader.report(given[1], SEVERAL_BODIES(options=action.at_most_one))
    reader.finish()
    return values


def _demand(action: Action, values: Mapping[str, Any], reader: Reader) -> None:
    """Report the parameters that are required and not given."""
    reported = {problem.field for problem in reader.problems}
    for parameter in action.parameters:
        if parameter.required and parameter.name not in values and reader.field(parameter.name) not in reported:
            reader.report(parameter.name, REQUIRED())
    if action.one_of and not any(name in values for name in action.one_of):
        reader.report("", NONE_GIVEN(options=options_of(action)))


def options_of(action: Action) -> tuple[str, ...]:
    """Return the parameters of which at least one is required, the stored template among them."""
    if not action.one_of or not action.template or action.template in action.one_of:
        return action.one_of
    return (*action.one_of, action.template)


def _is_given(value: Any, parameter: Parameter) -> bool:
    """Tell whether a value is there. Only a body of JSON may be empty."""
    return value is not None and (parameter.kind is ParameterKind.JSON or value not in ("", [], {}))


def _read_fields(parameter: Parameter, reader: Reader) -> dict[str, Any]:
    fields = dict(reader.mapping(parameter.name))
    try:
        check_fields(fields, reader.field(parameter.name))
    except Invalid as error:
        reader.problems.extend(error.problems)
    return fields


def _read_object(parameter: Parameter, reader: Reader) -> dict[str, Any]:
    written = dict(reader.mapping(parameter.name))
    for name in written.keys() - parameter.members if parameter.members else ():
        reader.report(f"{parameter.name}.{name}", UNKNOWN_FIELD(known=sorted(parameter.members)))
    return written


def _read_record_kind(parameter: Parameter, reader: Reader) -> str:
    kind = reader.text(parameter.name)
    if kind and not KIND.fullmatch(kind):
        reader.report(parameter.name, BAD_RECORD_KIND())
    return kind


def _read_text(parameter: Parameter, reader: Reader) -> str:
    return reader.text(parameter.name, longest=MAX_TEMPLATE)


def _read_texts(parameter: Parameter, reader: Reader) -> list[str]:
    return list(reader.texts(parameter.name, most=MAX_TEXTS, longest=MAX_TEMPLATE))


def _read_choices(parameter: Parameter, reader: Reader) -> list[str]:
    chosen = reader.texts(parameter.name, most=len(parameter.options))
    if not set(chosen) <= set(parameter.options):
        reader.report(parameter.name, NOT_ONE_OF(options=list(parameter.options)))
    return list(chosen)


def _read_of_a_call(parameter: Parameter, reader: Reader) -> Any:
    from whenthen.domain.connections.parameters import READ  # noqa: PLC0415 - no rule is parsed at a cold start

    return READ[parameter.kind](reader, parameter.name)


_KIND = ParameterKind

_READ: Mapping[ParameterKind, Callable[[Parameter, Reader], Any]] = {
    **dict.fromkeys((_KIND.TEXT, _KIND.HTML, _KIND.URL, _KIND.ADDRESS), _read_text),
    **dict.fromkeys((_KIND.TEXTS, _KIND.SET), _read_texts),
    **dict.fromkeys((_KIND.TEMPLATE, _KIND.CONNECTION), lambda parameter, reader: reader.text(parameter.name)),
    **dict.fromkeys((_KIND.HEADERS, _KIND.JSON, _KIND.STATUSES, _KIND.EXPRESSION, _KIND.EXPRESSIONS), _read_of_a_call),
    _KIND.OBJECT: _read_object,
    _KIND.FIELDS: _read_fields,
    _KIND.RECORD_KIND: _read_record_kind,
    _KIND.CHOICE: lambda parameter, reader: reader.choice(parameter.name, parameter.options, parameter.options[0]),
    _KIND.CHOICES: _read_choices,
    _KIND.FLAG: lambda parameter, reader: reader.flag(parameter.name),
}


def list_channels() -> tuple[str, ...]:
    """Return the names of all channels, in the order of their actions."""
    return tuple(dict.fromkeys(action.channel for action in actions().values()))
