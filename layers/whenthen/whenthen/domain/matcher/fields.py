"""Fields: what the rules of one event type look at, read from an event in one go.

What is read is a list, `Values`. Each field has its place in it, the same for every event, so that what
asks for a field does so by number and not by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from whenthen.domain.facts import Context, Facts, Path
from whenthen.domain.matcher.numbers import EXACT, comparable

Values = list[object]
"""[context, Facts or None, the nodes that were found, 0, the value of the first field, …]. A field that is missing or
null is None; as a number, it is not a number."""

Ask = Callable[[Values], bool]
"""A condition that is asked of the values of one event."""

CONTEXT, FACTS, FOUND, ZERO, FIRST = range(5)


class Source(StrEnum):
    """What is read of a field: what it is, what it became or was by the event, which fields changed."""

    VALUE = "value"
    NUMBER = "number"
    BECAME = "became"
    WAS = "was"
    CHANGES = "changes"


_READERS: Mapping[Source, Callable[[Facts, Path], object]] = {
    Source.VALUE: lambda facts, path: facts.read(path),
    Source.NUMBER: lambda facts, path: comparable(facts.read(path)),
    Source.BECAME: lambda facts, path: facts.change(path)[1],
    Source.WAS: lambda facts, path: facts.change(path)[0],
    Source.CHANGES: lambda facts, path: facts.changed_names(),
}

Field = tuple[Source, Path]


def at_hand(path: Path) -> bool:
    """Whether a field can be read of every event. What is counted, looked up or told by the clock is not: only who
    must know asks for it."""
    return path.root in _AT_HAND


_AT_HAND = frozenset({"event", "record", "before"})


def facts_of(values: Values) -> Facts:
    """The facts of the event whose values these are: made when first asked for, since few events need them."""
    facts = values[FACTS]
    if facts is None:
        facts = values[FACTS] = Facts(values[CONTEXT])  # type: ignore[arg-type]
    return facts  # type: ignore[return-value]


class Fields:
    """The fields that are read of each event.

    Those next to each other that stand in one object, such as the record, are read together: a group is
    the names that lead to the object, the names of its fields, and their paths.
    """

    __slots__ = ("_groups", "_numbers", "_places", "_size")

    def __init__(self) -> None:
        self._places: dict[tuple[Source, str], int] = {}
        self._groups: list[tuple[tuple[str, ...] | None, list[str], list[Field]]] = []
        self._size = FIRST
        self._numbers: list[int] = []

    def add(self, wanted: Iterable[Field]) -> None:
        """Read these fields too. Many at once are read faster than the same one by one."""
        for source, path in sorted(wanted, key=lambda field: (field[1].steps[:-1], field[0])):
            self.place(source, path)

    def place(self, source: Source, path: Path) -> int:
        """Where the values have this field, which is read from now on."""
        key = (source, "" if source is Source.CHANGES else path.key)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._size
            self._size += 1
            parent = path.steps[:-1] if source in (Source.VALUE, Source.NUMBER) and path.steps else None
            if source is Source.NUMBER:
                self._numbers.append(place)
            if not self._groups or self._groups[-1][0] != parent:
                self._groups.append((parent, [], []))
            _, names, fields = self._groups[-1]
            fields.append((source, path))
            if parent is not None:
                names.append(path.steps[-1])
        return place

    def known(self, source: Source, key: str) -> int:
        """Where the values have a field that was placed, by the key of its path."""
        return self._places[source, key]

    def read(self, context: Context) -> Values:
        """The values of the event. A tight loop: it is gone through for every event."""
        values: Values = [context, None, None, 0]
        for parent, names, fields in self._groups:
            if parent is None:
                facts = facts_of(values)
                values += [_READERS[source](facts, path) for source, path in fields]
                continue
            found: object = context
            for name in parent:
                if type(found) is not dict:
                    break
                found = found.get(name)
            if type(found) is dict:
                values += map(found.get, names)
            elif found is None:
                values += [None] * len(names)
            else:
                values += map(facts_of(values).read, [path for _, path in fields])
        for place in self._numbers:
            value = values[place]
            if type(value) is not int or not -EXACT <= value <= EXACT:
                values[place] = comparable(value)
        return values
