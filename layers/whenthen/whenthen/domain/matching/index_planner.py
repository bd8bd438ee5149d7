"""Ways: by which of its demands a rule is found. It should be the one that costs least over all events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.values import Choice
from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, predicates
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.matching.indexes.access import ALWAYS, LOOKS, Access, TableKey, access_of
from whenthen.domain.matching.residual_checks import is_far

MAX_ACCESS_PATHS = 32
"""In how many places a rule may stand because of one demand."""


class Findable(Struct, frozen=True, gc=False):
    """A leaf by which rules can be found: how, and in which table."""

    predicate: Predicate
    access: Access
    table: TableKey


Requirement = Findable | Condition
"""What must hold."""


class AccessPath(Struct, frozen=True, gc=False):
    """A leaf by which a rule is found, and what is to be asked then, that it does not tell."""

    by: Findable
    asked: tuple[Requirement, ...] = ()


def requirements_of(condition: Condition | None) -> list[Requirement]:
    """What must all hold, one by one."""
    if isinstance(condition, Predicate):
        if condition.op == "has_all":
            each = [replace(condition, op="has", operand=choice) for choice in condition.operand]  # type: ignore[attr-defined]
            return [_requirement_of(predicate) for predicate in each]
        return [_requirement_of(condition)]
    if isinstance(condition, AllOf):
        return [demand for item in condition.items for demand in requirements_of(item)]
    return [] if condition is None else [condition]


def _requirement_of(predicate: Predicate) -> Requirement:
    access = access_of(predicate)
    return predicate if access is None else Findable(predicate, access, access.table(predicate))


def condition_of(demand: Requirement) -> Condition:
    """What must hold, as a condition."""
    return demand.predicate if isinstance(demand, Findable) else demand


class Costs:
    """What it costs to find rules by a demand, for each event, in rules that must be asked.

    shares  of how many events one of a table's values holds, as far as it is known
    tables  which there are already: to look into another costs something for each event
    """

    def __init__(self, shares: Mapping[TableKey, float], tables: Collection[TableKey]) -> None:
        self._shares = shares
        self._tables = tables

    def of(self, demand: Requirement) -> float | None:
        """Of one demand; None: a rule cannot be found by it."""
        if isinstance(demand, Findable):
            return self.share(demand) + (0 if demand.table in self._tables else LOOKS[demand.access.kind])
        if not isinstance(demand, AnyOf) or not demand.items or sum(1 for _ in predicates(demand)) > MAX_ACCESS_PATHS:
            return None
        cost = 0.0
        for item in demand.items:
            best = self.best(requirements_of(item))
            if best is None:
                return None
            cost += best[0]
        return cost

    def best(self, demands: list[Requirement]) -> tuple[float, int] | None:
        """The demand that costs least: the cost, and which one it is."""
        found = [(cost, at) for at, demand in enumerate(demands) if (cost := self.of(demand)) is not None]
        return min(found, default=None)

    def rank(self, demand: Requirement) -> float:
        """What comes first is asked first: what is met most rarely, and last what must be worked out."""
        return self.share(demand) if isinstance(demand, Findable) else 1 + is_far(demand)

    def share(self, demand: Findable) -> float:
        """Of how many events a demand is met."""
        choice, known = demand.predicate.operand, self._shares.get(demand.table)
        if known is None or type(choice) is not Choice:
            return demand.access.share
        return (len(choice.texts) + len(choice.numbers) + len(choice.truths)) * known

    def doors(self, demand: Requirement) -> tuple[AccessPath, ...]:
        """The doors through one of which each event goes that meets a demand that rules can be found by."""
        if isinstance(demand, Findable):
            return (AccessPath(demand, () if demand.access.complete(demand.predicate.operand) else (demand,)),)
        doors: list[AccessPath] = []
        for item in demand.items:  # type: ignore[union-attr]  # it is an AnyOf
            demands = requirements_of(item)
            _, at = self.best(demands)  # type: ignore[misc]  # each item can be found
            others = demands[:at] + demands[at + 1 :]
            found = self.doors(demands[at])
            doors += (replace(door, asked=(*door.asked, *others)) for door in found) if others else found
        return tuple(doors)


def shares_of(rules: Iterable[list[Requirement]]) -> dict[TableKey, float]:
    """What the demands of rules tell about how common values are: where they ask for many different ones, each is rare.

    By Good and Turing: of how many values asked for once there are, it follows how many were not asked for.
    """
    asked: dict[TableKey, list[object]] = {}
    for demands in rules:
        for demand in demands:
            if isinstance(demand, Findable) and type(choice := demand.predicate.operand) is Choice:
                asked.setdefault(demand.table, []).extend(choice.texts or choice.numbers)
    asked.pop(ALWAYS, None)
    return {key: _share_of(list(Counter(values).values())) for key, values in asked.items() if values}


def _share_of(counts: list[int]) -> float:
    total = sum(counts)
    return (total - counts.count(1) + 1) / ((total + 1) * len(counts))
