"""Index ranges: the nodes of bounds on a field's number, in order, so that bisecting finds the bounds it keeps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from math import inf, nextafter
from typing import Any

from whenthen.domain.matching.indexes.nodes import Node
from whenthen.domain.matching.indexes.numbers import EXACT, Beyond, Several, comparable

_Bounds = dict[tuple[float, bool], Node]
"""Order bounds: by value, and whether the bound is excluded. Numbers without a float tell these apart."""

_Found = tuple[list[str], list[Node]]
"""Hold the rules with nothing left to check, and the nodes with other rules."""

KEPT = 500
"""Bound the number of bounds up to which results between two of them are cached."""


class RangeIndex:
    """Hold the nodes of one field's lower bounds and upper bounds."""

    __slots__ = ("_ceilings", "_down", "_floors", "_found", "_points", "_up")

    def __init__(self) -> None:
        self._floors: _Bounds = {}
        self._ceilings: _Bounds = {}
        self.forget()

    def floor(self, bound: float) -> Node:
        """Return the node of a lower bound; make it if it is missing."""
        return self._floors.setdefault((bound, isinstance(bound, Beyond)), Node())

    def ceiling(self, bound: float) -> Node:
        """Return the node of an upper bound; make it if it is missing."""
        return self._ceilings.setdefault((bound, isinstance(bound, Beyond)), Node())

    def forget(self) -> None:
        """Drop the data derived from the nodes, when one of them changes."""
        self._points: list[float] | None = None

    def find(self, value: Any, hits: list[Node], matched: list[str]) -> None:
        """Add the bounds that the value keeps: rules with nothing left to check, and nodes."""
        if type(value) is not int or not -EXACT <= value <= EXACT:
            value = comparable(value)
            if value != value:  # noqa: PLR0124 - no number
                return
            if type(value) is Several:
                hits += [node for (bound, _), node in self._floors.items() if bound <= value]
                hits += [node for (bound, _), node in self._ceilings.items() if value <= bound]
                return
        points = self._line_up() if self._points is None else self._points
        at = bisect_right(points, value)
        ids, busy = self._found.get(at) or self._between(at)
        matched += ids
        hits += busy

    def _line_up(self) -> list[float]:
        """Return the points at which the kept bounds change: each lower bound, and the float after each upper one."""
        self._up = _Line(self._floors)
        self._down = _Line(self._ceilings)
        self._found: dict[int, _Found] = {}
        self._points = sorted({*self._up.bounds, *(nextafter(bound, inf) for bound in self._down.bounds)})
        return self._points

    def _between(self, at: int) -> _Found:
        """Return the results from one point on up to the next."""
        least = self._points[at - 1] if at else -inf  # type: ignore[index]
        kept, lost = bisect_right(self._up.bounds, least), bisect_left(self._down.bounds, least)
        ids, busy = self._up.before(kept)
        more_ids, more_busy = self._down.after(lost)
        found = (ids + more_ids, busy + more_busy)
        if len(self._points) <= KEPT:  # type: ignore[arg-type]
            self._found[at] = found
        return found


class _Line:
    """Hold bounds in order. For nodes whose rules have nothing left to check, it holds the rules.

    ids, ends        the rules, and how many of them stand under bounds before each
    busy, busy_ends  the other nodes, and how many of them stand under bounds before each
    """

    __slots__ = ("_busy", "_busy_ends", "_ends", "_ids", "bounds")

    def __init__(self, nodes: _Bounds) -> None:
        bounds = sorted(nodes)
        line = [nodes[bound] for bound in bounds]
        self.bounds = [bound for bound, _ in bounds]
        self._ids = [rule_id for node in line if node.simple for rule_id in node.ids]
        self._ends = [0, *accumulate(len(node.ids) if node.simple else 0 for node in line)]
        self._busy = [node for node in line if not node.simple]
        self._busy_ends = [0, *accumulate(not node.simple for node in line)]

    def before(self, at: int) -> _Found:
        """Return the results under the bounds before one."""
        return self._ids[: self._ends[at]], self._busy[: self._busy_ends[at]]

    def after(self, at: int) -> _Found:
        """Return the results under a bound and those after it."""
        return self._ids[self._ends[at] :], self._busy[self._busy_ends[at] :]
