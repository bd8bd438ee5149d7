"""Choose how a rule is looked up: by the rarest thing that it demands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition
from whenthen.domain.conditions.field_access import Path, parse_path
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.matching.event_row import at_hand
from whenthen.domain.matching.residual_checks import Check, check_of, is_far
from whenthen.domain.matching.tables import ArrivalTable, BoundTable, ExistsTable, PartTable, Table
from whenthen.domain.matching.value_keys import accepted_keys

MAX_KEYS = 400
"""Bound the keys under which an `any` is looked up."""

TableKey = tuple[type[Table], str, bool]
"""Identify a table: its class, the key of its field's path, and whether case is ignored."""


class Lookup(Struct, frozen=True, eq=False, gc=False):
    """Describe how rules are looked up by a predicate that they demand.

    keys    whenever the predicate holds, the event has one of these keys
    share   of the events that have such a key, as a rule of thumb
    exact   whether the predicate holds whenever the event has one of them; else it must be checked
    """

    table: TableKey
    path: Path
    keys: tuple[Hashable, ...]
    share: float
    exact: bool


Demand = tuple[Condition, Lookup | None]
"""Hold (a condition that must hold, how rules are looked up by it: None if by no key)."""

Plan = tuple[float, list[tuple[Lookup, list[Demand]]]]
"""Hold (the cost, in rules checked for each event; the stands: how a rule is looked up, what is left to check then)."""


def demands_of(condition: Condition | None) -> list[Demand]:
    """Split a condition into demands that must all be met."""
    if isinstance(condition, AllOf):
        return [demand for item in condition.items for demand in demands_of(item)]
    if condition is None:
        return []
    return [(condition, _lookup_of(condition) if isinstance(condition, Predicate) else None)]


class Planner:
    """Estimate how many rules are checked for each event, and keep that low. `tables`: those that there are already."""

    def __init__(self, tables: Collection[TableKey]) -> None:
        self._tables = tables
        self._shares: dict[TableKey, float] = {}

    def learn(self, demands: Iterable[Demand]) -> None:
        """Estimate how rare values are from the demands of many rules: if they ask for many, each one is rare.

        By Good and Turing: of how many values asked for once there are, it follows how many were not asked for.
        """
        asked: dict[TableKey, list[Hashable]] = {}
        for _, lookup in demands:
            if lookup is not None and lookup.table[0] is Table:
                asked.setdefault(lookup.table, []).extend(lookup.keys)
        for table, keys in asked.items():
            counts = [*Counter(keys).values()]
            self._shares[table] = (len(keys) - counts.count(1) + 1) / ((len(keys) + 1) * len(counts))

    def best(self, demands: list[Demand]) -> Plan:
        """Return the plan that costs least: each event that meets all demands finds one of its stands."""
        plans = [(*self._plan(demand), at) for at, demand in enumerate(demands)]
        cost, stands, at = min(plans, key=lambda plan: plan[0], default=(_EACH_EVENT.share, [(_EACH_EVENT, [])], 0))
        return cost, [(lookup, left + demands[:at] + demands[at + 1 :]) for lookup, left in stands]

    def _plan(self, demand: Demand) -> Plan:
        condition, lookup = demand
        if isinstance(condition, AnyOf):
            plans = [self.best(demands_of(item)) for item in condition.items]
            cost, stands = sum(cost for cost, _ in plans), [stand for _, stands in plans for stand in stands]
            if cost < _EACH_EVENT.share and sum(len(lookup.keys) for lookup, _ in stands) <= MAX_KEYS:
                return cost, stands
        lookup = lookup or _EACH_EVENT
        cost = self._share(lookup) + (0 if lookup.table in self._tables else lookup.table[0].COST)
        return cost, [(lookup, [] if lookup.exact else [demand])]

    def _share(self, lookup: Lookup) -> float:
        known = self._shares.get(lookup.table)
        return lookup.share if known is None else len(lookup.keys) * known

    def checks(self, demands: list[Demand]) -> list[Check]:
        """Return the checks of demands: first of those that most events fail, last of those that take long."""
        return [check_of(condition) for condition, _ in sorted(demands, key=self._rank)]

    def _rank(self, demand: Demand) -> float:
        condition, lookup = demand
        return 1 + is_far(condition) if lookup is None else self._share(lookup)


@lru_cache(maxsize=16_384)
def _lookup_of(predicate: Predicate) -> Lookup | None:
    """Return how rules that demand the predicate are looked up. Rules repeat the same ones, so each is kept."""
    if predicate.op not in _WAYS or not at_hand(predicate.path):
        return None
    table, share, exact, keys_of = _WAYS[predicate.op]
    keys = tuple(keys_of(predicate.operand))
    key = (table, predicate.path.key, predicate.ignore_case)
    return Lookup(key, predicate.path, keys, share, exact) if keys else None


_WAYS: Mapping[str, tuple[type[Table], float, bool, Callable[[Any], Iterable[Hashable]]]] = {
    **dict.fromkeys(("equals", "in", "has", "has_any"), (Table, 0.2, True, accepted_keys)),
    "has_all": (Table, 0.2, False, lambda choices: accepted_keys(choices[0])),
    "contains": (PartTable, 0.15, True, lambda text: [text.text]),
    **dict.fromkeys(("starts_with", "ends_with"), (PartTable, 0.05, False, lambda text: [text.text])),
    "matches": (PartTable, 0.1, False, lambda pattern: filter(None, [max(pattern.parts, key=len)])),
    "exists": (ExistsTable, 0.4, True, lambda flag: [flag] if flag else []),
    "<": (BoundTable, 0.5, True, lambda bound: [(0, bound, 0)]),
    "<=": (BoundTable, 0.5, True, lambda bound: [(0, bound, 1)]),
    ">=": (BoundTable, 0.5, True, lambda bound: [(1, bound, 0)]),
    ">": (BoundTable, 0.5, True, lambda bound: [(1, bound, 1)]),
    "changed_to": (ArrivalTable, 0.05, False, lambda choices: {key for one in choices for key in accepted_keys(one)}),
}
"""Operator → table, share, exact, and keys of an operand. The predicates of other operators most events meet."""

_EACH_EVENT = Lookup((ExistsTable, "event.type", False), parse_path("event.type"), (True,), 1_000, exact=False)
"""Look rules up by no key, as each event has a type. Its share makes it cost more than any other lookup."""
