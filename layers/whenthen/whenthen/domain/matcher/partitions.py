"""Partition: the rules that watch one event type, prepared when its first event comes."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from operator import itemgetter
from typing import Any
from unicodedata import is_normalized

from whenthen.domain.conditions import Condition, leaves
from whenthen.domain.facts import Context
from whenthen.domain.leaves import Leaf
from whenthen.domain.matcher.access import Access, Kind, Table, TableKey, access_of, new_table
from whenthen.domain.matcher.asks import Ask, ask_of
from whenthen.domain.matcher.choices import Choices
from whenthen.domain.matcher.fields import ZERO, Fields, Source, Values
from whenthen.domain.matcher.nodes import NO_RANGE, Node, Test, visit
from whenthen.domain.matcher.numbers import bound_of
from whenthen.domain.matcher.ranges import Ranges
from whenthen.domain.matcher.texts import Texts
from whenthen.domain.matcher.ways import Way, demands_of, shares_of, way_of
from whenthen.domain.values import Choice

RANGES = (">", ">=", "<", "<=")
FEW = 8
"""How many rules of a node are asked one by one before others are found by a further node."""


class Partition:
    """The rules that watch one event type."""

    def __init__(self) -> None:
        self._pending: dict[str, Condition | None] = {}
        self._places: dict[str, tuple[Node, ...]] = {}
        self._fields = Fields()
        self._tables: dict[TableKey, Table] = {}
        self._asked: dict[Condition, tuple[Ask, Node]] = {}
        self._always = Node()
        self._shares: dict[TableKey, float] = {}
        self._ready = False

    def __len__(self) -> int:
        return len(self._pending) + len(self._places)

    def add(self, rule_id: str, condition: Condition | None) -> None:
        """Take a rule in; it is prepared at the next match."""
        self._pending[rule_id] = condition

    def remove(self, rule_id: str) -> None:
        """Let a rule go."""
        if rule_id in self._pending:
            del self._pending[rule_id]
            return
        for node in self._places.pop(rule_id):
            node.drop(rule_id)
        for table in self._tables.values():
            if isinstance(table, Ranges):
                table.forget()

    def match(self, context: Context) -> list[str]:
        """The ids of the rules that match, sorted."""
        if self._pending:
            self._prepare()
        if not self._ready:
            self._line_up()
        values = self._fields.read(context)
        matched: list[str] = []
        picked = self._pick(values)
        try:
            joined = "".join(filter(None, picked))
            if joined.isascii() or is_normalized("NFC", joined):
                hits = [*filter(None, map(dict.get, self._nodes, picked))]
            else:
                hits = []
                self._find(self._plain, values, hits)
        except TypeError:
            hits = []
            self._find(self._plain, values, hits)
            self._ready = False
        hits.append(self._always)
        self._find(self._choices, values, hits)
        for place, node in self._there:
            if values[place] is not None:
                hits.append(node)
        for place, texts in self._texts:
            value = values[place]
            if value is not None:
                texts.find(value, hits)
        for place, ranges in self._ranges:
            ranges.find(values[place], hits, matched)
        for ask, node in self._asks:
            if ask(values):
                hits.append(node)
        return visit(hits, values, matched)

    def _find(self, tables: list[tuple[int, Choices]], values: Values, hits: list[Node]) -> None:
        for place, table in tables:
            value = values[place]
            if value is None:
                continue
            table.find(value, hits)
            if type(value) is not str:
                table.odd = True

    def _line_up(self) -> None:
        tables: dict[Kind, list[tuple[int, Any]]] = {kind: [] for kind in Kind}
        self._plain = []
        for (kind, source, path_key, fold), table in self._tables.items():
            place = self._fields.known(source, path_key)
            if kind is Kind.CHOICES and table.plain and source is Source.VALUE:
                self._plain.append((place, table))
            else:
                tables[kind].append((place, table))
        self._choices = tables[Kind.CHOICES]
        self._texts = tables[Kind.TEXTS]
        self._there = [(place, table.node) for place, table in tables[Kind.THERE]]
        self._ranges = [*tables[Kind.FLOORS], *tables[Kind.CEILINGS]]
        places = [place for place, _ in self._plain]
        self._nodes = [table.texts for _, table in self._plain]
        self._pick = itemgetter(*places) if len(places) > 1 else lambda values: [values[place] for place in places]
        self._asks = list(self._asked.values())
        self._ready = True

    def _prepare(self) -> None:
        pending = self._pending
        self._pending = {}
        if len(pending) > 1:
            self._shares |= shares_of(pending.values())
            self._fields.add(
                {
                    (Source.NUMBER if leaf.op in RANGES else Source.VALUE, leaf.path)
                    for condition in pending.values()
                    for leaf in leaves(condition)
                    if leaf.path.steps
                }
            )
        for rule_id in sorted(pending):
            self._settle(rule_id, list(demands_of(pending[rule_id])))
        self._ready = False

    def _settle(self, rule_id: str, demands: list[Condition]) -> None:
        if not demands:
            self._always.take(rule_id, alone=True)
            self._places[rule_id] = (self._always,)
            return
        ways = [
            (way.share, at, way)
            for at, demand in enumerate(demands)
            if (way := way_of(demand, self._shares)) is not None
        ]
        places: list[Node] = []
        if not ways:
            node = self._asking(demands.pop(0))
            self._put(node, demands, rule_id, True, places)
        else:
            _, at, way = min(ways)
            del demands[at]
            doors = [(door, node) for door in way.doors for node in self._nodes_of(door.leaf, door.access)]
            for door, node in doors:
                self._put(node, [*demands, *door.asked], rule_id, len(doors) == 1, places)
        self._places[rule_id] = tuple(places)

    def _asking(self, demand: Condition) -> Node:
        found = self._asked.get(demand)
        if found is None:
            found = self._asked[demand] = (ask_of(demand, self._fields, lambda leaf: ()), Node())
        return found[1]

    def _nodes_of(self, leaf: Leaf, access: Access) -> list[Node]:
        key = access.table(leaf)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = new_table(key[0], fold=key[3])
            self._fields.place(access.source, leaf.path)
        return access.nodes(table, leaf)

    def _put(self, node: Node, demands: list[Condition], rule_id: str, alone: bool, places: list[Node]) -> None:
        if not demands:
            node.take(rule_id, alone=alone)
        elif len(node.tests) >= FEW and (found := self._further(demands)) is not None:
            rest = [demand for demand in demands if demand is not found]
            nodes = self._nodes_of(found, access_of(found))
            node.further = node.further or {}
            for other in nodes:
                self._put(node.further.setdefault(other, Node()), rest, rule_id, alone and len(nodes) == 1, places)
            return
        else:
            node.test(self._test(demands, rule_id, alone))
        places.append(node)

    def _further(self, demands: list[Condition]) -> Leaf | None:
        found = []
        for at, demand in enumerate(demands):
            if isinstance(demand, Leaf) and isinstance(demand.operand, Choice):
                way = way_of(demand, self._shares)
                if way is not None:
                    found.append((way.share, at, demand))
        return min(found)[2] if found else None

    def _test(self, demands: list[Condition], rule_id: str, alone: bool) -> Test:
        other: Node | None = None
        place, low, high = NO_RANGE
        asked = []
        for demand in sorted(demands, key=self._cost):
            nodes = self._known(demand) if other is None and isinstance(demand, Leaf) else ()
            if len(nodes) == 1:
                other = nodes[0]
            elif place == ZERO and isinstance(demand, Leaf) and demand.op in RANGES and access_of(demand) is not None:
                place = self._fields.place(Source.NUMBER, demand.path)
                bound = bound_of(demand.operand, demand.op)
                low, high = (bound, inf) if demand.op in (">", ">=") else (-inf, bound)
            else:
                asked.append(self._ask(demand))
        return other, place, low, high, tuple(asked), rule_id, alone

    def _known(self, leaf: Leaf) -> list[Node]:
        """The nodes one of which is found when, and only when, the leaf holds; none: that is not known."""
        if isinstance(leaf.operand, Choice):
            access = access_of(leaf)
            if access is not None:
                table = self._tables.get(access.table(leaf))
                if table is not None:
                    return access.nodes(table, leaf)
        return []

    def _ask(self, demand: Condition) -> Ask:
        return ask_of(demand, self._fields, self._known)

    def _cost(self, demand: Condition) -> float:
        way = way_of(demand, self._shares)
        return 1 if way is None else way.share
