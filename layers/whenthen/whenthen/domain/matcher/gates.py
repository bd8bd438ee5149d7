"""Gate: what all demands of a block ask of all fields, in one of three senses.

The same lanes serve an `every` gate (a slot must be satisfied by each lane that it asks), a `never`
gate (by none) and an `either` gate (by one at least).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from whenthen.domain.facts import Facts, Path
from whenthen.domain.matcher.access import READERS, LaneKey, Source
from whenthen.domain.matcher.lanes import Hits, Lane

if TYPE_CHECKING:
    from whenthen.domain.matcher.demands import Finder


class _Absent(str):
    """What an absent field is looked up as: a text that adds nothing to others and is equal to none."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


_ABSENT = _Absent()


Fields = tuple[tuple[str, ...], tuple[str, ...], tuple[object, ...], tuple[Path, ...]]
"""Fields of one object, such as the record: the names that lead to it, the fields' names in it, what an absent
field is taken as, and the fields' paths."""


def _values(fields: tuple[Fields, ...], facts: Facts) -> list[object]:
    """What the fields hold. A tight loop: it is gone through for every event and gate."""
    values: list[object] = []
    for parent, names, absent, paths in fields:
        value: object = facts.context
        for name in parent:
            if type(value) is not dict:
                break
            value = value.get(name)
        if type(value) is dict:
            values += map(value.get, names, absent)
        elif value is None:
            values += absent
        else:
            values += map(facts.read, paths)
    return values


Row = tuple[int, int, Hits]
"""A lane that is asked by itself: the slots that ask, those that do not, and what answers."""

Reader = tuple[Callable[[Facts, Path], object], Path]


class Gate:
    """Lanes by field. `asking`: the slots that stand in any of them.

    Lanes in which whole texts are looked up and nothing else are gone through together: their values
    are `_texts`, their tables `_tables`. The others are `_rows`, with values from `_fields` and `_readers`.
    """

    __slots__ = (
        "_fields",
        "_free",
        "_lanes",
        "_plain",
        "_readers",
        "_ready",
        "_rows",
        "_tables",
        "_texts",
        "asking",
    )

    def __init__(self) -> None:
        self.asking = 0
        self._lanes: dict[LaneKey, tuple[Path, Lane]] = {}
        self._ready = False

    def enter(self, bit: int, finders: Iterable[Finder]) -> None:
        """Let the slot `bit` stand in the lanes of these finders."""
        for finder in finders:
            place = self._lanes.get(finder.lane)
            if place is None:
                place = self._lanes[finder.lane] = (finder.leaf.path, Lane())
            lane = place[1]
            lane.enter(bit, finder.access.spots(lane, finder.leaf))
            lane.lists |= finder.access.lists
            self.asking |= bit
        self._ready = False

    def leave(self, bit: int, finders: Iterable[Finder]) -> None:
        """Undo `enter`."""
        for finder in finders:
            lane = self._lanes[finder.lane][1]
            lane.leave(bit, finder.access.spots(lane, finder.leaf))
        for key in {finder.lane for finder in finders if not self._lanes[finder.lane][1].asking}:
            del self._lanes[key]
        self.asking &= ~bit
        self._ready = False

    def every(self, facts: Facts) -> int:
        """The slots that each lane satisfies that they ask."""
        if not self._ready:
            self._prepare()
        slots = self.asking
        for free, hit in zip(self._free, self._text_hits(facts), strict=True):
            slots &= free | hit if hit else free
        for (asking, free, hits), value in zip(self._rows, self._values(facts), strict=True):
            if slots & asking:
                slots &= free if value is None else free | hits(value)
        return slots

    def hits(self, facts: Facts) -> list[int]:
        """What each lane satisfies, where it is anything."""
        if not self._lanes:
            return []
        if not self._ready:
            self._prepare()
        found = list(filter(None, self._text_hits(facts)))
        for (_, _, hits), value in zip(self._rows, self._values(facts), strict=True):
            if value is not None and (hit := hits(value)):
                found.append(hit)
        return found

    def _text_hits(self, facts: Facts) -> Iterable[int | None]:
        values = _values(self._texts, facts)
        try:
            # All lanes in a few passes without a step of bytecode; only what is no ASCII text needs a closer look.
            if "".join(values).isascii():  # type: ignore[arg-type]
                return map(dict.get, self._tables, values)
        except TypeError:
            pass
        return [
            None if value is None or value is _ABSENT else lane.all_hits(value)
            for lane, value in zip(self._plain, values, strict=True)
        ]

    def _values(self, facts: Facts) -> list[object]:
        values = _values(self._fields, facts)
        for read, path in self._readers:
            values.append(read(facts, path))
        return values

    def _prepare(self) -> None:
        plain: list[tuple[Path, Lane]] = []
        others: list[tuple[Path, Lane]] = []
        read: list[tuple[Source, Path, Lane]] = []
        for (source, _), (path, lane) in self._lanes.items():
            lane.refresh()
            if source is not Source.VALUE or not path.steps:
                read.append((source, path, lane))
            else:
                (plain if lane.only_texts and not lane.lists else others).append((path, lane))
        plain.sort(key=_parent)
        others.sort(key=_parent)
        self._texts, self._fields = _fields_of(plain, _ABSENT), _fields_of(others, None)
        self._plain = tuple(lane for _, lane in plain)
        self._tables = tuple(lane.texts.equal for lane in self._plain)
        self._free = tuple(self.asking & ~lane.asking for lane in self._plain)
        self._readers: tuple[Reader, ...] = tuple((READERS[source], path) for source, path, _ in read)
        lanes = (*(lane for _, lane in others), *(lane for _, _, lane in read))
        self._rows: tuple[Row, ...] = tuple((lane.asking, self.asking & ~lane.asking, lane.hits()) for lane in lanes)
        self._ready = True


def _parent(pair: tuple[Path, Lane]) -> tuple[str, ...]:
    return pair[0].steps[:-1]


def _fields_of(pairs: list[tuple[Path, Lane]], absent: object) -> tuple[Fields, ...]:
    """The fields in the order given, which is by their parents."""
    found: list[Fields] = []
    for parent, group in groupby(pairs, key=_parent):
        paths = tuple(path for path, _ in group)
        found.append((parent, tuple(path.steps[-1] for path in paths), (absent,) * len(paths), paths))
    return tuple(found)
