"""Read the fields of one event by the object that holds them, without walking to that object again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from whenthen.domain.conditions.field_access import Context, Facts
from whenthen.domain.conditions.operator_functions import LONG

if TYPE_CHECKING:
    from whenthen.domain.conditions.field_access import Path

ODD: Final = object()
"""Stand for a name in a value that is no plain object, such as a list. Only the facts tell what it leads to."""

_NOTHING: dict[str, Any] = {}


class Row(dict[str, Callable[[str], Any]]):
    """Read names of an event's objects: `row["event.data"]("amount")`, None if missing or null, ODD if not plain."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self[""] = context.get

    @cached_property
    def facts(self) -> Facts:
        """Return the facts of the event, which few events need."""
        return Facts(self._context)

    def __missing__(self, place: str) -> Callable[[str], Any]:
        parent, name = split(place)
        get = self[place] = getter_of(self[parent](name))
        return get


def getter_of(value: object) -> Callable[[str], Any]:
    """Return the function that reads names of a value."""
    return value.get if type(value) is dict else _NOTHING.get if value is None else lambda name: ODD


def are_plain(value: object) -> TypeGuard[list[str]]:
    """Tell whether a value is a short list of nothing but texts of ASCII."""
    return type(value) is list and len(value) < LONG and {*map(type, value)} <= {str} and all(map(str.isascii, value))


def split(place: str) -> tuple[str, str]:
    """Return the object that holds a place, and the name of the place in it: `event.data.a` is `a` of `event.data`."""
    return place.rpartition(".")[::2]


def at_hand(path: Path) -> bool:
    """Tell whether a row reads the field: `path.key` is its place. Others are counted, looked up or worked out."""
    return path.root in ("event", "record", "before")
