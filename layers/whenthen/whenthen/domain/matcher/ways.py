"""Way: by which of its demands a rule is found. It should be the one that the fewest events meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.conditions import AllOf, AnyOf, Condition
from whenthen.domain.leaves import Leaf
from whenthen.domain.matcher.access import Access, Kind, TableKey, access_of
from whenthen.domain.values import Choice

MAX_DOORS = 32
"""In how many places a rule may stand because of one demand."""

Shares = Mapping[TableKey, float]
"""For tables of choices: of how many events one of their values holds, as far as it is known."""


class Door(Struct, frozen=True):
    """A leaf by which a rule is found, and what is to be asked then, that the leaf does not tell."""

    leaf: Leaf
    access: Access
    asked: tuple[Condition, ...] = ()


class Way(Struct, frozen=True):
    """The doors through one of which each event goes that meets a demand. `share`: of how many events that is."""

    share: float
    doors: tuple[Door, ...]


def demands_of(condition: Condition | None) -> Iterator[Condition]:
    """What must all hold, one by one."""
    if isinstance(condition, AllOf):
        for item in condition.items:
            yield from demands_of(item)
    elif isinstance(condition, Leaf) and condition.op == "has_all":
        for choice in condition.operand:  # type: ignore[attr-defined]
            yield replace(condition, op="has", operand=choice)
    elif condition is not None:
        yield condition


def way_of(demand: Condition, shares: Shares) -> Way | None:
    """The way to the rules that make a demand; None: they must be asked for it."""
    if isinstance(demand, Leaf):
        access = access_of(demand)
        if access is None:
            return None
        asked = () if access.complete(demand.operand) else (demand,)
        return Way(_share(demand, access, shares), (Door(demand, access, asked),))
    if isinstance(demand, AnyOf):
        ways = [_way_of_all(item, shares) for item in demand.items]
        found = [way for way in ways if way is not None]
        doors = tuple(door for way in found for door in way.doors)
        if len(found) < len(ways) or len(doors) > MAX_DOORS:
            return None
        return Way(sum(way.share for way in found), doors)
    return None


def _way_of_all(condition: Condition, shares: Shares) -> Way | None:
    demands = tuple(demands_of(condition))
    ways = [(way, at) for at, demand in enumerate(demands) if (way := way_of(demand, shares)) is not None]
    if not ways:
        return None
    best, at = min(ways, key=lambda pair: pair[0].share)
    others = demands[:at] + demands[at + 1 :]
    if not others:
        return best
    return Way(best.share, tuple(replace(door, asked=(*door.asked, *others)) for door in best.doors))


def _share(leaf: Leaf, access: Access, shares: Shares) -> float:
    operand = leaf.operand
    if access.kind is not Kind.CHOICES or not isinstance(operand, Choice):
        return access.share
    values = len(operand.texts) + len(operand.numbers) + len(operand.truths)
    return values * shares.get(access.table(leaf), access.share)


def shares_of(conditions: Iterable[Condition | None]) -> dict[TableKey, float]:
    """What the rules tell about how common values are: that they ask for many different ones means that each is rare.

    By Good and Turing: of how many values asked for once there are, it follows how many were not asked for.
    """
    asked: dict[TableKey, Counter[object]] = {}
    for condition in conditions:
        for demand in demands_of(condition):
            if isinstance(demand, Leaf) and isinstance(demand.operand, Choice) and demand.path.steps:
                access = access_of(demand)
                if access is not None:
                    asked.setdefault(access.table(demand), Counter()).update(
                        demand.operand.texts or demand.operand.numbers
                    )
    return {key: _share_of(list(counts.values())) for key, counts in asked.items() if counts}


def _share_of(counts: list[int]) -> float:
    total = sum(counts)
    return (total - counts.count(1) + 1) / ((total + 1) * len(counts))
