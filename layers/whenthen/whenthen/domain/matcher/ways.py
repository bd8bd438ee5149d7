"""Ways: by which of its demands a rule is found. It should be the one that the fewest events meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.conditions import AllOf, AnyOf, Condition, leaves
from whenthen.domain.leaves import Leaf
from whenthen.domain.matcher.access import Access, Kind, TableKey, access_of
from whenthen.domain.matcher.fields import Field, Source, at_hand
from whenthen.domain.values import Choice

MAX_DOORS = 32
"""In how many places a rule may stand because of one demand."""

Demand = tuple[Condition, Access | None]
"""A condition that must hold, and how it is found, if it is a leaf that can be found."""

Shares = Mapping[TableKey, float]
"""For tables of choices: of how many events one of their values holds, as far as it is known."""


class Door(Struct, frozen=True):
    """A leaf by which a rule is found, and what is to be asked then, that the leaf does not tell."""

    leaf: Leaf
    access: Access
    asked: tuple[Demand, ...] = ()


def demands_of(condition: Condition | None) -> list[Demand]:
    """What must all hold, one by one."""
    if isinstance(condition, AllOf):
        return [demand for item in condition.items for demand in demands_of(item)]
    if isinstance(condition, Leaf):
        if condition.op == "has_all":
            each = [replace(condition, op="has", operand=choice) for choice in condition.operand]  # type: ignore[attr-defined]
            return [(leaf, access_of(leaf)) for leaf in each]
        return [(condition, access_of(condition))]
    return [] if condition is None else [(condition, None)]


def share_of(demand: Demand, shares: Shares) -> float | None:
    """Of how many events the demand is met, as far as is known; None: a rule cannot be found by it."""
    condition, access = demand
    if access is not None:
        return _share(condition, access, shares)  # type: ignore[arg-type]
    if not isinstance(condition, AnyOf):
        return None
    best = [_best(demands_of(item), shares) for item in condition.items]
    if None in best or sum(1 for _ in leaves(condition)) > MAX_DOORS:
        return None
    return sum(share for share, _ in best)  # type: ignore[misc]


def doors_of(demand: Demand, shares: Shares) -> tuple[Door, ...]:
    """The doors through one of which each event goes that meets a demand that has a share."""
    condition, access = demand
    if access is not None:
        asked = () if access.complete(condition.operand) else (demand,)  # type: ignore[union-attr]
        return (Door(condition, access, asked),)  # type: ignore[arg-type]
    doors: list[Door] = []
    for item in condition.items:  # type: ignore[union-attr]
        demands = demands_of(item)
        _, at = _best(demands, shares)  # type: ignore[misc]
        others = demands[:at] + demands[at + 1 :]
        found = doors_of(demands[at], shares)
        doors += (replace(door, asked=(*door.asked, *others)) for door in found) if others else found
    return tuple(doors)


def _best(demands: list[Demand], shares: Shares) -> tuple[float, int] | None:
    """The demand with the smallest share: the share, and which one it is."""
    found = [(share, at) for at, demand in enumerate(demands) if (share := share_of(demand, shares)) is not None]
    return min(found, default=None)


def _share(leaf: Leaf, access: Access, shares: Shares) -> float:
    operand = leaf.operand
    if access.kind is not Kind.CHOICES or not isinstance(operand, Choice):
        return access.share
    values = len(operand.texts) + len(operand.numbers) + len(operand.truths)
    return values * shares.get(access.table(leaf), access.share)


def fields_of(demands: Iterable[Demand]) -> Iterator[Field]:
    """The fields that demands are found by or asked of, where nothing must be worked out to read them."""
    for condition, access in demands:
        if access is not None:
            yield access.source, condition.path  # type: ignore[union-attr]
        else:
            yield from ((Source.VALUE, leaf.path) for leaf in leaves(condition) if at_hand(leaf.path))


def shares_of(rules: Iterable[list[Demand]]) -> dict[TableKey, float]:
    """What the demands of rules tell about how common values are: where they ask for many different ones, each is rare.

    By Good and Turing: of how many values asked for once there are, it follows how many were not asked for.
    """
    asked: dict[TableKey, list[object]] = {}
    for demands in rules:
        for leaf, access in demands:
            if access is not None and isinstance(choice := leaf.operand, Choice):  # type: ignore[union-attr]
                asked.setdefault(access.table(leaf), []).extend(choice.texts or choice.numbers)  # type: ignore[arg-type]
    return {key: _share_of(list(Counter(values).values())) for key, values in asked.items() if values}


def _share_of(counts: list[int]) -> float:
    total = sum(counts)
    return (total - counts.count(1) + 1) / ((total + 1) * len(counts))
