"""Block: up to 16,384 demands, matched side by side.

Each demand has a slot, and each slot is a bit of the masks that the gates' lanes hold. The gates are
gone through for all slots at once: what does not match costs one bit of a few integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.matcher.gates import Gate

if TYPE_CHECKING:
    from whenthen.domain.facts import Facts
    from whenthen.domain.matcher.demands import Demand

SLOTS = 16_384
_WORD = 64


class Block:
    """Slots and their gates. `narrow`: no demand has more than one finder in `every`, so any hit will do."""

    __slots__ = ("_either", "_every", "_free", "_narrow", "_never", "_size", "_vacant")

    def __init__(self, *, narrow: bool) -> None:
        self._narrow = narrow
        self._every, self._never, self._either = Gate(), Gate(), Gate()
        self._free = 0
        self._size = 0
        self._vacant: list[int] = []

    @property
    def full(self) -> bool:
        """Whether there is no slot left."""
        return not self._vacant and self._size >= SLOTS

    def add(self, demand: Demand) -> int:
        """Take a slot for a demand; returns it."""
        slot = self._vacant.pop() if self._vacant else self._size
        self._size += slot == self._size
        bit = bit_of(slot)
        self._every.enter(bit, demand.every)
        self._never.enter(bit, demand.never)
        self._either.enter(bit, demand.either)
        if not demand.every:
            self._free |= bit
        return slot

    def remove(self, slot: int, demand: Demand) -> None:
        """Give back the slot that was taken for `demand`."""
        bit = bit_of(slot)
        self._every.leave(bit, demand.every)
        self._never.leave(bit, demand.never)
        self._either.leave(bit, demand.either)
        self._free &= ~bit
        self._vacant.append(slot)

    def alive(self, facts: Facts) -> int:
        """The slots that no gate stops."""
        if self._narrow:
            alive = self._free
            for hit in self._every.hits(facts):
                alive |= hit
        else:
            alive = self._every.every(facts) | self._free
        if alive & self._never.asking:
            for hit in self._never.hits(facts):
                alive &= ~hit
        if alive & self._either.asking:
            passed = ~self._either.asking
            for hit in self._either.hits(facts):
                passed |= hit
            alive &= passed
        return alive

    def hits(self, facts: Facts) -> list[int]:
        """The slots that each lane satisfies: all there is to know, where each demand is a single finder."""
        return self._every.hits(facts)


_bits: list[int] = []


def bit_of(slot: int) -> int:
    """The mask of one slot: the same object each time, since most entries of most tables hold one slot."""
    while len(_bits) <= slot:
        _bits.append(1 << len(_bits))
    return _bits[slot]


def slots_of(mask: int) -> list[int]:
    """The slots in a mask, the lowest first."""
    slots: list[int] = []
    length = -(-mask.bit_length() // _WORD)
    offset = -1
    for word in memoryview(mask.to_bytes(8 * length, "little")).cast("Q") if length > 1 else (mask,):
        rest = word
        while rest:
            low = rest & -rest
            slots.append(offset + low.bit_length())
            rest ^= low
        offset += _WORD
    return slots
