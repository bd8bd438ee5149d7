"""Put the schemas that the domain generates in where the API's models name them (`whenthen.api.models.base`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from whenthen.domain.schemas.openapi import PLACE, components
from whenthen.domain.schemas.rule import rule_schema
from whenthen.domain.schemas.view import template_schema, view_schema
from whenthen.sources.webhook.schema import source_schema
from whenthen.usecases.connections.schema import connection_schema

Schema = dict[str, Any]


def resolved(paths: Schema, schemas: Mapping[str, Schema]) -> tuple[Schema, dict[str, Schema]]:
    """Return the paths and the components, each with what its marks stand for.

    Components that nothing refers to are left out. Raises ValueError if a model has the name of a schema.
    """
    # Imported here: the check's environment has no pydantic.
    from whenthen.api.models.base import DESCRIBING  # noqa: PLC0415
    from whenthen.api.models.shared import Problem  # noqa: PLC0415

    written = components(rule_schema(), view_schema(), template_schema(), source_schema(), connection_schema())
    own = {name: schema for name, schema in schemas.items() if "ValidationError" not in name}
    for model in (Problem, *DESCRIBING.values()):
        own |= _schemas_of(model)
    if clash := written.keys() & own.keys():
        raise ValueError(f"models and schemas are both called {', '.join(sorted(clash))}")
    models = {name: _named(_extended(schema, written)) for name, schema in own.items()}
    shown = _named(paths)
    known = {**written, **models}
    return shown, {name: known[name] for name in sorted(_reached(shown, known, "Problem"))}


def _schemas_of(model: Any) -> dict[str, Schema]:
    schema = model.model_json_schema(ref_template=f"{PLACE}{{model}}")
    return {**schema.pop("$defs", {}), model.__name__: schema}


def _extended(schema: Schema, written: Mapping[str, Schema]) -> Schema:
    """Give a model the members of the schema that it extends; its own members win."""
    from whenthen.api.models.base import EXTENDS  # noqa: PLC0415 - see above

    if EXTENDS not in schema:
        return schema
    own = {name: value for name, value in schema.items() if name != EXTENDS}
    base = written[schema[EXTENDS]]
    required = [name for name in base.get("required", ()) if name not in own["properties"]]
    extended = {
        **own,
        "properties": {**base["properties"], **own["properties"]},
        "required": [*required, *own.get("required", ())],
    }
    # What else a document must hold is asked of what is written, not of what is shown.
    return {**extended, "allOf": base["allOf"]} if _is_closed(own) and "allOf" in base else extended


def _is_closed(schema: Schema) -> bool:
    return schema.get("additionalProperties") is False


def _named(value: Any) -> Any:
    """Put references in place of marks."""
    from whenthen.api.models.base import SCHEMA  # noqa: PLC0415 - see above

    if isinstance(value, list):
        return [_named(item) for item in value]
    if not isinstance(value, dict):
        return value
    if SCHEMA in value:
        rest = {name: inner for name, inner in value.items() if name == "description"}
        return {"$ref": f"{PLACE}{value[SCHEMA]}", **rest}
    return {name: _named(inner) for name, inner in value.items()}


def _reached(paths: Schema, known: Mapping[str, Schema], *more: str) -> set[str]:
    """Return the names of the components that the paths refer to, directly or through others."""
    reached: set[str] = set()
    waiting = {*_references(paths), *more}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= set(_references(known[name])) - reached
    return reached


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith(PLACE):
            yield target.removeprefix(PLACE)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _references(each)
