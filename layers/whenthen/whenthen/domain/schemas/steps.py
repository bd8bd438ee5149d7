"""Schemas of steps: one definition for each action, with the parameters that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Any

from whenthen.domain.connections.headers import MAX_HEADERS
from whenthen.domain.connections.parameters import MAX_EXPRESSIONS, MAX_STATUSES
from whenthen.domain.expressions.expressions import MAX_LENGTH
from whenthen.domain.records.record import FIELD, MAX_FIELDS, RESERVED
from whenthen.domain.rules.actions import (
    MAX_TEMPLATE,
    MAX_TEXTS,
    Action,
    Parameter,
    ParameterKind,
    actions,
    options_of,
)
from whenthen.domain.rules.steps import MOVING_STEP
from whenthen.domain.schemas.parts import (
    BLANK,
    GIVEN,
    NULL,
    Schema,
    choice,
    constant,
    filled_text,
    flag,
    integer,
    noted,
    one_or_list,
    record,
    ref,
    text,
    union,
    when,
    whole,
)
from whenthen.domain.steps.branches import ELSE, GO_TO, LONGEST_STEP_ID, ON_ERROR, OnError
from whenthen.domain.steps.retries import ATTEMPTS, LONGEST_HOURS, MAX_ATTEMPTS, MAX_DELAY_DAYS

_COMMON = {
    "id": noted(
        {**filled_text(LONGEST_STEP_ID), "pattern": rf"^(?!\s*{MOVING_STEP}\s*$)[\s\S]*\S"},
        "The step's own name, which no other step of the rule has.",
        examples=["hello"],
    ),
    "wait": noted(ref("Wait"), "How long it waits; by default not at all."),
    "start": noted(ref("StepStart"), "After the previous step, or together with it.", default="after_previous"),
    "only_if": noted(ref("Condition"), "Checked when the step is due; a step whose condition fails is skipped."),
    ELSE: noted(
        text(LONGEST_STEP_ID),
        "The later step to go on with if `only_if` is false; by default the next one.",
        examples=["remind"],
    ),
    "on_error": noted(ref("OnError"), "What its failure means for the rest of the run.", default=str(OnError.STOP)),
    "retry": noted(ref("Retry"), "How often it is tried."),
}


_URGENT = noted(flag(), "Whether quiet hours and caps let it pass.", default=False)
_NOT_URGENT = noted({**flag(), "const": False}, "Only messages to customers can be urgent.")


def _text_shape(parameter: Parameter) -> Schema:
    return filled_text(MAX_TEMPLATE) if parameter.required else text(MAX_TEMPLATE)


def _shape(action: Action, parameter: Parameter) -> Schema:
    """Return the shape of a parameter; of one whose place a template can take, also where it is required else."""
    return text(MAX_TEMPLATE) if _is_replaced(action, parameter) else _SHAPES[parameter.kind](parameter)


def _is_replaced(action: Action, parameter: Parameter) -> bool:
    return bool(action.template) and parameter.name in action.texts


def _texts_shape(parameter: Parameter) -> Schema:
    return one_or_list(filled_text(MAX_TEMPLATE), MAX_TEXTS, least=1 if parameter.required else 0)


def _object_shape(parameter: Parameter) -> Schema:
    if not parameter.members:
        return {"type": "object", "additionalProperties": True}
    return {"type": "object", "properties": {name: {} for name in parameter.members}, "additionalProperties": False}


_SHAPES: Mapping[ParameterKind, Callable[[Parameter], Schema]] = {
    ParameterKind.TEXT: _text_shape,
    ParameterKind.HTML: _text_shape,
    ParameterKind.URL: _text_shape,
    ParameterKind.TEXTS: _texts_shape,
    ParameterKind.SET: _texts_shape,
    ParameterKind.OBJECT: _object_shape,
    ParameterKind.FIELDS: lambda parameter: ref("FilledFields" if parameter.required else "Fields"),
    ParameterKind.TEMPLATE: lambda parameter: filled_text() if parameter.required else text(),
    ParameterKind.RECORD_KIND: lambda parameter: ref("Kind"),
    ParameterKind.CHOICE: lambda parameter: choice(parameter.options),
    ParameterKind.CHOICES: lambda parameter: one_or_list(choice(parameter.options), len(parameter.options)),
    ParameterKind.FLAG: lambda parameter: flag(),
    ParameterKind.CONNECTION: lambda parameter: text(),
    ParameterKind.ADDRESS: _text_shape,
    ParameterKind.HEADERS: lambda parameter: {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        "maxProperties": MAX_HEADERS,
    },
    ParameterKind.JSON: lambda parameter: {},
    ParameterKind.STATUSES: lambda parameter: one_or_list(integer(599, 100), MAX_STATUSES),
    ParameterKind.EXPRESSION: lambda parameter: text(MAX_LENGTH),
    ParameterKind.EXPRESSIONS: lambda parameter: {
        "type": "object",
        "additionalProperties": filled_text(MAX_LENGTH),
        "maxProperties": MAX_EXPRESSIONS,
    },
}
_FILLED: Schema = {"type": "string", "pattern": r"\S"}
_FIELDS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": whole(FIELD.pattern), "not": {"enum": sorted(RESERVED)}},
    "maxProperties": MAX_FIELDS,
    "additionalProperties": True,
}


def _name(action: Action) -> str:
    return "".join(part.capitalize() for part in action.name.split("_"))


def _member(action: Action, parameter: Parameter) -> Schema:
    default: Any = None
    if parameter.kind is ParameterKind.CHOICE:
        default = parameter.options[0]
    elif parameter.kind is ParameterKind.CHOICES:
        default = [parameter.options[0]]
    elif parameter.kind is ParameterKind.FLAG:
        default = False
    templated = " A template." if parameter.templated else ""
    return noted(_shape(action, parameter), f"{parameter.description}{templated}", default=default)


def _parameters(action: Action) -> Schema:
    required = [parameter for parameter in action.parameters if parameter.required]
    return record(
        f"{_name(action)}Parameters",
        f"What {action.name} takes.{_at_least(action)}",
        {parameter.name: _member(action, parameter) for parameter in action.parameters},
        required=[parameter.name for parameter in required if not _is_replaced(action, parameter)],
        examples=[dict(action.example)],
        **(_with_template(action, required) if action.texts else _one_of(action)),
        **_at_most_one(action),
    )


def _one_of(action: Action) -> Schema:
    return {"not": {"properties": dict.fromkeys(action.one_of, BLANK)}} if action.one_of else {}


def _with_template(action: Action, required: Sequence[Parameter]) -> Schema:
    """Demand either a stored template or the texts whose place it takes."""
    names = [parameter.name for parameter in required if _is_replaced(action, parameter)]
    written = {"required": names, "properties": dict.fromkeys(names, _FILLED), **_one_of(action)}
    template = {"required": [action.template], "properties": {action.template: _FILLED}}
    return {"allOf": [{"if": template, "then": {"properties": dict.fromkeys(action.texts, BLANK)}, "else": written}]}


def _at_most_one(action: Action) -> Schema:
    """Refuse each pair of parameters of which at most one may be given."""
    pairs = combinations(action.at_most_one, 2)
    found = [when(dict.fromkeys(pair, GIVEN), {"not": {}}, given=pair) for pair in pairs]
    return {"allOf": found} if found else {}


def _at_least(action: Action) -> str:
    return f" At least one of {', '.join(options_of(action))} is required." if action.one_of else ""


def _step(action: Action) -> Schema:
    takes_some = bool(action.one_of) or any(parameter.required for parameter in action.parameters)
    first, *others = _COMMON
    members = {
        first: _COMMON[first],
        "action": {"description": action.description, **constant(action.name)},
        "with": noted(ref(f"{_name(action)}Parameters"), "What the action takes."),
        **{name: _COMMON[name] for name in others},
        "urgent": _URGENT if action.messages else _NOT_URGENT,
    }
    return record(
        f"{_name(action)}Step",
        action.description,
        members,
        required=("id", "action", "with") if takes_some else ("id", "action"),
        examples=[{"id": action.name, "action": action.name, "with": dict(action.example)}],
        allOf=[
            when({"start": {"const": "with_previous"}}, {"properties": {"wait": NULL}}, given=("start",)),
            when({ELSE: _FILLED}, {"properties": {"only_if": GIVEN}, "required": ["only_if"]}, given=(ELSE,)),
        ],
    )


_FIXED: dict[str, Schema] = {
    "StepStart": {
        "title": "StepStart",
        "description": "When a step starts.",
        **choice(("after_previous", "with_previous")),
    },
    "OnError": {
        "title": "OnError",
        "description": "What a failed step means for its run: it stops, continues, or goes on with a later step.",
        "anyOf": [choice(ON_ERROR), ref("Fallback")],
    },
    "Fallback": record(
        "Fallback",
        "The later step to go on with if a step fails; those in between are passed over.",
        {GO_TO: noted(filled_text(LONGEST_STEP_ID), "The id of a later step.", examples=["tell"])},
        required=(GO_TO,),
        examples=[{GO_TO: "tell"}],
    ),
    "Retry": record(
        "Retry",
        "How often a step is tried, and how long after one another.",
        {
            "attempts": noted(
                integer(MAX_ATTEMPTS, 1),
                f"How often, at most. By default {ATTEMPTS} where `delays` are given, else as often as there is time.",
            ),
            "delays": noted(
                {"type": "array", "items": ref("Duration"), "maxItems": MAX_ATTEMPTS - 1},
                "The time before the second attempt, the third and so on; the last one repeats. By default seconds to"
                f" minutes, which grow. Each is at most {MAX_DELAY_DAYS} days.",
                examples=[[{"minutes": 5}, {"hours": 1}]],
            ),
            "give_up_after": noted(
                ref("Duration"),
                "The time after the first failure in which it is tried. By default a day where neither `attempts` nor"
                f" `delays` are given. At most {LONGEST_HOURS} hours.",
                examples=[{"hours": 2}],
            ),
        },
        examples=[{"attempts": 3}, {"attempts": 4, "delays": [{"minutes": 5}, {"days": 1}]}],
    ),
    "Fields": {
        "title": "Fields",
        "description": "Names of fields and their values.",
        **_FIELDS,
        "examples": [{"status": "customer"}],
    },
    "FilledFields": {
        "title": "FilledFields",
        "description": "Names of fields and their values, at least one.",
        **_FIELDS,
        "minProperties": 1,
        "examples": [{"status": "customer"}],
    },
}


@cache
def definitions() -> dict[str, Schema]:
    """Return the definitions of steps, one for each action of the registry, and of what they hold."""
    rows = actions().values()
    return {
        "Step": union("Step", "One action of a rule, with its timing.", (f"{_name(row)}Step" for row in rows)),
        **{f"{_name(row)}Step": _step(row) for row in rows},
        **{f"{_name(row)}Parameters": _parameters(row) for row in rows},
        **_FIXED,
    }
