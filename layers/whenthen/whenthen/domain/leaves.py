"""Leaf: one operator applied to one field, the smallest condition."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from whenthen.domain.facts import Facts, Path


@dataclass(frozen=True, slots=True)
class Leaf:
    """One operator applied to one field.

    value    as the admin wrote it
    operand  `value` as the operator reads it
    zone     in which dates and clock times without an offset are meant; None: that of the context's now
    """

    path: Path
    op: str
    operand: Hashable
    value: Any = field(compare=False)
    ignore_case: bool = False
    zone: str | None = None

    @property
    def field(self) -> str:
        """The field as the admin wrote it."""
        return ".".join((self.path.root, *self.path.names))


Holds = Callable[[Facts, Leaf], bool]
"""Whether a leaf holds, given the facts."""
