"""The schemas of a saved view and of a stored template, as admins write them."""

from __future__ import annotations

from functools import cache
from typing import Any

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION
from whenthen.domain.rules.actions import MAX_TEMPLATE
from whenthen.domain.schemas import condition, triggers
from whenthen.domain.schemas.parts import (
    BLANK,
    Schema,
    choice,
    document,
    filled_text,
    noted,
    one_or_list,
    record,
    ref,
    text,
    when,
    whole,
)
from whenthen.domain.stored_templates.message_template import MAX_SUBJECT, PARTS, SHAPES, Channel, Shape
from whenthen.domain.stored_templates.reading import LANGUAGE, MAX_EVENTS, MAX_LANGUAGES

EXAMPLE: dict[str, Any] = {
    "name": "Important customers",
    "kind": "contact",
    "filter": {"field": "record.tags", "op": "has", "value": "vip"},
}

_VIEW = {
    "name": noted(filled_text(), "What admins call it.", examples=[EXAMPLE["name"]]),
    "description": noted(text(LONGEST_DESCRIPTION), "Notes for admins."),
    "kind": ref("Kind"),
    "filter": noted(ref("Filter"), "Which records of the kind are in it; by default all."),
    "id": {**noted(text(), "The view's id, which the API gives."), "readOnly": True},
}

DEFINITIONS: dict[str, Schema] = {
    **condition.DEFINITIONS,
    "Kind": triggers.DEFINITIONS["Kind"],
    "View": record(
        "View", "A saved filter over records of one kind.", _VIEW, required=("name", "kind"), examples=[EXAMPLE]
    ),
}


@cache
def view_schema() -> dict[str, Any]:
    """The JSON Schema of a view. Its definitions are under `$defs`; do not change what is returned."""
    return document("View", DEFINITIONS)


TEMPLATE_EXAMPLE: dict[str, Any] = {
    "name": "Welcome",
    "channel": "email",
    "texts": {
        "en": {"subject": "Welcome, {{ record.first_name }}", "text": "We are glad that you are here."},
        "tr": {"subject": "Hoş geldin {{ record.first_name }}", "text": "Aramıza katılmana sevindik."},
    },
}

_ONE_LINE: Schema = {**text(MAX_SUBJECT), "pattern": r"^\s*[^\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]*\s*$"}
_FILLED: Schema = {"type": "string", "pattern": r"\S"}


def _demand(shape: Shape) -> Schema:
    """Demand of the texts of each language what the messages of a channel need."""
    others = [name for name in PARTS if name not in shape.parts]
    return {
        "properties": {**dict.fromkeys(shape.required, _FILLED), **dict.fromkeys(others, BLANK)},
        "required": list(shape.required),
        "not": {"properties": dict.fromkeys(shape.one_of, BLANK)},
    }


def _of_channel(channel: Channel) -> Schema:
    then = {"properties": {"texts": {"additionalProperties": _demand(SHAPES[channel])}}}
    if channel is Channel.ANY:
        return when({"channel": {"enum": [str(channel), None]}}, then)
    return when({"channel": {"const": str(channel)}}, then, given=("channel",))


_TEXTS = {
    "subject": noted(_ONE_LINE, "The subject of a mail, in one line. A template.", examples=["Your invoice"]),
    "text": noted(text(MAX_TEMPLATE), "The text. A template.", examples=["Hello {{ record.first_name }}"]),
    "html": noted(text(MAX_TEMPLATE), "The mail as HTML; values put into it are escaped. A template."),
}

_TEMPLATE = {
    "name": noted(filled_text(), "What admins call it.", examples=[TEMPLATE_EXAMPLE["name"]]),
    "description": noted(text(LONGEST_DESCRIPTION), "Notes for admins."),
    "channel": noted(choice(Channel), "The messages that it is for.", default=str(Channel.ANY)),
    "events": noted(
        one_or_list(ref("EventType"), MAX_EVENTS),
        "The types of the events whose fields the texts name; by default any.",
        examples=["invoice.created"],
    ),
    "texts": noted(
        {
            "type": "object",
            "propertyNames": {"pattern": whole(LANGUAGE.pattern)},
            "additionalProperties": ref("LanguageTexts"),
            "minProperties": 1,
            "maxProperties": MAX_LANGUAGES,
        },
        "Language tag → the texts of this language. The first language is the last resort.",
        examples=[TEMPLATE_EXAMPLE["texts"]],
    ),
    "id": {**noted(text(), "The template's id, which the API gives."), "readOnly": True},
}

TEMPLATE_DEFINITIONS: dict[str, Schema] = {
    "EventType": triggers.DEFINITIONS["EventType"],
    "LanguageTexts": record("LanguageTexts", "The texts of a message in one language.", _TEXTS),
    "Template": record(
        "Template",
        "The texts of a message, per language.",
        _TEMPLATE,
        required=("name", "texts"),
        examples=[TEMPLATE_EXAMPLE],
        allOf=[_of_channel(channel) for channel in Channel],
    ),
}


@cache
def template_schema() -> dict[str, Any]:
    """The JSON Schema of a stored template. Its definitions are under `$defs`; do not change what is returned."""
    return document("Template", TEMPLATE_DEFINITIONS)
