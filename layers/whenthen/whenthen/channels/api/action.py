"""Describe the action of the channel that calls APIs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from whenthen.domain.common.backoff import Schedule
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.connections.connection import METHODS
from whenthen.domain.rules.actions import ANYTHING, Action, Parameter, ParameterKind, RecordChange

CHANNEL = "api"

RETRIES = Schedule(5.0, 4.0, 36_000.0, 0.2, timedelta(hours=24))
"""Pauses of 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 5.7 h, 10 h, each with up to a fifth more."""

BODIES = ("json", "form", "text")


def _writes(parameters: Mapping[str, Any]) -> RecordChange:
    return RecordChange(fields=dict.fromkeys(parameters.get("save") or (), ANYTHING))


ACTIONS = (
    Action(
        "call_api",
        CHANNEL,
        ReasonCode("action.call_api")(),
        "Call the API of another system, and save fields of its answer.",
        (
            Parameter(
                "connection",
                "The name of a stored connection, by which the call authenticates.",
                ParameterKind.CONNECTION,
                templated=False,
            ),
            Parameter(
                "method",
                "The method of HTTP.",
                ParameterKind.CHOICE,
                templated=False,
                options=("POST", *(each for each in METHODS if each != "POST")),
            ),
            Parameter(
                "url",
                "The path behind the base of the connection, such as /contacts; else an https address.",
                ParameterKind.ADDRESS,
            ),
            Parameter(
                "open_host",
                "Let values choose the scheme, host and port of an address without a connection.",
                ParameterKind.FLAG,
                templated=False,
            ),
            Parameter("headers", "Headers, beside those of the connection.", ParameterKind.HEADERS),
            Parameter("query", "What stands behind the question mark; a list repeats its name.", ParameterKind.OBJECT),
            Parameter("json", "The body as JSON; values keep their types.", ParameterKind.JSON),
            Parameter("form", "The body as a form.", ParameterKind.OBJECT),
            Parameter("text", "The body as a text."),
            Parameter(
                "expect",
                "The statuses that mean success; by default 200 to 299.",
                ParameterKind.STATUSES,
                templated=False,
            ),
            Parameter(
                "ok_if",
                "A JMESPath expression on the answer that must hold too, for APIs that answer 200 to what failed.",
                ParameterKind.EXPRESSION,
                templated=False,
            ),
            Parameter(
                "save",
                "Fields of the record, each with a JMESPath expression on the answer: status, headers and body.",
                ParameterKind.EXPRESSIONS,
                templated=False,
            ),
            Parameter(
                "remember",
                "Values for later steps alone, as of `save`: steps.<step>.<name>.",
                ParameterKind.EXPRESSIONS,
                templated=False,
            ),
        ),
        one_of=("connection", "url"),
        at_most_one=BODIES,
        shown=("url", "connection"),
        writes=_writes,
        retries=RETRIES,
        secrets=True,
        example={
            "connection": "crm",
            "url": "/contacts",
            "json": {"name": "{{ record.first_name }}", "age": "{{ record.age }}"},
            "expect": [200, 201],
            "save": {"crm_id": "body.id"},
        },
    ),
)
