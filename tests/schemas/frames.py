"""Where the definitions of a schema stand in whole documents: small documents, in which one part varies at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.schemas.drawing import Drawer
from whenthen.domain.schemas.rule import rule_schema
from whenthen.domain.schemas.view import template_schema, view_schema
from whenthen.sources.webhook.schema import source_schema

Document = dict[str, Any]

STEP: Document = {"id": "thank", "action": "add_tags", "with": {"tags": ["vip"]}}
RULE: Document = {"name": "Thank", "kind": "lead", "trigger": {"event": "lead.created"}, "steps": [STEP]}

TEMPLATE: Document = {"name": "Welcome", "channel": "email", "texts": {"en": {"subject": "Hi", "text": "Hello"}}}

SCHEMAS: Mapping[str, Document] = {
    "rule": rule_schema(),
    "view": view_schema(),
    "template": template_schema(),
    "source": source_schema(),
}
_DRAWERS = {name: Drawer(schema) for name, schema in SCHEMAS.items()}

FRAMES: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "rule": {
        "Rule": lambda part: part,
        "Predicate": lambda part: {**RULE, "conditions": part},
        "Condition": lambda part: {**RULE, "conditions": part},
        "Trigger": lambda part: {**RULE, "trigger": part},
        "Schedule": lambda part: {"name": "Thank", "trigger": {"schedule": part}, "steps": [STEP]},
        "DateField": lambda part: {**RULE, "trigger": {"date": part}},
        "RecordFilter": lambda part: {**RULE, "trigger": {"enters": part}},
        "Step": lambda part: {**RULE, "steps": [part]},
        "Wait": lambda part: {**RULE, "steps": [STEP | {"wait": part}]},
        "EventWait": lambda part: {**RULE, "steps": [STEP | {"wait": {"for_event": part}}]},
        "Retry": lambda part: {**RULE, "steps": [STEP | {"retry": part}]},
        "Fallback": lambda part: {**RULE, "steps": [STEP | {"on_error": part}]},
        "Entry": lambda part: {**RULE, "entry": part},
        "Exit": lambda part: {**RULE, "exit": part},
    },
    "view": {
        "View": lambda part: part,
        "Filter": lambda part: {"name": "Important", "kind": "contact", "filter": part},
        "FilterPredicate": lambda part: {"name": "Important", "kind": "contact", "filter": part},
    },
    "template": {
        "Template": lambda part: part,
        "LanguageTexts": lambda part: {"name": "Welcome", "texts": {"en": {**part, "text": "Hello"}}},
        "EventType": lambda part: {**TEMPLATE, "events": [part]},
    },
    "source": {
        "Source": lambda part: part,
        "Scheme": lambda part: {"name": "shop", "scheme": part},
        "EventMapping": lambda part: {"name": "shop", "scheme": "stripe", "mappings": [part]},
        "FormOptions": lambda part: {"name": "shop", "scheme": "form_token", "form": part},
    },
}
"""For each kind of document: definitions that are drawn, and how such a part becomes a whole document."""


def documents(kind: str) -> st.SearchStrategy[Any]:
    """Documents of a kind, in each of which one definition is drawn by the schema."""
    return st.one_of(*(_DRAWERS[kind].of(name).map(frame) for name, frame in FRAMES[kind].items()))
