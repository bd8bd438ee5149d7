"""Move the definitions of schemas to where an OpenAPI document keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whenthen.domain.schemas.parts import Schema

PLACE = "#/components/schemas/"


def components(*documents: Schema) -> dict[str, Schema]:
    """Return the definitions of whole schemas by name, to be put under `components.schemas`.

    Raises ValueError if two of the schemas define one name differently.
    """
    found: dict[str, Schema] = {}
    for document in documents:
        for name, definition in document["$defs"].items():
            moved = _moved(definition)
            if found.setdefault(name, moved) != moved:
                raise ValueError(f"{name} is defined twice, and not alike")
    return dict(sorted(found.items()))


def _moved(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_moved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: f"{PLACE}{value.rpartition('/')[2]}" if name == "$ref" and isinstance(value, str) else _moved(value)
        for name, value in schema.items()
    }
