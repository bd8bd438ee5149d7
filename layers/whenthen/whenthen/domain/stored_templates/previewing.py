"""Find the fields that a text names and a record does not have, for a preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from whenthen.domain.common.values import is_blank
from whenthen.domain.templating.templates import paths_of


def missing_fields(sources: Iterable[str], context: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the fields of the texts whose value is missing or blank, as `record.first_name`, in order."""
    paths = frozenset[tuple[str, ...]]().union(*map(paths_of, sources))
    return tuple(sorted(".".join(path) for path in paths if _is_missing(path, context)))


def _is_missing(path: tuple[str, ...], context: Mapping[str, Any]) -> bool:
    value: Any = context.get(path[0])
    for name in path[1:]:
        if isinstance(value, datetime):  # `now`: lint knows its fields
            return False
        value = _item(value, name)
    return value is None or is_blank(value)


def _item(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list | tuple) and name.isdecimal():
        return value[int(name)] if int(name) < len(value) else None
    return None
