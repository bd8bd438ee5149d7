"""Read the fields that the rules of one event type look at, from an event in one go.

Each field of the tables has its place among the values of a row, the same for every event, so that checks find it by
number and not by name. Other fields are read when a check needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from operator import itemgetter
from typing import Any

from msgspec import Struct

from whenthen.domain.conditions.field_access import Context, Facts, Path, walk

Get = Callable[[str], Any]
"""Read a name of an object."""


class Row(Struct, eq=False, gc=False):
    """Hold the fields of one event. A field that is missing or null is None.

    gets     what reads a name of each object, by the number of the object
    values   the fields of tables, by place; the first is always None
    found    of each table of choices the node that was found, or None
    several  where more than one node of a table was found, all of them
    wide     whether one of these tables is tested
    known    the facts, once they were asked for: few events need them
    """

    context: Context
    gets: list[Get]
    values: list[Any]
    found: list[Any] = []
    several: Collection[Any] = ()
    wide: bool = False
    known: Facts | None = None

    def facts(self) -> Facts:
        """Return the facts of the event."""
        if self.known is None:
            self.known = Facts(self.context)
        return self.known


Check = Callable[[Row], Any]
"""Test a condition on the row of one event: true if it holds."""

NOTHING = 0
"""Stand for the place of no field."""


class Source(StrEnum):
    """Name what is read of a field: its value, its value after or before the change, the names of changed fields."""

    VALUE = "value"
    BECAME = "became"
    WAS = "was"
    CHANGES = "changes"


_WORKED_OUT: Mapping[Source, Callable[[Facts, Path], object]] = {
    Source.BECAME: lambda facts, path: facts.change(path)[1],
    Source.WAS: lambda facts, path: facts.change(path)[0],
    Source.CHANGES: lambda facts, path: facts.changed_names(),
}

Field = tuple[Source, Path]

_NO_OBJECT: dict[str, Any] = {}
_READS_NONE: Get = _NO_OBJECT.get


def at_hand(path: Path) -> bool:
    """Tell whether a field can be read of every event. Fields that are counted, looked up or told by the clock
    cannot: only a check that needs one reads it.
    """
    return path.root in _AT_HAND


_AT_HAND = frozenset({"event", "record", "before"})


class Fields:
    """Read fields of each event.

    Those that stand in one object, such as the record, are read together. An object has a number; 0 is the context.

    parents  the numbers of objects, by the names that lead to them
    objects  what leads to each but the context: the number of the object that it stands in, and its name there
    groups   fields next to each other: the number of their object, and their names; or those that are worked out
    """

    __slots__ = ("_groups", "_objects", "_parents", "_places", "_size")

    def __init__(self) -> None:
        self._places: dict[tuple[Source, str], int] = {}
        self._size = NOTHING + 1
        self._parents: dict[tuple[str, ...], int] = {(): 0}
        self._objects: list[tuple[int, str]] = []
        self._groups: list[tuple[int | None, list[Any]]] = []

    def add(self, wanted: Iterable[Field]) -> None:
        """Read these fields too. Many at once are read faster than the same one by one."""
        for source, path in sorted(wanted, key=lambda field: (field[0], field[1].steps[:-1])):
            self._place(source, path)

    def _place(self, source: Source, path: Path) -> None:
        key = (source, "" if source is Source.CHANGES else path.key)
        if key in self._places:
            return
        self._places[key] = self._size
        self._size += 1
        group, kept = self.where(path) if source is Source.VALUE else (None, (source, path))
        if not self._groups or self._groups[-1][0] != group:
            self._groups.append((group, []))
        self._groups[-1][1].append(kept)

    def known(self, source: Source, key: str) -> int:
        """Path key → the field's place in the row."""
        return self._places[source, key]

    def where(self, path: Path) -> tuple[int, str]:
        """Return (number of the object that holds the field, its name): `row.gets[number](name)` reads it."""
        return self._object(path.steps[:-1]), path.steps[-1]

    def _object(self, steps: tuple[str, ...]) -> int:
        found = self._parents.get(steps)
        if found is None:
            self._objects.append((self._object(steps[:-1]), steps[-1]))
            found = self._parents[steps] = len(self._objects)
        return found

    def read(self, context: Context) -> Row:
        """Read the row of the event. This is a tight loop, run for every event."""
        gets: list[Get] = [context.get]
        for parent, name in self._objects:
            get = gets[parent]
            found = get(name)
            gets.append(
                found.get if type(found) is dict else _READS_NONE if found is None else _inside(get, name, found)
            )
        row = Row(context, gets, [None])
        values = row.values
        for group, fields in self._groups:
            if group is not None:
                values += map(gets[group], fields)
            else:
                facts = row.facts()
                values += [_WORKED_OUT[source](facts, path) for source, path in fields]
        return row


class _Inside:
    """Read names of a value that is no plain object, such as those that the items of a list have."""

    __slots__ = ("_names", "_value")

    def __init__(self, value: object, names: tuple[str, ...] = ()) -> None:
        self._value = value
        self._names = names

    def __call__(self, name: str) -> object:
        return walk(self._value, (*self._names, name))

    def further(self, name: str) -> _Inside:
        """Return a reader of `name` of the result of this one. A list is passed through by all names at once."""
        return _Inside(self._value, (*self._names, name))


def _inside(get: Get, name: str, found: object) -> Get:
    return get.further(name) if isinstance(get, _Inside) else _Inside(found)


def picker(places: list[int]) -> Callable[[list[Any]], Iterable[Any]]:
    """Return a function that picks the values at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: [values[place] for place in places]
