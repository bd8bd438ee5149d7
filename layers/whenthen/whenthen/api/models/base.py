"""Provide what the models share: their base, times, and references to the schemas that the domain generates.

Rules, views and sources have a schema of their own (`whenthen.domain.schemas`), and a parser that names every problem.
The models repeat neither: they name the schema, and `dev.openapi` puts it in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic_core import CoreSchema

from whenthen.domain.events.event import format_time

SCHEMA = "x-schema"
"""Marks what is described by the schema of this name in the components of the OpenAPI document."""

EXTENDS = "x-extends"
"""Marks a model that has the members of the schema of this name beside its own."""

JsonSchema = dict[str, Any]


class _Shown:
    """Show values in the OpenAPI document by this schema."""

    def __init__(self, **schema: Any) -> None:
        self._schema = schema

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        """Return the schema."""
        del schema, handler
        return dict(self._schema)


Time = Annotated[str, _Shown(type="string", format="date-time")]
"""An RFC 3339 time in UTC, such as `2026-03-14T09:00:00Z`."""


def time_of(moment: datetime | None) -> str | None:
    """Write a moment as a Time; None if there is none."""
    return None if moment is None else format_time(moment)


class Model(BaseModel):
    """Base the models of the API. A model is built when a request first needs it: starts stay short."""

    model_config = ConfigDict(defer_build=True, validate_by_name=True, validate_by_alias=True)


class Sparse(Model):
    """Leave out of the answer the members that were not set."""

    @model_serializer(mode="wrap")
    def only_set(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Serialize the members that were set."""
        shown: dict[str, Any] = serialize(self)
        fields = type(self).model_fields
        given = self.model_fields_set | {fields[name].alias for name in self.model_fields_set if name in fields}
        return {name: value for name, value in shown.items() if name in given}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        """Return the schema of the members: that of what `only_set` returns says nothing of them."""
        members: Any = {name: value for name, value in schema.items() if name != "serialization"}
        return handler(members)


class Described:
    """Describe a document, which its own parser checks, by models or by names of schemas; of several, by one of them.

    Annotated[dict[str, Any], Body(), Described("Rule")]
    """

    def __init__(self, *by: type[BaseModel] | str) -> None:
        self._names = [each if isinstance(each, str) else each.__name__ for each in by]
        DESCRIBING.update({each.__name__: each for each in by if not isinstance(each, str)})

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        """Return marks that name the models or schemas."""
        del schema, handler
        marks: list[JsonSchema] = [{SCHEMA: name} for name in self._names]
        return marks[0] if len(marks) == 1 else {"anyOf": marks}


DESCRIBING: dict[str, type[BaseModel]] = {}
"""The models that describe documents, by name: no route takes or returns them themselves."""
