"""Partition: the rules that watch one event type, prepared when its first event comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.leaves import Leaf
from whenthen.domain.matcher.asks import ask_of, is_far
from whenthen.domain.matcher.fields import ZERO, Fields, Source
from whenthen.domain.matcher.nodes import NO_RANGE, Node, Test, visit
from whenthen.domain.matcher.numbers import interval_of
from whenthen.domain.matcher.tables import Tables
from whenthen.domain.matcher.ways import Demand, demands_of, doors_of, fields_of, share_of, shares_of
from whenthen.domain.values import Choice

if TYPE_CHECKING:
    from whenthen.domain.conditions import Condition
    from whenthen.domain.facts import Context
    from whenthen.domain.matcher.access import TableKey

FEW = 8
"""How many rules of a node are asked one by one before others are found by a further node."""


class Partition:
    """The rules that watch one event type. A rule stands under nodes: under few, by what it demands most rarely met."""

    def __init__(self) -> None:
        self._pending: dict[str, Condition | None] = {}
        self._places: dict[str, tuple[Node, ...]] = {}
        self._fields = Fields()
        self._tables = Tables(self._fields)
        self._always = Node()
        self._shares: dict[TableKey, float] = {}

    def __len__(self) -> int:
        return len(self._pending) + len(self._places)

    def add(self, rule_id: str, condition: Condition | None) -> None:
        """Take a rule in; it is prepared at the next match, if not before."""
        self._pending[rule_id] = condition

    def remove(self, rule_id: str) -> None:
        """Let a rule go."""
        if rule_id in self._pending:
            del self._pending[rule_id]
            return
        for node in self._places.pop(rule_id):
            node.drop(rule_id)
        self._tables.forget()

    def match(self, context: Context) -> list[str]:
        """The ids of the rules that match, sorted."""
        if self._pending:
            self.prepare()
        values = self._fields.read(context)
        matched: list[str] = []
        hits = self._tables.find(values, matched)
        hits.append(self._always)
        return visit(hits, values, matched)

    def prepare(self) -> None:
        """Put the rules that wait in their places."""
        pending = [(rule_id, demands_of(condition)) for rule_id, condition in self._pending.items()]
        self._pending.clear()
        if len(pending) > 1:
            self._shares |= shares_of(demands for _, demands in pending)
            self._fields.add({field for _, demands in pending for field in fields_of(demands)})
        for rule_id, demands in pending:
            self._settle(rule_id, demands)
        self._tables.forget()

    def _settle(self, rule_id: str, demands: list[Demand]) -> None:
        """Put a rule under the nodes of the demand that the fewest events meet."""
        ranked = [(share_of(demand, self._shares), demand) for demand in demands]
        ranked.sort(key=lambda pair: 1 + is_far(pair[1][0]) if pair[0] is None else pair[0])
        others = [demand for _, demand in ranked]
        at = next((at for at, (share, _) in enumerate(ranked) if share is not None), None)
        places: list[Node] = []
        if at is not None:
            doors = doors_of(others.pop(at), self._shares)
            stands = [(node, door) for door in doors for node in self._tables.nodes(door.leaf, door.access)]
            for node, door in stands:
                self._put(node, [*others, *door.asked], rule_id, places, alone=len(stands) == 1)
        elif others:
            self._put(self._tables.asking(others[0][0]), others[1:], rule_id, places, alone=True)
        else:
            self._put(self._always, [], rule_id, places, alone=True)
        self._places[rule_id] = tuple(places)

    def _put(self, node: Node, demands: list[Demand], rule_id: str, places: list[Node], *, alone: bool) -> None:
        """Put a rule of which `demands` are left under a node, or where that has many already, under a further one."""
        if not demands:
            node.take(rule_id, alone=alone)
        elif len(node.tests) >= FEW and (at := _first_told(demands)) is not None:
            leaf, access = demands[at]
            nodes = self._tables.nodes(leaf, access)  # type: ignore[arg-type]
            rest = demands[:at] + demands[at + 1 :]
            for other in nodes:
                self._put(node.further_by(other), rest, rule_id, places, alone=alone and len(nodes) == 1)
            return
        else:
            node.test(self._test(demands, rule_id, alone))
        places.append(node)

    def _test(self, demands: list[Demand], rule_id: str, alone: bool) -> Test:
        other: Node | None = None
        place, low, high = NO_RANGE
        asks = []
        for condition, access in demands:
            leaf = condition if access is not None and isinstance(condition, Leaf) else None
            nodes = self._tables.known(leaf, access) if leaf is not None and other is None else []
            if len(nodes) == 1:
                other = nodes[0]
            elif place == ZERO and leaf is not None and access is not None and access.bounds:
                place = self._fields.place(Source.NUMBER, leaf.path)
                low, high = interval_of(leaf.operand, leaf.op)  # type: ignore[arg-type]
            else:
                asks.append(ask_of(condition, self._fields, self._tables.known))
        return other, place, low, high, tuple(asks), rule_id, alone


def _first_told(demands: list[Demand]) -> int | None:
    """The first of the demands of which a table of choices tells all."""
    for at, (condition, access) in enumerate(demands):
        if access is not None and isinstance(condition, Leaf) and isinstance(condition.operand, Choice):
            return at
    return None
