"""Choose by operator how a rule is found: in which table, and under which of its nodes."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.values import composed
from whenthen.domain.matching.event_fields import Source, at_hand
from whenthen.domain.matching.indexes.nodes import Node
from whenthen.domain.matching.indexes.numbers import bound_of, float_of
from whenthen.domain.matching.indexes.range_index import RangeIndex
from whenthen.domain.matching.indexes.text_index import Part, TextIndex
from whenthen.domain.matching.indexes.value_index import ValueIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from whenthen.domain.common.values import Choice
    from whenthen.domain.conditions.operands import Pattern
    from whenthen.domain.conditions.predicate import Predicate


class AccessKind(StrEnum):
    """Name the kinds of tables."""

    CHOICES = "choices"
    TEXTS = "texts"
    RANGES = "ranges"
    EXISTS = "there"
    ALWAYS = "always"


class Always:
    """Hold the one node that every event finds."""

    __slots__ = ("node",)

    def __init__(self) -> None:
        self.node = Node()


class ExistsIndex:
    """Hold the one node of a field that has a value, whatever it is."""

    __slots__ = ("node",)

    def __init__(self) -> None:
        self.node = Node()

    def find(self, value: object, hits: list[Node], matched: list[str]) -> None:
        """Add the node of a value that is not None."""
        hits.append(self.node)


Table = ValueIndex | TextIndex | RangeIndex | ExistsIndex | Always

TableKey = tuple[AccessKind, Source, str, bool]
"""Identify a table: its kind, what is read of which field, and whether case is ignored."""

LOOKS: Mapping[AccessKind, float] = {
    AccessKind.CHOICES: 0.5,
    AccessKind.EXISTS: 0.5,
    AccessKind.ALWAYS: 1,
    AccessKind.RANGES: 2,
    AccessKind.TEXTS: 3,
}
"""Kind of table → the cost of looking into it for each event. Checking one rule costs 1."""


class Access(Struct, frozen=True):
    """Describe how the predicates of one operator are found.

    kind      the kind of their table
    nodes     the nodes of the table any of which finds a predicate
    share     of the events that meet such a predicate, as a rule of thumb; for choices: of each value
    complete  whether being found is enough; else the predicate is checked too
    suits     whether the predicate can be found this way at all
    source    what its table reads of its field
    negated   whether the predicate is the opposite of a choice: found by every event, and checked
    """

    kind: AccessKind
    nodes: Callable[[Any, Any], list[Node]]
    share: float
    complete: Callable[[Any], bool] = lambda operand: True
    suits: Callable[[Any], bool] = lambda operand: True
    source: Source = Source.VALUE
    negated: bool = False

    def table(self, predicate: Predicate) -> TableKey:
        """Return the key of the table in which the predicate is found."""
        if self.kind is AccessKind.ALWAYS:
            return ALWAYS
        fold = predicate.ignore_case and self.kind in (AccessKind.CHOICES, AccessKind.TEXTS)
        return self.kind, self.source, "" if self.source is Source.CHANGES else predicate.path.key, fold


ALWAYS: TableKey = (AccessKind.ALWAYS, Source.VALUE, "", False)
"""Identify the table of no field, with the one node that every event finds."""


def access_of(predicate: Predicate) -> Access | None:
    """Return how the predicate is found. None if it can only be checked."""
    access = ACCESSES.get(predicate.op)
    return access if access is not None and at_hand(predicate.path) and access.suits(predicate.operand) else None


def new_table(kind: AccessKind, *, fold: bool) -> Table:
    """Make an empty table."""
    if kind in _FOLDING:
        return _FOLDING[kind](fold=fold)
    return _NEW[kind]()


_FOLDING: Mapping[AccessKind, Callable[..., Table]] = {AccessKind.CHOICES: ValueIndex, AccessKind.TEXTS: TextIndex}
_NEW: Mapping[AccessKind, Callable[[], Table]] = {AccessKind.RANGES: RangeIndex, AccessKind.EXISTS: ExistsIndex}


def is_of_texts(choice: Choice) -> bool:
    """Tell whether a choice is of texts alone, as they are written."""
    return not (choice.fold or choice.numbers or choice.truths)


def _chosen(table: ValueIndex, predicate: Predicate) -> list[Node]:
    return table.each(predicate.operand)  # type: ignore[arg-type]


def _item(table: ValueIndex, predicate: Predicate) -> list[Node]:
    table.listed = True
    return table.each(predicate.operand)  # type: ignore[arg-type]


def _each_chosen(table: ValueIndex, predicate: Predicate) -> list[Node]:
    return [node for choice in predicate.operand for node in table.each(choice)]  # type: ignore[attr-defined]


def _one(table: Always | ExistsIndex, predicate: Predicate) -> list[Node]:
    return [table.node]


def _name(table: ValueIndex, predicate: Predicate) -> list[Node]:
    return [table.node(composed(predicate.path.names[0]))]


def _start(table: TextIndex, predicate: Predicate) -> list[Node]:
    return [table.node(Part.START, predicate.operand.text)]  # type: ignore[attr-defined]


def _end(table: TextIndex, predicate: Predicate) -> list[Node]:
    return [table.node(Part.END, predicate.operand.text)]  # type: ignore[attr-defined]


def _needle(table: TextIndex, predicate: Predicate) -> list[Node]:
    return [table.node(Part.ANY, predicate.operand.text)]  # type: ignore[attr-defined]


def _pattern(table: TextIndex, predicate: Predicate) -> list[Node]:
    parts: tuple[str, ...] = predicate.operand.parts  # type: ignore[attr-defined]
    if parts[0]:
        return [table.node(Part.START, parts[0])]
    if parts[-1]:
        return [table.node(Part.END, parts[-1])]
    return [table.node(Part.ANY, max(parts, key=len))]


def _is_simple(pattern: Pattern) -> bool:
    return len(pattern.parts) > 1 and sum(map(bool, pattern.parts)) == 1


def _floor(table: RangeIndex, predicate: Predicate) -> list[Node]:
    return [table.floor(bound_of(predicate.operand, predicate.op))]  # type: ignore[arg-type]


def _ceiling(table: RangeIndex, predicate: Predicate) -> list[Node]:
    return [table.ceiling(bound_of(predicate.operand, predicate.op))]  # type: ignore[arg-type]


def _low(table: RangeIndex, predicate: Predicate) -> list[Node]:
    return [table.floor(bound_of(predicate.operand.low, ">="))]  # type: ignore[attr-defined]


def _is_exact(bound: Any) -> bool:
    return float_of(bound) is not None


_FLOOR = Access(AccessKind.RANGES, _floor, 0.5, suits=_is_exact)
_CEILING = Access(AccessKind.RANGES, _ceiling, 0.5, suits=_is_exact)
CHOICE = Access(AccessKind.CHOICES, _chosen, 0.2)
_ITEM = Access(AccessKind.CHOICES, _item, 0.2)
_NO_CHOICE = Access(AccessKind.ALWAYS, _one, 1.0, complete=lambda choice: False, negated=True)

ACCESSES: Mapping[str, Access] = {
    "equals": CHOICE,
    "in": CHOICE,
    "has": _ITEM,
    "has_any": _ITEM,
    "not_equals": _NO_CHOICE,
    "not_in": _NO_CHOICE,
    "changed_to": Access(AccessKind.CHOICES, _each_chosen, 0.05, complete=lambda choices: False, source=Source.BECAME),
    "changed_from": Access(AccessKind.CHOICES, _each_chosen, 0.05, complete=lambda choices: False, source=Source.WAS),
    "changed": Access(
        AccessKind.CHOICES, _name, 0.2, complete=lambda flag: False, suits=lambda flag: flag, source=Source.CHANGES
    ),
    "exists": Access(AccessKind.EXISTS, _one, 0.4, suits=lambda flag: flag),
    "starts_with": Access(AccessKind.TEXTS, _start, 0.05),
    "ends_with": Access(AccessKind.TEXTS, _end, 0.05),
    "contains": Access(AccessKind.TEXTS, _needle, 0.15),
    "matches": Access(AccessKind.TEXTS, _pattern, 0.1, complete=_is_simple, suits=lambda pattern: any(pattern.parts)),
    ">": _FLOOR,
    ">=": _FLOOR,
    "<": _CEILING,
    "<=": _CEILING,
    "between": Access(
        AccessKind.RANGES,
        _low,
        0.5,
        complete=lambda bounds: False,
        suits=lambda bounds: isinstance(bounds.low, int | Decimal) and _is_exact(bounds.low),
    ),
}
"""Operator → access. Others, and `exists` or `changed` with false, are checked: most events meet them."""
