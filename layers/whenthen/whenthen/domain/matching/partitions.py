"""Prepare the rules that watch one event type when its first event comes, and match events with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.matching.event_fields import Fields
from whenthen.domain.matching.index_planner import (
    AccessPath,
    Costs,
    Findable,
    Requirement,
    condition_of,
    requirements_of,
    shares_of,
)
from whenthen.domain.matching.index_tables import Tables
from whenthen.domain.matching.indexes.nodes import Node, visit
from whenthen.domain.matching.residual_checks import check_of

if TYPE_CHECKING:
    from whenthen.domain.conditions.condition import Condition
    from whenthen.domain.conditions.field_access import Context
    from whenthen.domain.matching.event_fields import Check
    from whenthen.domain.matching.indexes.candidate_lookup import TableKey

TRIED = 8
"""Bound the rules of a node that are tried one by one, before others are found by a further node."""

MAX_PLACES = 32
"""Bound the places of a rule: several values of several fields have many combinations."""


class Partition:
    """Hold the rules that watch one event type. A rule stands under few nodes: those of its rarest requirement."""

    def __init__(self) -> None:
        self._pending: dict[str, Condition | None] = {}
        self._places: dict[str, tuple[Node, ...]] = {}
        self._fields = Fields()
        self._tables = Tables(self._fields)
        self._shares: dict[TableKey, float] = {}
        self._costs = Costs(self._shares, self._tables.keys)
        self._made: dict[Predicate, Check] = {}

    def __len__(self) -> int:
        return len(self._pending) + len(self._places)

    def add(self, rule_id: str, condition: Condition | None) -> None:
        """Add a rule. It is prepared at the next match, if not before."""
        self._pending[rule_id] = condition

    def remove(self, rule_id: str) -> None:
        """Remove a rule."""
        if rule_id in self._pending:
            del self._pending[rule_id]
            return
        for node in self._places.pop(rule_id):
            node.drop(rule_id)
        self._tables.forget()

    def match(self, context: Context) -> list[str]:
        """Return the ids of the rules that match, sorted."""
        if self._pending:
            self.prepare()
        row = self._fields.read(context)
        matched: list[str] = []
        return visit(self._tables.find(row, matched), row, matched)

    def prepare(self) -> None:
        """Put the waiting rules in their places, first those that can be found in one table only."""
        pending = [(rule_id, requirements_of(condition)) for rule_id, condition in self._pending.items()]
        self._pending.clear()
        if len(pending) > 1:
            self._shares |= shares_of(requirements for _, requirements in pending)
            pending.sort(key=lambda rule: len(rule[1]))
        planned = [(rule_id, *self._plan(requirements)) for rule_id, requirements in pending]
        self._tables.place()
        for rule_id, paths, others in planned:
            self._settle(rule_id, paths, others)
        self._made.clear()

    def _plan(self, requirements: list[Requirement]) -> tuple[tuple[AccessPath, ...], list[Requirement]]:
        """Plan the cheapest access paths of a rule, and the requirements left to check, the rarest first."""
        best = self._costs.best(requirements)
        if best is None:
            return (), sorted(requirements, key=self._costs.rank)
        others = requirements[: best[1]] + requirements[best[1] + 1 :]
        if len(others) > 1:
            others.sort(key=self._costs.rank)
        paths = self._costs.access_paths(requirements[best[1]])
        for path in paths:
            self._tables.open(path.by.table, path.by.predicate.path)
        return paths, others

    def _settle(self, rule_id: str, paths: tuple[AccessPath, ...], others: list[Requirement]) -> None:
        """Put a rule in its places."""
        places: list[Node] = []
        stands = [(node, path) for path in paths for node in self._tables.nodes(path.by)]
        for node, path in stands:
            requirements = sorted((*others, *path.left), key=self._costs.rank) if path.left else others
            self._put(node, requirements, rule_id, places, alone=len(stands) == 1)
        if not stands:
            node = self._tables.checking(condition_of(others[0])) if others else self._tables.always.node
            self._put(node, others[1:], rule_id, places, alone=True)
        self._places[rule_id] = tuple(places)

    def _put(
        self, node: Node, requirements: list[Requirement], rule_id: str, places: list[Node], *, alone: bool
    ) -> None:
        """Put a rule with these requirements left under a node, or under a further one if that has many already."""
        if not requirements:
            node.take(rule_id, alone=alone)
            places.append(node)
            return
        at, test = self._first_test(requirements)
        if test is None:
            node.check((self._checks_of(requirements), rule_id, alone))
            places.append(node)
            return
        number, nodes, wanted = test
        rest = requirements[:at] + requirements[at + 1 :]
        alone = alone and len(nodes) == 1
        if wanted and len(node.tests) >= TRIED and len(places) + len(nodes) <= MAX_PLACES:
            for other in nodes:
                self._put(node.further_by(number, other), rest, rule_id, places, alone=alone)
            return
        checks = self._checks_of(rest)
        for other in nodes:
            node.test((number, other, wanted, checks, rule_id, alone))
        places.append(node)

    def _first_test(self, requirements: list[Requirement]) -> tuple[int, tuple[int, list[Node], bool] | None]:
        """Return the position of the first requirement that can be tested, and its test."""
        for at, requirement in enumerate(requirements):
            if isinstance(requirement, Findable) and (test := self._tables.test_of(requirement)):
                return at, test
        return 0, None

    def _checks_of(self, requirements: list[Requirement]) -> tuple[Check, ...]:
        return tuple([self._check(condition_of(requirement)) for requirement in requirements])

    def _check(self, condition: Condition) -> Check:
        """Return the check of a condition. Rules that are prepared together share equal checks."""
        if not isinstance(condition, Predicate):
            return check_of(condition, self._fields, self._tables.known)
        check = self._made.get(condition)
        if check is None:
            check = self._made[condition] = check_of(condition, self._fields, self._tables.known)
        return check
