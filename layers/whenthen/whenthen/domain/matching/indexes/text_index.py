"""Index texts: the nodes of the texts that rules look for at a field's beginning, at its end, or anywhere in it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from whenthen.domain.common.values import composed, folded
from whenthen.domain.matching.indexes.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRAM = 3
"""Sort texts by so many of their characters, so that few of them need be compared."""

_Sorted = dict[int, dict[str, list[tuple[str, Node]]]]
"""Hold texts and their nodes, by the number of characters by which they are sorted, and by these."""


class Part(StrEnum):
    """Name the part of a text in which another one is looked for."""

    START = "start"
    END = "end"
    ANY = "any"


class TextIndex:
    """Hold the nodes of one field, by the part of its text and the text looked for."""

    __slots__ = ("_ends", "_fold", "_grams", "_needles", "_nodes", "_starts")

    def __init__(self, *, fold: bool = False) -> None:
        self._fold = fold
        self._nodes: dict[tuple[Part, str], Node] = {}
        self._starts: _Sorted = {}
        self._ends: _Sorted = {}
        self._needles: list[tuple[str, Node]] = []
        self._grams: _Sorted | None = None

    def node(self, part: Part, text: str) -> Node:
        """Return the node of texts with this one in that part; make it if it is missing."""
        node = self._nodes.get((part, text))
        if node is None:
            node = self._nodes[part, text] = Node()
            if part is Part.START:
                _sort(self._starts, text[:_GRAM], text, node)
            elif part is Part.END:
                _sort(self._ends, text[-_GRAM:], text, node)
            else:
                self._needles.append((text, node))
                self._grams = None
        return node

    def find(self, value: object, hits: list[Node], matched: list[str]) -> None:
        """Add the nodes of a value that is not None, whatever it is."""
        if type(value) is not str:
            self._find_listed(value, hits)
            return
        text = folded(value) if self._fold else value if value.isascii() else composed(value)
        for size, nodes in self._starts.items():
            for start, node in nodes.get(text[:size], ()):
                if text.startswith(start):
                    hits.append(node)
        for size, nodes in self._ends.items():
            for end, node in nodes.get(text[-size:], ()):
                if text.endswith(end):
                    hits.append(node)
        for needle, node in self._needles if len(self._needles) < len(text) else self._by_grams(text):
            if needle in text:
                hits.append(node)

    def _find_listed(self, value: object, hits: list[Node]) -> None:
        found: list[Node] = []
        for item in value if type(value) is list else ():
            if type(item) is str:
                self.find(item, found, [])
        hits += dict.fromkeys(found)

    def _by_grams(self, text: str) -> Iterator[tuple[str, Node]]:
        """Return the needles whose first characters are in the text."""
        if self._grams is None:
            self._grams = {}
            for needle, node in self._needles:
                _sort(self._grams, needle[:_GRAM], needle, node)
        for size, needles in self._grams.items():
            there = {text[at : at + size] for at in range(len(text) - size + 1)}
            for gram in there & needles.keys():
                yield from needles[gram]


def _sort(nodes: _Sorted, gram: str, text: str, node: Node) -> None:
    nodes.setdefault(len(gram), {}).setdefault(gram, []).append((text, node))
