"""Texts: the nodes of what rules look for in a field's text: its beginning, its end, or anything in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.matcher.nodes import Node
from whenthen.domain.values import LISTS, composed, folded

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRAM = 3


class Texts:
    """The nodes of one field, by the length of a beginning or end and what it is, and by what the text has in it."""

    __slots__ = ("_form", "_grams", "ends", "needles", "starts")

    def __init__(self, *, fold: bool = False) -> None:
        self._form = folded if fold else composed
        self.starts: dict[int, dict[str, Node]] = {}
        self.ends: dict[int, dict[str, Node]] = {}
        self.needles: dict[str, Node] = {}
        self._grams: dict[int, dict[str, list[str]]] | None = None

    def start(self, text: str) -> Node:
        """The node of texts that start so."""
        return _at(self.starts.setdefault(len(text), {}), text)

    def end(self, text: str) -> Node:
        """The node of texts that end so."""
        return _at(self.ends.setdefault(len(text), {}), text)

    def needle(self, text: str) -> Node:
        """The node of texts with this in them."""
        self._grams = None
        return _at(self.needles, text)

    def find(self, value: object, hits: list[Node]) -> None:
        """Add the nodes of a value that is not None, whatever it is."""
        if isinstance(value, str):
            self._find(self._form(value), hits)
        elif type(value) in LISTS:
            texts = {self._form(item) for item in value if isinstance(item, str)}  # type: ignore[attr-defined]
            found: list[Node] = []
            for text in texts:
                self._find(text, found)
            hits += dict.fromkeys(found)

    def _find(self, text: str, hits: list[Node]) -> None:
        for length, nodes in self.starts.items():
            if (head := text[:length]) in nodes:
                hits.append(nodes[head])
        for length, nodes in self.ends.items():
            if (tail := text[-length:]) in nodes:
                hits.append(nodes[tail])
        if len(self.needles) > len(text):
            hits += self._by_grams(text)
        elif self.needles:
            hits += [node for needle, node in self.needles.items() if needle in text]

    def _by_grams(self, text: str) -> Iterator[Node]:
        """As trying each needle, but only those whose first letters are in the text are tried."""
        if self._grams is None:
            self._grams = _grams_of(self.needles)
        for length, grams in self._grams.items():
            there = {text[at : at + length] for at in range(len(text) - length + 1)}
            for gram in there & grams.keys():
                for needle in grams[gram]:
                    if needle in text:
                        yield self.needles[needle]


def _at(nodes: dict[str, Node], text: str) -> Node:
    node = nodes.get(text)
    if node is None:
        node = nodes[text] = Node()
    return node


def _grams_of(needles: dict[str, Node]) -> dict[int, dict[str, list[str]]]:
    grams: dict[int, dict[str, list[str]]] = {}
    for needle in needles:
        gram = needle[:_GRAM]
        grams.setdefault(len(gram), {}).setdefault(gram, []).append(needle)
    return grams
