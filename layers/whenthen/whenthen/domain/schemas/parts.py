"""Build the parts of a JSON Schema: texts, numbers, choices, objects, references.

The parser of rules reads null as absent wherever a member is optional, so optional members may be null here too.
Members of an object never stand beside `anyOf` or `oneOf` in the same schema: generators of clients would make a union
of it instead of a model. Constraints between members are `if`/`then`, `not` and `allOf`, which they pass over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from whenthen.domain.common.document_reader import LONGEST_TEXT

Schema = dict[str, Any]
Definitions = Mapping[str, Schema]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NULL: Schema = {"type": "null"}
GIVEN: Schema = {"not": NULL}
BLANK: Schema = {"type": ["string", "null"], "pattern": r"^\s*$"}
"""Absent, null, or a text of white space only, which counts as absent."""

_NOTES = ("title", "description", "default", "examples", "readOnly")


def whole(pattern: str) -> str:
    """Anchor a pattern of Python's `re` at both ends, in the dialect of ECMA-262: its digits are ASCII."""
    return f"^(?:{pattern.replace(chr(92) + 'd', '[0-9]')})$"


def noted(schema: Schema, description: str, *, default: Any = None, examples: Iterable[Any] = ()) -> Schema:
    """Add a description, and where there are any a default and examples."""
    notes: Schema = {"description": description}
    if default is not None:
        notes["default"] = default
    if found := list(examples):
        notes["examples"] = found
    return {**schema, **notes}


def text(longest: int = LONGEST_TEXT) -> Schema:
    """Allow a text, which may be empty: the parser reads an empty one as absent."""
    return {"type": "string", "maxLength": longest}


def filled_text(longest: int = LONGEST_TEXT) -> Schema:
    """Demand a text of more than white space."""
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": r"\S"}


def patterned(pattern: str, *, longest: int | None = None, empty: bool = False) -> Schema:
    """Demand a text that fits the whole pattern; `empty`: or an empty one, which counts as absent."""
    length = {} if longest is None else {"maxLength": longest}
    return {"type": "string", "pattern": whole(f"(?:{pattern})?" if empty else pattern), **length}


def integer(most: int, least: int = 0) -> Schema:
    """Demand a whole number from `least` to `most`."""
    return {"type": "integer", "minimum": least, "maximum": most}


def flag() -> Schema:
    """Demand true or false."""
    return {"type": "boolean"}


def choice(options: Iterable[str]) -> Schema:
    """Demand one of these texts."""
    return {"type": "string", "enum": [str(option) for option in options]}


def constant(value: str) -> Schema:
    """Demand exactly this text."""
    return {"type": "string", "const": str(value)}


def ref(name: str) -> Schema:
    """Refer to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def one_or_list(item: Schema, most: int, *, least: int = 0) -> Schema:
    """Demand an item, or a list of items: how the parser reads lists of texts."""
    bounds = {"minItems": least} if least else {}
    return {"anyOf": [item, {"type": "array", "items": item, **bounds, "maxItems": most}]}


def nullable(schema: Schema) -> Schema:
    """Allow null beside what the schema allows."""
    kind = schema.get("type")
    if isinstance(kind, str) and "const" not in schema:
        listed = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, "type": [kind, "null"], **listed}
    notes = {name: schema[name] for name in _NOTES if name in schema}
    bare = {name: value for name, value in schema.items() if name not in notes}
    options = bare["anyOf"] if bare.keys() == {"anyOf"} else [bare]
    return {"anyOf": [*options, NULL], **notes}


def record(
    title: str,
    description: str,
    members: Mapping[str, Schema],
    *,
    required: Collection[str] = (),
    never_null: Collection[str] = (),
    **constraints: Any,
) -> Schema:
    """Demand an object of exactly these members. Those neither `required` nor `never_null` may be null."""
    exact = {*required, *never_null}
    return {
        "title": title,
        "description": description,
        "type": "object",
        "properties": {
            name: {"title": _title(name), **(member if name in exact else nullable(member))}
            for name, member in members.items()
        },
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
        **constraints,
    }


def when(condition: Mapping[str, Schema], then: Schema, *, given: Collection[str] = ()) -> Schema:
    """Demand `then` of objects whose members fit `condition`; those in `given` must be there."""
    tested: Schema = {"properties": dict(condition)}
    return {"if": {**tested, "required": list(given)} if given else tested, "then": then}


def union(title: str, description: str, names: Iterable[str]) -> Schema:
    """Demand exactly one of the definitions."""
    return {"title": title, "description": description, "oneOf": [ref(name) for name in names]}


def document(name: str, definitions: Definitions) -> Schema:
    """The schema of a whole document: the definition called `name`, with all that it leads to under `$defs`."""
    reached: dict[str, Schema] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached[current] = definitions[current]
            waiting += sorted(_references(definitions[current]))
    root = definitions[name]
    return {
        "$schema": DIALECT,
        "title": root["title"],
        "description": root["description"],
        **ref(name),
        "$defs": dict(sorted(reached.items())),
    }


def _references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {name for item in schema for name in _references(item)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*(_references(item) for item in schema.values()))


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
