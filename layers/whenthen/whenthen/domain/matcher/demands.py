"""Demand: what a rule asks of an event, split into what lanes can tell and what is left to check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.conditions import AllOf, AnyOf, Condition, Not
from whenthen.domain.leaves import Leaf
from whenthen.domain.matcher.access import Access, LaneKey, access_of

MAX_ALTERNATIVES = 16
_WEAK = 4
"""From this rank on a leaf holds for so many events that it is no way to find a rule."""

_OPPOSITES = {"not_equals": "equals", "not_in": "in"}


class Finder(Struct, frozen=True, eq=False):
    """A leaf that stands in a lane. Equal leaves have one finder, which rules share: so finders compare by identity."""

    leaf: Leaf
    access: Access
    lane: LaneKey

    @property
    def complete(self) -> bool:
        """Whether the lane tells all that the leaf demands."""
        return self.access.complete(self.leaf.operand)


class Demand(Struct, frozen=True):
    """What one rule asks, all of it.

    every   each of these must be satisfied; at most one for each lane, the best first
    never   none of these may be satisfied
    either  one of these must be satisfied
    rest    what these cannot tell and must be asked
    """

    every: tuple[Finder, ...]
    never: tuple[Finder, ...] = ()
    either: tuple[Finder, ...] = ()
    rest: tuple[Condition, ...] = ()

    @property
    def lone(self) -> bool:
        """Whether a single lane tells all."""
        return len(self.every) == 1 and not (self.never or self.either or self.rest)


def demand_of(condition: Condition | None, popular: Mapping[LaneKey, int] | None, *, whole: bool) -> Demand:
    """The demand that `condition` makes. A lane costs about as much as asking the few that are found without it, so:

    popular  where it stands among few, a single finder must do; how many could be found by each lane
    whole    where it stands among very many, all goes into lanes that can
    """
    every: dict[LaneKey, Finder] = {}
    others: list[Condition] = []
    for conjunct in _conjuncts(condition):
        finder = _finder(conjunct)
        if finder is None:
            others.append(conjunct)
            continue
        other = every.setdefault(finder.lane, finder)
        if other.leaf != finder.leaf:
            better, worse = (finder, other) if finder.access.rank < other.access.rank else (other, finder)
            every[finder.lane] = better
            others.append(worse.leaf)
    best = tuple(sorted(every.values(), key=_rank))
    if popular is not None and len(best) > 1:
        chosen = min(best, key=lambda finder: (finder.access.rank, -popular.get(finder.lane, 0)))
        others += [finder.leaf for finder in best if finder is not chosen]
        best = (chosen,)
    found = bool(best) and best[0].access.rank < _WEAK
    demand = _sort_out(best, others, group=whole or not found, refuse=whole)
    incomplete = tuple(finder.leaf for finder in best if not finder.complete)
    return replace(demand, rest=(*incomplete, *demand.rest)) if incomplete else demand


def lanes_for(condition: Condition | None) -> list[LaneKey]:
    """The lanes that a rule with this condition could be found by."""
    finders = filter(None, map(_finder, _conjuncts(condition)))
    return [finder.lane for finder in finders if finder.access.rank < _WEAK]


def _sort_out(every: tuple[Finder, ...], others: list[Condition], *, group: bool, refuse: bool) -> Demand:
    never: list[Finder] = []
    either: tuple[Finder, ...] = ()
    rest: list[Condition] = []
    for condition in others:
        refuted = _refuted_by(condition) if refuse else None
        if refuted is not None and _apart((*never, refuted)):
            never.append(refuted)
            continue
        if group and not either and isinstance(condition, AnyOf):
            either = _necessary(condition)
            if either and all(
                isinstance(item, Leaf) and finder.complete
                for item, finder in zip(condition.items, either, strict=False)
            ):
                continue
        rest.append(condition)
    return Demand(every, tuple(never), either, tuple(rest))


def _conjuncts(condition: Condition | None) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for item in condition.items:
            yield from _conjuncts(item)
    elif condition is not None:
        yield condition


def _rank(finder: Finder) -> int:
    return finder.access.rank


def _finder(condition: Condition) -> Finder | None:
    return _finder_of(condition) if isinstance(condition, Leaf) else None


@lru_cache(maxsize=65_536)
def _finder_of(leaf: Leaf) -> Finder | None:
    access = access_of(leaf)
    return None if access is None else Finder(leaf, access, access.lane(leaf))


def _refuted_by(condition: Condition) -> Finder | None:
    """The finder that says, by being satisfied or not, that the condition does not hold or does."""
    opposite: Condition | None = None
    if isinstance(condition, Not):
        opposite = condition.item
    elif isinstance(condition, Leaf):
        if condition.op in _OPPOSITES:
            opposite = replace(condition, op=_OPPOSITES[condition.op])
        elif condition.op == "exists" and condition.operand is False:
            opposite = replace(condition, operand=True)
    finder = None if opposite is None else _finder(opposite)
    return finder if finder is not None and finder.complete else None


def _necessary(condition: Condition) -> tuple[Finder, ...]:
    """Finders one of which is satisfied whenever the condition holds; none: there is no such choice."""
    if isinstance(condition, AnyOf):
        parts = [_necessary(item) for item in condition.items]
        finders = tuple(finder for part in parts for finder in part)
        return finders if all(parts) and len(finders) <= MAX_ALTERNATIVES and _apart(finders) else ()
    if isinstance(condition, AllOf):
        parts = [part for item in condition.items if (part := _necessary(item))]
        return min(parts, key=lambda part: max(map(_rank, part)), default=())
    finder = _finder(condition)
    return () if finder is None else (finder,)


def _apart(finders: tuple[Finder, ...]) -> bool:
    """Whether no two ranges share a lane, which takes one range for each slot."""
    lanes = [finder.lane for finder in finders if finder.access.is_range]
    return len(lanes) == len(set(lanes))
