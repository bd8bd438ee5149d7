"""The schema of a source, as an admin writes it and `parse_source` reads it.

It stands here and not with the schemas of rules and views, because the domain knows no sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from whenthen.domain.event_catalog import catalog
from whenthen.domain.event_catalog.engine_events import ENGINE_KINDS
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.expressions.expressions import MAX_LENGTH
from whenthen.domain.records.record import FIELD, MAX_FIELDS
from whenthen.domain.schemas.parts import (
    BLANK,
    NULL,
    Schema,
    choice,
    document,
    noted,
    patterned,
    record,
    ref,
    text,
    when,
)
from whenthen.domain.schemas.triggers import DEFINITIONS as TRIGGER_DEFINITIONS
from whenthen.domain.temporal.written_dates import DateOrder
from whenthen.sources.signing.schema import DEFINITIONS as SCHEMES
from whenthen.sources.signing.schemes import FORM_SCHEMES
from whenthen.sources.webhook.mapping import (
    COUNTRY,
    LONGEST_NAME,
    LONGEST_REDIRECT,
    MAX_MAPPINGS,
    NAME,
    REDIRECT_URL,
    TAKEN_NAMES,
    may_report,
)

EXAMPLE: dict[str, Any] = {
    "name": "shop",
    "scheme": "standard_webhooks",
    "mappings": [
        {
            "when": "body.status == 'paid'",
            "type": "payment.received",
            "id": "body.payment_id",
            "time": "body.paid_at",
            "identities": "{email: body.customer.email, phone: body.customer.phone}",
            "data": "{amount: body.amount, currency: body.currency}",
            "record": {"kind": "contact", "fields": "{email: body.customer.email, full_name: body.customer.name}"},
        }
    ],
}

_MAPPING: Mapping[str, str] = {
    "when": "Whether the mapping takes the body; the first one that does has it. By default it does.",
    "type_from": "Finds the event's type, in place of `type`.",
    "id": "Finds the sender's own id of what happened, so that it is taken once; by default the delivery's.",
    "time": "Finds when it happened: RFC 3339, or unix seconds or milliseconds; by default now.",
    "subject": "Finds the record that it happened to, such as lead:4711; by default the mapping's record.",
    "identities": "Finds who it happened to, as {phone: …, email: …}.",
    "data": "Finds the event's data; by default the body.",
}


def _reported() -> Schema:
    """Any type of event but those that whenthen derives or makes itself."""
    listed = [row.type for row in catalog.types()]
    derived = sorted(name for name in listed if not may_report(name) and name.partition(".")[0] not in ENGINE_KINDS)
    made = f"^(?:{'|'.join(sorted(ENGINE_KINDS))})[.]"
    return {
        "title": "ReportedEventType",
        "description": "A type of event that sources may report: any but those that whenthen derives or makes itself.",
        **patterned(EVENT_TYPE.pattern, empty=True),
        "examples": [name for name in listed if may_report(name)],
        "not": {"anyOf": [{"enum": derived}, {"type": "string", "pattern": made}]},
    }


def _expression(description: str) -> Schema:
    return noted(ref("Expression"), description)


_TYPE_OR_EXPRESSION: Schema = {
    **when({"type": BLANK}, {"properties": {"type_from": {"type": "string"}}, "required": ["type_from"]}),
    "else": {"properties": {"type_from": NULL}},
}


def _no_form() -> Schema:
    """Only forms have a honeypot, and a browser to send on."""
    forms = choice(sorted(FORM_SCHEMES))
    is_form: Schema = {
        "properties": {"scheme": {"anyOf": [forms, {"type": "object", "properties": {"kind": forms}}]}},
    }
    nothing: Schema = {"properties": {"form": {"properties": {"honeypot": NULL, "redirect": NULL}}}}
    return {"if": is_form, "else": nothing}


_SOURCE = {
    "name": {
        **noted(
            patterned(NAME.pattern, longest=LONGEST_NAME), "Its address is /hooks/{name}.", examples=[EXAMPLE["name"]]
        ),
        "not": {"enum": sorted(TAKEN_NAMES)},
    },
    "scheme": noted(ref("Scheme"), "How it proves itself."),
    "mappings": noted(
        {"type": "array", "items": ref("EventMapping"), "maxItems": MAX_MAPPINGS},
        "How its bodies become events; by default those of its scheme. The first one that takes a body has it.",
    ),
    "each": _expression("Finds the list whose items are each mapped as a body; by default the body is one."),
    "default_country": noted(
        patterned(COUNTRY.pattern, empty=True),
        "The ISO 3166 code by which phone numbers without a country code are read; by default the installation's.",
        examples=["TR"],
    ),
    "date_order": noted(
        choice(DateOrder),
        "The order of day, month and year in dates such as 03/04/1990; by default that of the country.",
        examples=["dmy"],
    ),
    "form": noted(ref("FormOptions"), "Of sources that are HTML forms."),
}

DEFINITIONS: dict[str, Schema] = {
    **SCHEMES,
    "Kind": TRIGGER_DEFINITIONS["Kind"],
    "ReportedEventType": _reported(),
    "Expression": {
        "title": "Expression",
        "description": "A JMESPath expression over body, headers, delivery_id and source.",
        "type": "string",
        "pattern": r"\S",
        "maxLength": MAX_LENGTH,
        "examples": ["body.customer.email"],
    },
    "EventMapping": record(
        "EventMapping",
        "One way from a body to an event, and to a record where it also changes one.",
        {
            "type": noted(ref("ReportedEventType"), "The event's type.", examples=["payment.received"]),
            **{name: _expression(description) for name, description in _MAPPING.items()},
            "record": noted(ref("RecordMapping"), "The record that the body also changes."),
        },
        examples=EXAMPLE["mappings"],
        allOf=[_TYPE_OR_EXPRESSION],
    ),
    "RecordMapping": record(
        "RecordMapping",
        "The record that a body changes, found by its id, or by the phone or e-mail among its fields.",
        {
            "kind": ref("Kind"),
            "fields": _expression("Finds the record's fields, as an object."),
            "id": _expression("Finds the record's id."),
            "may_replace": noted(
                {"type": "array", "items": patterned(FIELD.pattern), "maxItems": MAX_FIELDS},
                "Fields of which the sender of an open form may replace what a record has; it fills empty ones anyhow.",
                examples=[["message"]],
            ),
        },
        required=("kind", "fields"),
        examples=[EXAMPLE["mappings"][0]["record"]],
    ),
    "FormOptions": record(
        "FormOptions",
        "What an HTML form says besides.",
        {
            "honeypot": noted(text(), "A field that people do not see: who fills it in is no person."),
            "redirect": noted(
                patterned(REDIRECT_URL.pattern, longest=LONGEST_REDIRECT, empty=True),
                "Where the browser goes afterwards.",
                examples=["https://example.com/thanks"],
            ),
        },
        examples=[{"honeypot": "website", "redirect": "https://example.com/thanks"}],
    ),
    "Source": record(
        "Source",
        "A system that may post to /hooks/{name}: how it proves itself, and what its bodies mean.",
        _SOURCE,
        required=("name", "scheme"),
        examples=[EXAMPLE],
        allOf=[_no_form()],
    ),
}


@cache
def source_schema() -> dict[str, Any]:
    """The JSON Schema of a source. Its definitions are under `$defs`; do not change what is returned."""
    return document("Source", DEFINITIONS)
