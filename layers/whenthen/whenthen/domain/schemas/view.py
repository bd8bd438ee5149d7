"""The schema of a saved view, as an admin writes it and `parse_view` reads it."""

from __future__ import annotations

from functools import cache
from typing import Any

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION
from whenthen.domain.schemas import condition, triggers
from whenthen.domain.schemas.parts import Schema, document, filled_text, noted, record, ref, text

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
