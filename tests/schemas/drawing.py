"""Documents drawn from a JSON Schema, most of which it takes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.schemas.validating import Validator, ecma

Draw = Callable[[st.SearchStrategy[Any]], Any]
Schema = Mapping[str, Any]

DEEP = 7
"""How deep values nest in what is drawn; beyond, the last of several options is taken."""

TEXTS = ("a", "new", "Ş", "a\nb", "{{ record.name }}", "*", "1e3", "lead:1", "", " ")
FITTING = (
    "record.status", "record.renewal_date", "event.data.amount", "related.owner.team", "history.call.incoming_missed",
    "now.weekday", "contact", "lead", "lead.created", "deal.field_changed", "Europe/Istanbul", "09:30", "2026-03-14",
    "2026-03-14T09:30:00Z", "0 9 * * mon-fri", "*/15 * * * *", "renewal_date", "12.5", "shop", "TR", "x-signature",
    "https://example.com/thanks", "body.id", "stage",
)  # fmt: skip
"""Texts that mean something to the parser, where a pattern takes them."""

TRIES = 5

_VALUES: st.SearchStrategy[Any] = st.sampled_from([None, True, 0, -1.5, 10**20, "a", [], ["a", 1], {}, {"a": {"b": 1}}])


class Drawer:
    """Draws documents that a schema takes, or that fail it only where one part asks something of another."""

    def __init__(self, schema: Schema) -> None:
        self.definitions: Mapping[str, Any] = schema["$defs"]
        self._validators: dict[int, Any] = {}

    def of(self, name: str) -> st.SearchStrategy[Any]:
        """Values of one of the schema's definitions."""
        return st.composite(lambda draw: self._value(draw, self.definitions[name], 0))()

    def _takes(self, schema: Schema, value: Any) -> bool:
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = self._validators[id(schema)] = Validator({**schema, "$defs": self.definitions})
        return bool(validator.is_valid(value))

    def _value(self, draw: Draw, schema: Schema, depth: int) -> Any:
        if "$ref" in schema:
            return self._value(draw, self.definitions[schema["$ref"].rpartition("/")[2]], depth)
        if "examples" in schema and draw(st.booleans()):
            return copy.deepcopy(draw(st.sampled_from(schema["examples"])))
        for word, draw_it in _BY_WORD.items():
            if word in schema:
                return draw_it(self, draw, schema, depth)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = draw(st.sampled_from(kind))
        return _BY_TYPE[kind](self, draw, schema, depth)

    def _option(self, draw: Draw, schema: Schema, depth: int) -> Any:
        options = schema.get("oneOf") or schema["anyOf"]
        return self._value(draw, options[-1] if depth > DEEP else draw(st.sampled_from(options)), depth + 1)

    def _object(self, draw: Draw, schema: Schema, depth: int) -> dict[str, Any]:
        members, required = schema.get("properties", {}), schema.get("required", ())
        found = {
            name: self._value(draw, member, depth + 1)
            for name, member in members.items()
            if name in required or draw(st.integers(0, 3)) == 0
        }
        if schema.get("additionalProperties") is True:
            found |= draw(st.dictionaries(st.sampled_from(["a", "status"]), _VALUES, max_size=2))
        for constraint in self._constraints(schema, found):
            self._repair(draw, constraint, members, found, depth)
        if "not" in schema:
            self._escape(draw, schema["not"], members, found, depth)
        return found

    def _constraints(self, schema: Schema, found: Mapping[str, Any]) -> Iterator[Schema]:
        for part in schema.get("allOf", ()):
            if self._takes(part["if"], found):
                yield part.get("then", {})
            else:
                yield part.get("else", {})

    def _repair(self, draw: Draw, constraint: Schema, members: Schema, found: dict[str, Any], depth: int) -> None:
        """Draw anew what the constraint asks of members."""
        asked = constraint.get("properties", {})
        for name in {*(asked.keys() & found.keys()), *constraint.get("required", ())}:
            wanted = asked.get(name, {})
            whole = wanted if {"$ref", "const", "enum"} & wanted.keys() else {**members[name], **wanted}
            for _ in range(TRIES):
                if name in found and self._takes(wanted, found[name]):
                    break
                found[name] = self._value(draw, whole, depth + 1)

    def _escape(self, draw: Draw, forbidden: Schema, members: Schema, found: dict[str, Any], depth: int) -> None:
        """Draw members anew until the object is not what it must not be."""
        names = list(forbidden.get("properties", members))
        for _ in range(TRIES):
            if not self._takes(forbidden, found):
                break
            name = draw(st.sampled_from(names))
            found[name] = self._value(draw, members[name], depth + 1)

    def _array(self, draw: Draw, schema: Schema, depth: int) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
        count = draw(st.integers(least, min(most, least + 2)))
        return [self._value(draw, schema["items"], depth + 1) for _ in range(count)]

    def _text(self, draw: Draw, schema: Schema, depth: int) -> str:
        pattern, longest = schema.get("pattern"), schema.get("maxLength", 100)
        if pattern is None:
            texts: list[str] = [*TEXTS, "x" * longest]
        else:
            texts = [text for text in (*FITTING, *TEXTS, "x" * longest) if ecma(pattern).search(text)]
            if not texts or draw(st.integers(0, 3)) == 0:
                return str(draw(st.from_regex(ecma(pattern), fullmatch=pattern.startswith("^"))))
        return draw(st.sampled_from(texts))  # type: ignore[no-any-return]

    def _integer(self, draw: Draw, schema: Schema, depth: int) -> int:
        least, most = schema["minimum"], schema["maximum"]
        return draw(st.sampled_from([least, most, min(most, max(least, 1)), min(most, 7)]))  # type: ignore[no-any-return]


_BY_WORD: Mapping[str, Callable[[Drawer, Draw, Schema, int], Any]] = {
    "const": lambda drawer, draw, schema, depth: schema["const"],
    "enum": lambda drawer, draw, schema, depth: draw(st.sampled_from(schema["enum"])),
    "oneOf": Drawer._option,
    "anyOf": Drawer._option,
}
_BY_TYPE: Mapping[str | None, Callable[[Drawer, Draw, Schema, int], Any]] = {
    "object": Drawer._object,
    "array": Drawer._array,
    "string": Drawer._text,
    "integer": Drawer._integer,
    "number": lambda drawer, draw, schema, depth: draw(st.sampled_from([0, 1, -2.5, 1e30, 10**39, 7])),
    "boolean": lambda drawer, draw, schema, depth: draw(st.booleans()),
    "null": lambda drawer, draw, schema, depth: None,
    None: lambda drawer, draw, schema, depth: draw(_VALUES),
}
