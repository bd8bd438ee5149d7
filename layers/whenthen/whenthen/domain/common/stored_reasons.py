"""Prepare reasons for storage: take them from an error, change their texts, keep them within a size.

rejected = bounded(error.reason, 1_000)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import convert, to_builtins

from whenthen.domain.common.reasons import Reason

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import ReasonValue

CUT = "…"
"""Ends a text, or a list, of which the rest was left out."""

_LIMITS = ((200, 20), (80, 10), (40, 5), (16, 2), (4, 1))
"""(characters of a text, items of a list), tried in this order until the reason is small enough."""


def map_texts(reason: Reason, change: Callable[[str], str]) -> Reason:
    """Apply `change` to each text among the parameters of a reason, and of the reasons within it."""
    return Reason(reason.code, {name: _mapped(value, change) for name, value in reason.params.items()})


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case Reason():
            return map_texts(value, change)
        case list() | tuple():
            return [_mapped(item, change) for item in value]
    return value


def bounded(reason: Reason, most: int) -> Reason:
    """Shorten texts and lists among the parameters until the reason has at most `most` bytes as JSON.

    A reason that even the shortest texts leave too large, by how deeply it nests, is kept at those.
    """
    kept = reason
    for characters, items in _LIMITS:
        if _size(kept) <= most:
            break
        kept = _cut(reason, characters, items)
    return kept


def _size(reason: Reason) -> int:
    return len(json.dumps(to_builtins(reason)))


def _cut(reason: Reason, characters: int, items: int) -> Reason:
    return Reason(reason.code, {name: _cut_value(value, characters, items) for name, value in reason.params.items()})


def _cut_value(value: Any, characters: int, items: int) -> ReasonValue:
    match value:
        case str() if len(value) > characters:
            return value[:characters] + CUT
        case Reason():
            return _cut(value, characters, items)
        case list() | tuple():
            kept: list[Any] = [_cut_value(item, characters, items) for item in value[:items]]
            return [*kept, CUT] if len(value) > items else kept
    return value  # type: ignore[no-any-return]


def to_document(reason: Reason) -> dict[str, Any]:
    """Write a reason as `{"code": "list.too_many", "params": {"count": 30, "found": 31}}`."""
    document: dict[str, Any] = to_builtins(reason)
    return document


def from_document(document: Any) -> Reason:
    """Read what `to_document` wrote."""
    return convert(document, Reason)
