"""Plan access paths: choose the requirement by which a rule is found, at the least cost over all events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.values import Choice
from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, predicates
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.matching.indexes.candidate_lookup import ALWAYS, LOOKS, Access, TableKey, access_of
from whenthen.domain.matching.residual_checks import is_far

MAX_ACCESS_PATHS = 32
"""Bound the places in which a rule may stand because of one requirement."""


class Findable(Struct, frozen=True, gc=False):
    """Describe a predicate by which rules can be found: how, and in which table."""

    predicate: Predicate
    access: Access
    table: TableKey


Requirement = Findable | Condition
"""Hold one thing that must be true."""


class AccessPath(Struct, frozen=True, gc=False):
    """Hold a predicate by which a rule is found, and the requirements left to check then."""

    by: Findable
    left: tuple[Requirement, ...] = ()


def requirements_of(condition: Condition | None) -> list[Requirement]:
    """Split a condition into requirements that must all hold."""
    if isinstance(condition, Predicate):
        if condition.op == "has_all":
            each = [replace(condition, op="has", operand=choice) for choice in condition.operand]  # type: ignore[attr-defined]
            return [_requirement_of(predicate) for predicate in each]
        return [_requirement_of(condition)]
    if isinstance(condition, AllOf):
        return [requirement for item in condition.items for requirement in requirements_of(item)]
    return [] if condition is None else [condition]


def _requirement_of(predicate: Predicate) -> Requirement:
    access = access_of(predicate)
    return predicate if access is None else Findable(predicate, access, access.table(predicate))


def condition_of(requirement: Requirement) -> Condition:
    """Return the requirement as a condition."""
    return requirement.predicate if isinstance(requirement, Findable) else requirement


class Costs:
    """Estimate the cost of finding rules by a requirement, per event, in rules that must be checked.

    shares  of how many events one of a table's values holds, as far as it is known
    tables  which there are already: to look into another costs something for each event
    """

    def __init__(self, shares: Mapping[TableKey, float], tables: Collection[TableKey]) -> None:
        self._shares = shares
        self._tables = tables

    def of(self, requirement: Requirement) -> float | None:
        """Return the cost of one requirement. None if a rule cannot be found by it."""
        if isinstance(requirement, Findable):
            lookup = 0 if requirement.table in self._tables else LOOKS[requirement.access.kind]
            return self.share(requirement) + lookup
        if not isinstance(requirement, AnyOf) or not requirement.items:
            return None
        if sum(1 for _ in predicates(requirement)) > MAX_ACCESS_PATHS:
            return None
        cost = 0.0
        for item in requirement.items:
            best = self.best(requirements_of(item))
            if best is None:
                return None
            cost += best[0]
        return cost

    def best(self, requirements: list[Requirement]) -> tuple[float, int] | None:
        """Return the cost and position of the cheapest requirement. None if a rule cannot be found by any."""
        costs = [(self.of(requirement), at) for at, requirement in enumerate(requirements)]
        return min(((cost, at) for cost, at in costs if cost is not None), default=None)

    def rank(self, requirement: Requirement) -> float:
        """Rank requirements: the most rarely met are checked first, those that must be worked out last."""
        return self.share(requirement) if isinstance(requirement, Findable) else 1 + is_far(requirement)

    def share(self, requirement: Findable) -> float:
        """Return the share of events that meet a requirement."""
        choice, known = requirement.predicate.operand, self._shares.get(requirement.table)
        if known is None or type(choice) is not Choice:
            return requirement.access.share
        return (len(choice.texts) + len(choice.numbers) + len(choice.truths)) * known

    def access_paths(self, requirement: Requirement) -> tuple[AccessPath, ...]:
        """Return the access paths of a requirement: each event that meets it takes one of them."""
        if isinstance(requirement, Findable):
            complete = requirement.access.complete(requirement.predicate.operand)
            return (AccessPath(requirement, () if complete else (requirement,)),)
        paths: list[AccessPath] = []
        for item in requirement.items:  # type: ignore[union-attr]  # it is an AnyOf
            requirements = requirements_of(item)
            _, at = self.best(requirements)  # type: ignore[misc]  # each item can be found
            others = requirements[:at] + requirements[at + 1 :]
            found = self.access_paths(requirements[at])
            paths += (replace(path, left=(*path.left, *others)) for path in found) if others else found
        return tuple(paths)


def shares_of(rules: Iterable[list[Requirement]]) -> dict[TableKey, float]:
    """Estimate how common values are from the rules: if they check for many different ones, each is rare.

    By Good and Turing: of how many values asked for once there are, it follows how many were not asked for.
    """
    wanted: dict[TableKey, list[object]] = {}
    for requirements in rules:
        for requirement in requirements:
            if isinstance(requirement, Findable) and type(choice := requirement.predicate.operand) is Choice:
                wanted.setdefault(requirement.table, []).extend(choice.texts or choice.numbers)
    wanted.pop(ALWAYS, None)
    return {key: _share_of(list(Counter(values).values())) for key, values in wanted.items() if values}


def _share_of(counts: list[int]) -> float:
    total = sum(counts)
    return (total - counts.count(1) + 1) / ((total + 1) * len(counts))
