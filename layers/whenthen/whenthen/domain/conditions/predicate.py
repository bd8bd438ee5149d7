"""Define the predicate: one operator applied to one field, the smallest condition."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from msgspec import Struct

from whenthen.domain.conditions.field_access import Facts, Path


class Predicate(Struct, frozen=True, eq=False, gc=False):
    """Apply one operator to one field. Predicates that ask the same are equal, however their values are written.

    value    as the admin wrote it
    operand  `value` as the operator reads it
    zone     in which dates and clock times without an offset are meant; None: that of the context's now
    """

    path: Path
    op: str
    operand: Hashable
    value: Any
    ignore_case: bool = False
    zone: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Predicate) and self._asked() == other._asked()

    def __hash__(self) -> int:
        return hash(self._asked())

    def _asked(self) -> tuple[Hashable, ...]:
        return self.path, self.op, self.operand, self.ignore_case, self.zone

    @property
    def field(self) -> str:
        """Return the field as the admin wrote it."""
        return ".".join((self.path.root, *self.path.names))


Holds = Callable[[Facts, Predicate], bool]
"""Test whether a predicate holds, given the facts."""
