"""List everything that a rule can be made of, in one document: enough for an admin's page to build its forms."""

from __future__ import annotations

from functools import cache
from typing import Any

from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.event_catalog import catalog
from whenthen.domain.rules.actions import actions, options_of
from whenthen.domain.rules.triggers import TRIGGERS


@cache
def reference() -> dict[str, Any]:
    """Return the catalogue as the API shows it: kinds of records, events, triggers, operators and actions."""
    return {**catalog.as_json(), "triggers": _triggers(), "operators": _operators(), "actions": _actions()}


def _triggers() -> list[dict[str, Any]]:
    return [
        {"trigger": row.on, "description": row.description, "example": dict(row.example)} for row in TRIGGERS.values()
    ]


def _operators() -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "description": row.description,
            "takes": row.takes,
            "ignore_case": row.folds,
            "time_zone": row.dated,
            "record_only": row.record,
        }
        for row in OPERATORS.values()
    ]


def _actions() -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "description": row.description,
            "channel": row.channel,
            "messages": row.messages,
            "parameters": [
                {
                    "name": parameter.name,
                    "description": parameter.description,
                    "type": parameter.kind,
                    "required": parameter.required,
                    "templated": parameter.templated,
                    "options": list(parameter.options),
                }
                for parameter in row.parameters
            ],
            "one_of": list(options_of(row)),
            "template_replaces": list(row.texts),
        }
        for row in actions().values()
    ]
