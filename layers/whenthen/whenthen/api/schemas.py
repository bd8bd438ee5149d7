"""Give the JSON Schemas of what admins write. They are generated when they are first asked for."""

from __future__ import annotations

from typing import Any

SCHEMAS = ("rule", "view", "template", "source")
"""The documents that have a schema."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the schema of one of SCHEMAS; do not change it. Raises KeyError for another name."""
    # The generators are loaded here: no other request needs them.
    from whenthen.domain.schemas.rule import rule_schema  # noqa: PLC0415
    from whenthen.domain.schemas.view import template_schema, view_schema  # noqa: PLC0415
    from whenthen.sources.webhook.schema import source_schema  # noqa: PLC0415

    schemas = {"rule": rule_schema, "view": view_schema, "template": template_schema, "source": source_schema}
    return schemas[name]()
