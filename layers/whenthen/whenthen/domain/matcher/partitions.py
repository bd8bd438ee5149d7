"""Partition: the rules that watch one event type, prepared when its first event comes."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.matcher.blocks import Block, slots_of
from whenthen.domain.matcher.checks import Check
from whenthen.domain.matcher.demands import Demand, demand_of, lanes_for

if TYPE_CHECKING:
    from whenthen.domain.conditions import Condition
    from whenthen.domain.facts import Facts

MANY = 200
"""From how many rules on it pays to take them through several lanes each, and not just find each by one."""

VERY_MANY = 2_000
"""From how many rules on lanes should tell all that they can, and rules that one lane tells all about stand apart."""

_KEPT = 4_096


class Place(Struct, frozen=True, eq=False):
    """Where a demand stands, and the rules that have it in common."""

    room: Room
    slot: int
    demand: Demand
    rule_ids: list[str]


class Kind(StrEnum):
    """How the demands of a room are found: by one lane of several, by all their lanes, or told by one lane."""

    NARROW = "narrow"
    WIDE = "wide"
    LONE = "lone"


class Room:
    """A block, and what its slots stand for.

    rule_ids  by slot: the rules; those that share a demand share its slot
    checks    by slot: what is asked at the end
    """

    __slots__ = ("_known", "block", "checks", "kind", "rule_ids")

    def __init__(self, kind: Kind) -> None:
        self.block = Block(narrow=kind is not Kind.WIDE)
        self.kind = kind
        self.rule_ids: list[list[str]] = []
        self.checks: list[tuple[Check, ...]] = []
        self._known: dict[int, list[str]] = {}

    def furnish(self, slot: int, rule_ids: list[str], checks: tuple[Check, ...]) -> None:
        """Say what a slot stands for."""
        if slot == len(self.rule_ids):
            self.rule_ids.append(rule_ids)
            self.checks.append(checks)
        else:
            self.rule_ids[slot], self.checks[slot] = rule_ids, checks

    def changed(self) -> None:
        """Forget what was worked out before a change."""
        self._known.clear()

    def match(self, facts: Facts, answers: dict[Check, bool], matched: list[str]) -> None:
        """Add the rules that match to `matched`, in no order."""
        if self.kind is Kind.LONE:
            for mask in self.block.hits(facts):
                matched += self._known.get(mask) or self._rules_in(mask)
            return
        rule_ids, checks = self.rule_ids, self.checks
        for slot in slots_of(self.block.alive(facts)):
            for check in checks[slot]:
                answer = answers.get(check)
                if answer is None:
                    answer = answers[check] = check.ask(facts)
                if not answer:
                    break
            else:
                matched += rule_ids[slot]

    def _rules_in(self, mask: int) -> list[str]:
        if len(self._known) >= _KEPT:
            self._known.clear()
        rules = self._known[mask] = [rule for slot in slots_of(mask) for rule in self.rule_ids[slot]]
        return rules


class Partition:
    """The rules that watch one event type."""

    __slots__ = ("_checks", "_pending", "_places", "_rooms", "_shared")

    def __init__(self) -> None:
        self._pending: dict[str, Condition | None] = {}
        self._places: dict[str, Place] = {}
        self._shared: dict[Demand, Place] = {}
        self._checks: dict[Condition, Check] = {}
        self._rooms: list[Room] = []

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
        place = self._places.pop(rule_id)
        place.rule_ids.remove(rule_id)
        place.room.changed()
        if not place.rule_ids:
            self._vacate(place)

    def match(self, facts: Facts) -> list[str]:
        """The ids of the rules that match, sorted."""
        if self._pending:
            self._prepare()
        answers: dict[Check, bool] = {}
        matched: list[str] = []
        for room in self._rooms:
            room.match(facts, answers, matched)
        matched.sort()
        return matched

    def _prepare(self) -> None:
        popular = None if len(self) >= MANY else Counter(chain.from_iterable(map(lanes_for, self._pending.values())))
        for rule_id in sorted(self._pending):
            demand = demand_of(self._pending[rule_id], popular, whole=len(self) >= VERY_MANY)
            place = self._shared.get(demand)
            if place is None:
                place = self._shared[demand] = self._place(demand, Kind.WIDE if popular is None else Kind.NARROW)
            place.rule_ids.append(rule_id)
            place.room.changed()
            self._places[rule_id] = place
        self._pending.clear()

    def _place(self, demand: Demand, kind: Kind) -> Place:
        room = self._room(Kind.LONE if demand.lone and len(self) >= VERY_MANY else kind)
        slot = room.block.add(demand)
        rule_ids: list[str] = []
        room.furnish(slot, rule_ids, tuple(map(self._check, demand.rest)))
        return Place(room, slot, demand, rule_ids)

    def _room(self, kind: Kind) -> Room:
        for room in self._rooms:
            if room.kind is kind and not room.block.full:
                return room
        self._rooms.append(Room(kind))
        return self._rooms[-1]

    def _vacate(self, place: Place) -> None:
        room, slot = place.room, place.slot
        room.block.remove(slot, place.demand)
        del self._shared[place.demand]
        for check in room.checks[slot]:
            check.users -= 1
            if not check.users:
                del self._checks[check.condition]
        room.furnish(slot, [], ())

    def _check(self, condition: Condition) -> Check:
        check = self._checks.get(condition)
        if check is None:
            check = self._checks[condition] = Check(condition)
        check.users += 1
        return check
