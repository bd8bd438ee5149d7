"""How a leaf is found without asking each rule: in which lane it stands, and in which entries of its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.values import Choice, composed

if TYPE_CHECKING:
    from whenthen.domain.facts import Facts, Path
    from whenthen.domain.leaves import Leaf
    from whenthen.domain.matcher.lanes import Lane
    from whenthen.domain.matcher.tables import Spot
    from whenthen.domain.operands import Pattern, Range


class Source(StrEnum):
    """What a lane holds of its field."""

    VALUE = "value"
    BECAME = "became"
    WAS = "was"
    CHANGES = "changes"


LaneKey = tuple[Source, str]
"""Which lane: what it holds, and the key of the path (none for the names of the changed fields)."""

READERS: Mapping[Source, Callable[[Facts, Path], object]] = {
    Source.VALUE: lambda facts, path: facts.read(path),
    Source.BECAME: lambda facts, path: facts.change(path)[1],
    Source.WAS: lambda facts, path: facts.change(path)[0],
    Source.CHANGES: lambda facts, path: facts.changed_names(),
}


class Access(Struct, frozen=True):
    """How the leaves of one operator are found.

    rank      how few events satisfy such a leaf, as a rule of thumb: 0 the fewest
    spots     the entries of its lane any of which satisfies a leaf
    complete  whether that is all that the leaf demands; else it is checked too
    fits      whether the leaf can be found this way at all
    source    what its lane holds
    lists     whether it expects its field to hold a list
    is_range  whether its leaves are ranges of numbers
    """

    rank: int
    spots: Callable[[Lane, Leaf], Iterable[Spot]]
    complete: Callable[[Any], bool] = lambda operand: True
    fits: Callable[[Any], bool] = lambda operand: True
    source: Source = Source.VALUE
    lists: bool = False
    is_range: bool = False

    def lane(self, leaf: Leaf) -> LaneKey:
        """The lane that the leaf stands in."""
        return self.source, "" if self.source is Source.CHANGES else leaf.path.key


def access_of(leaf: Leaf) -> Access | None:
    """How the leaf is found; None: only by asking it."""
    access = _ACCESSES.get(leaf.op)
    return access if access is not None and access.fits(leaf.operand) else None


def _choice_spots(lane: Lane, choice: Choice) -> Iterator[Spot]:
    if choice.texts:
        texts = lane.tables(choice.fold).equal
        yield from ((texts, text) for text in choice.texts)
    yield from ((lane.numbers, number) for number in choice.numbers)
    yield from ((lane.spelled, number) for number in choice.spelled)
    yield from ((lane.truths, truth) for truth in choice.truths)


def _choice(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    return _choice_spots(lane, leaf.operand)  # type: ignore[arg-type]


def _first_choice(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    return _choice_spots(lane, leaf.operand[0])  # type: ignore[index]


def _each_choice(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    for choice in leaf.operand:  # type: ignore[attr-defined]
        yield from _choice_spots(lane, choice)


def _start(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    yield lane.tables(leaf.ignore_case).start(leaf.operand.text)  # type: ignore[attr-defined]


def _end(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    yield lane.tables(leaf.ignore_case).end(leaf.operand.text)  # type: ignore[attr-defined]


def _needle(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    yield lane.tables(leaf.ignore_case).needles, leaf.operand.text  # type: ignore[attr-defined]


def _pattern(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    parts: tuple[str, ...] = leaf.operand.parts  # type: ignore[attr-defined]
    tables = lane.tables(leaf.ignore_case)
    if len(parts) == 1:
        yield tables.equal, parts[0]
    elif parts[0]:
        yield tables.start(parts[0])
    elif parts[-1]:
        yield tables.end(parts[-1])
    else:
        yield tables.needles, max(parts, key=len)


def _is_simple(pattern: Pattern) -> bool:
    return len(pattern.parts) == 1 or sum(map(bool, pattern.parts)) == 1


def _above(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    yield lane.ranges.masks, (leaf.operand, leaf.op == ">=", None, False)


def _below(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    yield lane.ranges.masks, (None, False, leaf.operand, leaf.op == "<=")


def _between(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    bounds: Range = leaf.operand  # type: ignore[assignment]
    yield lane.ranges.masks, (bounds.low, True, bounds.high, True)


def _there(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    yield lane.there, True


def _name(lane: Lane, leaf: Leaf) -> Iterator[Spot]:
    yield lane.texts.equal, composed(leaf.path.names[0])


_EQUAL = Access(0, _choice)

_ACCESSES: Mapping[str, Access] = {
    "equals": _EQUAL,
    "in": _EQUAL,
    "has": Access(0, _choice, lists=True),
    "has_any": Access(0, _choice, lists=True),
    "has_all": Access(0, _first_choice, complete=lambda choices: len(choices) == 1, lists=True),
    "changed_to": Access(0, _each_choice, complete=lambda choices: False, source=Source.BECAME),
    "changed_from": Access(1, _each_choice, complete=lambda choices: False, source=Source.WAS),
    "starts_with": Access(1, _start),
    "ends_with": Access(1, _end),
    "contains": Access(2, _needle),
    "matches": Access(1, _pattern, complete=_is_simple, fits=lambda pattern: any(pattern.parts)),
    "changed": Access(2, _name, complete=lambda flag: False, fits=lambda flag: flag, source=Source.CHANGES),
    ">": Access(3, _above, is_range=True),
    ">=": Access(3, _above, is_range=True),
    "<": Access(3, _below, is_range=True),
    "<=": Access(3, _below, is_range=True),
    "between": Access(3, _between, is_range=True, fits=lambda bounds: isinstance(bounds.low, int | Decimal)),
    "exists": Access(4, _there, fits=lambda flag: flag),
}
"""Operators without a row, and `exists` or `changed` with false, are asked: they hold for most events, or need now."""
