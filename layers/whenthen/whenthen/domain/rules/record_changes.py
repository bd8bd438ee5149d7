"""Describe the record change that a step will make, as far as its parameters tell it before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field


class _Anything:
    def __repr__(self) -> str:
        return "anything"


ANYTHING = _Anything()
"""Stands for a value that is known only when the step runs."""


class RecordChange(Struct, frozen=True):
    """Name the fields that a step writes.

    kind     of the record that is created; None if the step changes an existing record
    fields   field name → value, or ANYTHING
    created  whether the step creates a record
    """

    kind: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    created: bool = False


def constant(value: Any) -> Any:
    """Return a value as it will be written, or ANYTHING if it holds a template."""
    return ANYTHING if isinstance(value, str) and "{" in value else value
