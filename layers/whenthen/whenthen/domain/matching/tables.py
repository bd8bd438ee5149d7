"""Hold rules under keys of an event, so that those whose key an event has are found."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, ClassVar

from whenthen.domain.matching.event_row import ODD, Row, are_plain, split
from whenthen.domain.matching.residual_checks import Check
from whenthen.domain.matching.value_keys import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whenthen.domain.conditions.field_access import Path

Entry = str | Check
"""Hold a rule that stands under a key: its id, or, if more must be checked, (*check, id, further checks)."""

Bucket = list[Entry]


class Table:
    """Hold rules under values of a field, by the keys of these.

    plain   whether a text of ASCII alone is its own and only key
    COST    of looking into one more table for each event; to check one rule costs 1
    """

    __slots__ = ("_fold", "_laid_out", "_path", "buckets", "name", "parent", "plain")
    COST: ClassVar = 0.5

    def __init__(self, path: Path, *, fold: bool) -> None:
        self._path, self._fold = path, fold
        self.parent, self.name = split(path.key)
        self.buckets: dict[Any, Bucket] = {}
        self.plain = type(self) is Table and not fold
        self._laid_out: Any = None

    def add(self, key: Any, entry: Entry) -> None:
        """Put a rule under a key."""
        self.buckets.setdefault(key, []).append(entry)
        self.plain = self.plain and isinstance(key, (str, tuple))
        self._laid_out = None

    def remove(self, key: Any, rule_id: str) -> None:
        """Take a rule from under a key."""
        bucket = self.buckets.pop(key, [])
        if left := [entry for entry in bucket if rule_id != (entry if type(entry) is str else entry[5])]:
            self.buckets[key] = left
        self._laid_out = None

    def find(self, row: Row) -> Iterable[Bucket]:
        """Return the rules under the keys that the event has."""
        return self.under(self._value(row), row)

    def under(self, value: Any, row: Row) -> Iterable[Bucket]:
        """Return the rules under the keys of the field's value."""
        keys = value
        if not (self.plain and are_plain(value)):
            keys = keys_of(row.facts.read(self._path) if value is ODD else value, fold=self._fold)
        return [self.buckets[key] for key in keys if key in self.buckets]

    def _value(self, row: Row) -> Any:
        value = row[self.parent](self.name)
        return row.facts.read(self._path) if value is ODD else value


class ArrivalTable(Table):
    """Hold rules under values that a field has after a change."""

    def _value(self, row: Row) -> Any:
        return row.facts.change(self._path)[1]


class PartTable(Table):
    """Hold rules under parts of a field's text."""

    COST = 3

    def find(self, row: Row) -> Iterable[Bucket]:
        value = row[self.parent](self.name)
        plain = type(value) is str and value.isascii() and not self._fold
        keys = [value] if plain else keys_of(self._value(row), fold=self._fold)
        return [self.buckets[part] for text in keys if isinstance(text, str) for part in self.buckets if part in text]


class ExistsTable(Table):
    """Hold rules that demand that a field has a value, whatever it is."""

    def find(self, row: Row) -> Iterable[Bucket]:
        return () if self._value(row) is None else self.buckets.values()


class BoundTable(Table):
    """Hold rules under bounds of a field's number: (0, upper bound, 1 if included), (1, lower bound, 1 if excluded).

    In this order, all bounds that a number keeps stand side by side.
    """

    COST = 1.5

    def find(self, row: Row) -> Iterable[Bucket]:
        low = high = row[self.parent](self.name)
        if type(low) is not int:
            numbers: list[Any] = [key for key in keys_of(self._value(row)) if not isinstance(key, (str, tuple))]
            if not numbers:
                return ()
            low, high = min(numbers), max(numbers)
        if self._laid_out is None:
            bounds = sorted(self.buckets)
            in_order = [self.buckets[bound] for bound in bounds]
            self._laid_out = bounds, [0, *accumulate(map(len, in_order))], [*chain.from_iterable(in_order)]
        bounds, ends, entries = self._laid_out
        return [entries[ends[bisect_right(bounds, (0, low, 0))] : ends[bisect_left(bounds, (1, high, 1))]]]
