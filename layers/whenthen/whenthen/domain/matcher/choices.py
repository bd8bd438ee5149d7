"""Choices: the nodes of the values that rules want a field to be, looked up by the value that it is."""

from __future__ import annotations

from typing import Any

from whenthen.domain.matcher.nodes import Node
from whenthen.domain.values import LISTS, Choice, Number, composed, folded, number_in, number_of


class Choices:
    """The nodes of one field's values.

    texts    by text, composed, or folded where case is ignored
    numbers  by number, of rules that give a number: for texts that spell it, too
    spelled  by number, the nodes of texts that spell it: for numbers only
    truths   by truth
    """

    __slots__ = ("_form", "mixed", "numbers", "spelled", "texts", "truths")

    def __init__(self, *, fold: bool = False) -> None:
        self._form = folded if fold else composed
        self.texts: dict[str, Node] = {}
        self.numbers: dict[Number, Node] = {}
        self.spelled: dict[Number, list[Node]] = {}
        self.truths: dict[bool, Node] = {}
        self.mixed = False

    @property
    def plain(self) -> bool:
        """Whether `texts` alone tells all of a composed text, and of null, false, 0 and what is empty."""
        return not (self.mixed or self._form is folded or self.numbers or self.truths or 0 in self.spelled)

    @property
    def _simple(self) -> bool:
        return self._form is composed and not self.numbers

    def nodes(self, choice: Choice) -> list[Node]:
        """The nodes of the values that are chosen, made where there are none yet."""
        found = [self.node(text) for text in choice.texts]
        found += [self.numbers.setdefault(number, Node()) for number in choice.numbers]
        found += [self.truths.setdefault(truth, Node()) for truth in choice.truths]
        return found

    def node(self, text: str) -> Node:
        """The node of a text, given in the form of this table; made where there is none yet."""
        node = self.texts.get(text)
        if node is None:
            node = self.texts[text] = Node()
            number = number_in(text)
            if number is not None:
                self.spelled.setdefault(number, []).append(node)
        return node

    def find(self, value: object, hits: list[Node]) -> None:
        """Add the nodes of a value that is not None, whatever it is."""
        kind = type(value)
        if kind is list and self._simple:
            try:
                if "".join(value).isascii():  # type: ignore[arg-type]
                    get = self.texts.get
                    hits += filter(None, map(get, set(value) if len(value) > 1 else value))  # type: ignore[arg-type,call-overload]
                    return
            except TypeError:
                pass
        if kind in LISTS:
            hits += dict.fromkeys(node for item in value for node in self._of(item))  # type: ignore[attr-defined]
        else:
            hits += self._of(value)

    def _of(self, value: Any) -> list[Node]:
        if isinstance(value, str):
            node = self.texts.get(self._form(value))
            found = [] if node is None else [node]
            if self.numbers and (number := number_in(value)) in self.numbers:
                found.append(self.numbers[number])
            return found
        if isinstance(value, bool):
            return [self.truths[value]] if value in self.truths else []
        number = number_of(value) if self.numbers or self.spelled else None
        if number is None:
            return []
        found = [self.numbers[number]] if number in self.numbers else []
        return found + self.spelled.get(number, [])
