"""Access: how the rules that make a demand are found, by operator: in which table, and under which of its nodes."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.matcher.choices import Choices
from whenthen.domain.matcher.fields import Source, at_hand
from whenthen.domain.matcher.nodes import Node
from whenthen.domain.matcher.numbers import bound_of, float_of
from whenthen.domain.matcher.ranges import Ranges
from whenthen.domain.matcher.texts import Texts
from whenthen.domain.values import composed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from whenthen.domain.leaves import Leaf
    from whenthen.domain.operands import Pattern


class Kind(StrEnum):
    """The kinds of tables."""

    CHOICES = "choices"
    TEXTS = "texts"
    FLOORS = "floors"
    CEILINGS = "ceilings"
    THERE = "there"


class There:
    """The one node of a field that is there, whatever it holds."""

    __slots__ = ("node",)

    def __init__(self) -> None:
        self.node = Node()


Table = Choices | Texts | Ranges | There

TableKey = tuple[Kind, Source, str, bool]
"""Which table: its kind, what it holds of which field, and whether case is ignored."""


class Access(Struct, frozen=True):
    """How the leaves of one operator are found.

    kind      the kind of their table
    nodes     the nodes of the table any of which finds a leaf
    share     of how many events such a leaf holds, as a rule of thumb; for choices: of each value, unless more is known
    complete  whether to be found is all that the leaf demands; else it is asked too
    fits      whether the leaf can be found this way at all
    source    what its table holds of its field
    bounds    whether its leaves are bounds of numbers and nothing else
    """

    kind: Kind
    nodes: Callable[[Any, Any], list[Node]]
    share: float
    complete: Callable[[Any], bool] = lambda operand: True
    fits: Callable[[Any], bool] = lambda operand: True
    source: Source = Source.VALUE
    bounds: bool = False

    def table(self, leaf: Leaf) -> TableKey:
        """The table that the leaf is found in."""
        fold = leaf.ignore_case and self.kind in (Kind.CHOICES, Kind.TEXTS)
        return self.kind, self.source, "" if self.source is Source.CHANGES else leaf.path.key, fold


def access_of(leaf: Leaf) -> Access | None:
    """How the leaf is found; None: only by asking it."""
    access = ACCESSES.get(leaf.op)
    return access if access is not None and at_hand(leaf.path) and access.fits(leaf.operand) else None


def new_table(kind: Kind, *, fold: bool) -> Table:
    """An empty table."""
    if kind is Kind.CHOICES:
        return Choices(fold=fold)
    if kind is Kind.TEXTS:
        return Texts(fold=fold)
    return There() if kind is Kind.THERE else Ranges(up=kind is Kind.FLOORS)


def _chosen(table: Choices, leaf: Leaf) -> list[Node]:
    return table.nodes(leaf.operand)  # type: ignore[arg-type]


def _each_chosen(table: Choices, leaf: Leaf) -> list[Node]:
    return [node for choice in leaf.operand for node in table.nodes(choice)]  # type: ignore[attr-defined]


def _name(table: Choices, leaf: Leaf) -> list[Node]:
    return [table.node(composed(leaf.path.names[0]))]


def _start(table: Texts, leaf: Leaf) -> list[Node]:
    return [table.start(leaf.operand.text)]  # type: ignore[attr-defined]


def _end(table: Texts, leaf: Leaf) -> list[Node]:
    return [table.end(leaf.operand.text)]  # type: ignore[attr-defined]


def _needle(table: Texts, leaf: Leaf) -> list[Node]:
    return [table.needle(leaf.operand.text)]  # type: ignore[attr-defined]


def _pattern(table: Texts, leaf: Leaf) -> list[Node]:
    parts: tuple[str, ...] = leaf.operand.parts  # type: ignore[attr-defined]
    if parts[0]:
        return [table.start(parts[0])]
    return [table.end(parts[-1])] if parts[-1] else [table.needle(max(parts, key=len))]


def _is_simple(pattern: Pattern) -> bool:
    return len(pattern.parts) > 1 and sum(map(bool, pattern.parts)) == 1


def _bound(table: Ranges, leaf: Leaf) -> list[Node]:
    return [table.node(bound_of(leaf.operand, leaf.op))]  # type: ignore[arg-type]


def _low(table: Ranges, leaf: Leaf) -> list[Node]:
    return [table.node(bound_of(leaf.operand.low, ">="))]  # type: ignore[attr-defined]


def _is_exact(bound: Any) -> bool:
    return float_of(bound) is not None


_FLOOR = Access(Kind.FLOORS, _bound, 0.5, fits=_is_exact, source=Source.NUMBER, bounds=True)
_CEILING = Access(Kind.CEILINGS, _bound, 0.5, fits=_is_exact, source=Source.NUMBER, bounds=True)
_CHOICE = Access(Kind.CHOICES, _chosen, 0.2)

ACCESSES: Mapping[str, Access] = {
    "equals": _CHOICE,
    "in": _CHOICE,
    "has": _CHOICE,
    "has_any": _CHOICE,
    "changed_to": Access(Kind.CHOICES, _each_chosen, 0.05, complete=lambda choices: False, source=Source.BECAME),
    "changed_from": Access(Kind.CHOICES, _each_chosen, 0.05, complete=lambda choices: False, source=Source.WAS),
    "changed": Access(
        Kind.CHOICES, _name, 0.2, complete=lambda flag: False, fits=lambda flag: flag, source=Source.CHANGES
    ),
    "exists": Access(Kind.THERE, lambda table, leaf: [table.node], 0.4, fits=lambda flag: flag),
    "starts_with": Access(Kind.TEXTS, _start, 0.05),
    "ends_with": Access(Kind.TEXTS, _end, 0.05),
    "contains": Access(Kind.TEXTS, _needle, 0.15),
    "matches": Access(Kind.TEXTS, _pattern, 0.1, complete=_is_simple, fits=lambda pattern: any(pattern.parts)),
    ">": _FLOOR,
    ">=": _FLOOR,
    "<": _CEILING,
    "<=": _CEILING,
    "between": Access(
        Kind.FLOORS,
        _low,
        0.5,
        complete=lambda bounds: False,
        fits=lambda bounds: isinstance(bounds.low, int | Decimal) and _is_exact(bounds.low),
        source=Source.NUMBER,
    ),
}
"""Operators without a row, and `exists` or `changed` with false, are asked: they hold for most events, or need now."""
