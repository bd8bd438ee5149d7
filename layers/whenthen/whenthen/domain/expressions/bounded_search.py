"""Evaluate a JMESPath expression under a budget: steps are counted, and no value may grow beyond a bound.

An expression of 400 characters can double a value twenty times by sharing it: it weighs nothing until it is written.
So a value weighs what it would weigh when written, and that is known before it is made larger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jmespath.visitor import TreeInterpreter  # type: ignore[import-untyped]

MAX_WORK = 20_000_000
"""Bound the steps, characters and items that one evaluation reads."""

MAX_SIZE = 20_000_000
"""Bound the characters and items of one value, each occurrence counted."""

ITEM = 20
"""Cost of a step, and of an item of a list or an object."""

_MAKES = frozenset(
    {"multi_select_dict", "multi_select_list", "projection", "value_projection", "filter_projection", "flatten"}
    | {"slice", "function_expression"}
)
"""Nodes that make a new value."""


class BeyondBounds(Exception):
    """The evaluation was given up."""


class BoundedInterpreter(TreeInterpreter):  # type: ignore[misc]
    """Interpret an expression. Raises BeyondBounds."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._work = MAX_WORK
        self._sizes: dict[int, int] = {}
        self._kept: list[object] = []

    def visit(self, node: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Evaluate one node, and pay for it."""
        self._pay(ITEM)
        found = super().visit(node, *args, **kwargs)
        if node["type"] in _MAKES:
            self._pay(ITEM * len(found) if isinstance(found, list | dict) else 0)
            self._size(found)
        return found

    def visit_comparator(self, node: Mapping[str, Any], value: Any) -> Any:
        """Compare two values, and pay for the smaller one."""
        one, other = (self.visit(child, value) for child in node["children"])
        self._pay(min(self._size(one), self._size(other)))
        literals = [{"type": "literal", "children": [], "value": each} for each in (one, other)]
        return super().visit_comparator({**node, "children": literals}, value)

    def visit_function_expression(self, node: Mapping[str, Any], value: Any) -> Any:
        """Call a function, and pay for its arguments."""
        arguments = [self.visit(child, value) for child in node["children"]]
        self._pay(sum(map(self._size, arguments)))
        if node["value"] == "join":
            self._check_join(arguments)
        return self._functions.call_function(node["value"], arguments)

    def _check_join(self, arguments: list[Any]) -> None:
        """Reject a text that would be joined of too much: the separator comes once for each item."""
        separator, items = arguments
        if isinstance(separator, str) and isinstance(items, list) and len(separator) * len(items) > MAX_SIZE:
            raise BeyondBounds

    def _pay(self, cost: int) -> None:
        self._work -= cost
        if self._work < 0:
            raise BeyondBounds

    def _size(self, value: Any) -> int:
        """Return the size of a value as it would be written. Raises BeyondBounds if it is too large."""
        if isinstance(value, str):
            return len(value)
        if not isinstance(value, list | dict):
            return 1
        known = self._sizes.get(id(value))
        if known is not None:
            return known
        items = value if isinstance(value, list) else value.values()
        size = ITEM * (1 + len(value)) + sum(map(self._size, items))
        if isinstance(value, dict):
            size += sum(map(len, value))
        if size > MAX_SIZE:
            raise BeyondBounds
        self._pay(ITEM * len(value))
        self._sizes[id(value)] = size
        self._kept.append(value)  # an id is that of the value only as long as the value lives
        return size
