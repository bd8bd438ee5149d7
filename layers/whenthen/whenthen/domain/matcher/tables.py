"""Tables: all tables of one event type, and how they are gone through for an event."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any
from unicodedata import is_normalized

from whenthen.domain.matcher.access import Access, Kind, Table, TableKey, new_table
from whenthen.domain.matcher.asks import ask_of
from whenthen.domain.matcher.choices import Choices
from whenthen.domain.matcher.fields import Ask, Fields, Source, Values
from whenthen.domain.matcher.nodes import Node
from whenthen.domain.matcher.ranges import Ranges
from whenthen.domain.values import Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whenthen.domain.conditions import Condition
    from whenthen.domain.leaves import Leaf


class Tables:
    """The tables in which rules are found, and the conditions that are asked because no table tells.

    Tables of choices that are plain are looked into all together, without a step of bytecode for each. That holds
    for events in which these fields are text; a table in which another value is met is looked into by itself later.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._tables: dict[TableKey, Table] = {}
        self._asked: dict[Condition, tuple[Ask, Node]] = {}
        self._ready = False

    def nodes(self, leaf: Leaf, access: Access) -> list[Node]:
        """The nodes one of which is found whenever the leaf holds."""
        key = access.table(leaf)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = new_table(key[0], fold=key[3])
            self._fields.place(access.source, leaf.path)
            self._ready = False
        return access.nodes(table, leaf)

    def known(self, leaf: Leaf, access: Access | None) -> list[Node]:
        """The nodes one of which is found when, and only when, the leaf holds; none: that is not known."""
        if access is None or not isinstance(leaf.operand, Choice):
            return []
        table = self._tables.get(access.table(leaf))
        return [] if table is None else access.nodes(table, leaf)

    def asking(self, condition: Condition) -> Node:
        """The node that is found when the condition, which is asked once for each event, holds."""
        found = self._asked.get(condition)
        if found is None:
            found = self._asked[condition] = (ask_of(condition, self._fields, lambda leaf, access: ()), Node())
            self._ready = False
        return found[1]

    def forget(self) -> None:
        """Drop what is derived from the nodes, when some of them changed: which tables texts alone lead into, too."""
        self._ready = False
        for table in self._tables.values():
            if isinstance(table, Ranges):
                table.forget()

    def find(self, values: Values, matched: list[str]) -> list[Node]:
        """The nodes found; rules of which nothing more is asked may be added to `matched` straight away."""
        if not self._ready:
            self._line_up()
        hits = self._find_plain(values)
        for place, table in self._others:
            value = values[place]
            if value is not None:
                table.find(value, hits)
        for place, node in self._there:
            if values[place] is not None:
                hits.append(node)
        for place, ranges in self._ranges:
            ranges.find(values[place], hits, matched)
        for ask, node in self._asks:
            if ask(values):
                hits.append(node)
        return hits

    def _find_plain(self, values: Values) -> list[Node]:
        picked = self._pick(values)
        try:
            joined = "".join(filter(None, picked))  # type: ignore[arg-type]
            if joined.isascii() or is_normalized("NFC", joined):
                return [*filter(None, map(dict.get, self._nodes, picked))]  # type: ignore[arg-type]
        except TypeError:
            pass
        hits: list[Node] = []
        for (_, table), value in zip(self._plain, picked, strict=True):
            if value is not None:
                table.find(value, hits)
                if type(value) is not str:
                    table.mixed = True
                    self._ready = False
        return hits

    def _line_up(self) -> None:
        plain: list[tuple[int, Choices]] = []
        rows: dict[Kind, list[tuple[int, Any]]] = {kind: [] for kind in Kind}
        for (kind, source, path_key, _), table in self._tables.items():
            place = self._fields.known(source, path_key)
            if isinstance(table, Choices) and table.plain and source is Source.VALUE:
                plain.append((place, table))
            else:
                rows[kind].append((place, table))
        self._plain = plain
        self._nodes = [table.texts for _, table in plain]
        self._pick = _picker([place for place, _ in plain])
        self._others = [*rows[Kind.CHOICES], *rows[Kind.TEXTS]]
        self._there = [(place, table.node) for place, table in rows[Kind.THERE]]
        self._ranges = [*rows[Kind.FLOORS], *rows[Kind.CEILINGS]]
        self._asks = list(self._asked.values())
        self._ready = True


def _picker(places: list[int]) -> Callable[[Values], Iterable[object]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: [values[place] for place in places]
