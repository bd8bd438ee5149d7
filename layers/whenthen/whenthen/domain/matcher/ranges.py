"""Ranges: the nodes of the bounds that rules set to a field's number, in order, so that bisecting finds those kept."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Any

from whenthen.domain.matcher.nodes import Node
from whenthen.domain.matcher.numbers import Beyond, Several


class Ranges:
    """The nodes of one field's lower bounds, or (`up` is false) of its upper bounds.

    nodes   by bound, and whether it stands for one that is left out: to what no float stands for, these are different
    """

    __slots__ = ("_bounds", "_busy", "_busy_ends", "_ends", "_ids", "nodes", "up")

    def __init__(self, *, up: bool) -> None:
        self.up = up
        self.nodes: dict[tuple[float, bool], Node] = {}
        self.forget()

    def node(self, bound: float) -> Node:
        """The node of a bound, made where there is none yet."""
        self.forget()
        return self.nodes.setdefault((bound, isinstance(bound, Beyond)), Node())

    def forget(self) -> None:
        """Drop what is derived from the nodes, when one of them changes."""
        self._bounds: array[float] | None = None

    def find(self, value: Any, hits: list[Node], matched: list[str]) -> None:
        """Add what keeps its bound: rules of which no more is asked, and nodes. The value is a `comparable` one."""
        if value != value:  # noqa: PLR0124 - no number
            return
        if type(value) is Several:
            hits += [node for (bound, _), node in self.nodes.items() if (bound <= value if self.up else value <= bound)]
            return
        bounds = self._sorted() if self._bounds is None else self._bounds
        if self.up:
            at = bisect_right(bounds, value)
            matched += self._ids[: self._ends[at]]
            if self._busy:
                hits += self._busy[: self._busy_ends[at]]
        else:
            at = bisect_left(bounds, value)
            matched += self._ids[self._ends[at] :]
            if self._busy:
                hits += self._busy[self._busy_ends[at] :]

    def _sorted(self) -> array[float]:
        """Line the nodes up. Of those that have only rules of which no more is asked, the rules are enough."""
        bounds = sorted(self.nodes)
        line = [self.nodes[bound] for bound in bounds]
        self._ids = [rule_id for node in line if node.simple for rule_id in node.ids]
        self._ends = [0, *accumulate(len(node.ids) if node.simple else 0 for node in line)]
        self._busy = [node for node in line if not node.simple]
        self._busy_ends = [0, *accumulate(not node.simple for node in line)]
        self._bounds = array("d", [bound for bound, _ in bounds])
        return self._bounds
