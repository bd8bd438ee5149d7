"""Index values: the nodes of the values that rules want a field to have."""

from __future__ import annotations

from typing import Any

from whenthen.domain.common.values import Choice, Number, composed, folded, number_in, number_of
from whenthen.domain.matching.indexes.nodes import Node
from whenthen.domain.matching.indexes.text_keys import others_of


class ValueIndex:
    """Hold the nodes of one field's values.

    nodes    by composed text, or folded where case is ignored; and, if `by_key`, by all else that is the same
    numbers  by number, of rules that give a number: for texts that spell it, too
    spelled  by number, the nodes of texts that spell it: for numbers only
    truths   by truth
    by_key   whether looking a value up in `nodes` as it is tells all, if it is no list
    listed   whether to expect a list: the field has held one (or an object), or rules check for it as one. It is then
             looked up by itself; what is found is the same either way
    tested   whether there are tests that check which node of this table was found
    """

    __slots__ = ("_form", "_numbers", "_spelled", "_truths", "by_key", "listed", "nodes", "tested")

    def __init__(self, *, fold: bool = False) -> None:
        self._form = folded if fold else composed
        self.nodes: dict[Any, Node] = {}
        self._numbers: dict[Number, Node] = {}
        self._spelled: dict[Number, list[Node]] = {}
        self._truths: dict[bool, Node] = {}
        self.by_key = not fold
        self.listed = False
        self.tested = False

    def each(self, choice: Choice) -> list[Node]:
        """Return the nodes of the chosen values; make those that are missing."""
        found = [self.node(text) for text in choice.texts]
        found += [self._numbers.setdefault(number, Node()) for number in choice.numbers]
        found += [self._truths.setdefault(truth, Node()) for truth in choice.truths]
        if self._numbers or self._truths:
            self.by_key = False
        return found

    def node(self, text: str) -> Node:
        """Return the node of a text, given in the form of this table; make it if it is missing."""
        node = self.nodes.get(text)
        if node is None:
            node = self.nodes[text] = Node()
            number = number_in(text)
            if number is not None:
                self._spelled.setdefault(number, []).append(node)
            if self.by_key:
                others = others_of(text, number)
                self.by_key = others is not None and all(self.nodes.setdefault(key, node) is node for key in others)
        return node

    def known(self, choice: Choice) -> list[Node] | None:
        """Return the nodes of the chosen values, if there are all of them."""
        found = [self.nodes.get(text) for text in choice.texts]
        found += [self._numbers.get(number) for number in choice.numbers]
        found += [self._truths.get(truth) for truth in choice.truths]
        return None if None in found else found  # type: ignore[return-value]

    def find(self, value: object) -> list[Node]:
        """Add the nodes of a value that is not None, whatever it is."""
        kind = type(value)
        if kind is list and self.by_key:
            try:
                found = [*filter(None, map(self.nodes.get, value))]  # type: ignore[call-overload]
            except TypeError:
                pass
            else:
                return [*dict.fromkeys(found)] if len(found) > 1 else found
        if kind is list:
            return [*dict.fromkeys(node for item in value for node in self._of(item))]  # type: ignore[attr-defined]
        return self._of(value)

    def _of(self, value: Any) -> list[Node]:
        if isinstance(value, str):
            node = self.nodes.get(self._form(value))
            found = [] if node is None else [node]
            if self._numbers and (number := number_in(value)) in self._numbers:
                found.append(self._numbers[number])
            return found
        if isinstance(value, bool):
            return [self._truths[value]] if value in self._truths else []
        number = number_of(value) if self._numbers or self._spelled else None
        if number is None:
            return []
        found = [self._numbers[number]] if number in self._numbers else []
        return found + self._spelled.get(number, [])
