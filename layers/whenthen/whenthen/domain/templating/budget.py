"""Bound the work of templates while it is done: characters that filters read, and characters that are written.

A template of 20,000 characters may name a field of 300,000 a thousand times. So each filter and each comparison pays
for the size of its values before it runs, and each value that is written pays for its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinja2.runtime import Context

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode

MAX_RENDERED = 100_000
"""Bound the characters of one rendered text. Values can be longer than the template."""

MAX_WORK = 5_000_000
"""Bound the characters that all filters and comparisons of one step read together."""

ITEM = 50
"""Characters that an item of a list or an object costs, beside those of its texts."""

MAX_SHOWN = 400
"""Bound the bytes of a reason that quotes a value."""

BUDGET = "budget"
"""Name the budget in the context of a rendering. Templates cannot name it."""

TOO_LONG = ReasonCode("template.too_long", "count", "found")
# The filters and comparisons of a step would read more than so many characters.
TOO_MUCH_WORK = ReasonCode("template.too_much_work", "count")


class Budget:
    """Count down the work of one step, and the length of each of its texts."""

    __slots__ = ("work", "written")

    def __init__(self, work: int = MAX_WORK) -> None:
        self.work = work
        self.written = 0

    def read(self, values: Iterable[Any]) -> None:
        """Pay for reading these values. Raises Invalid when the step's budget is used up."""
        for value in values:
            self.spend(size_of(value, self.work))

    def spend(self, work: int) -> None:
        """Pay for so much work. Raises Invalid when the step's budget is used up."""
        self.work -= work
        if self.work < 0:
            raise Invalid.field("template", TOO_MUCH_WORK(count=MAX_WORK))

    def write(self, text: str) -> None:
        """Pay for writing this text. Raises Invalid when the rendered text gets too long."""
        self.count(len(text))

    def count(self, characters: int) -> None:
        """Pay for writing so many characters. Raises Invalid when the rendered text gets too long."""
        self.written += characters
        if self.written > MAX_RENDERED:
            raise Invalid.field("template", TOO_LONG(count=MAX_RENDERED, found=self.written))


def budget_of(context: Context) -> Budget:
    """Return the budget of the rendering; a new one if it has none."""
    found = context.get(BUDGET)
    return found if isinstance(found, Budget) else Budget()


def size_of(value: Any, most: int) -> int:
    """Count the characters and items of a value. Counting ends once there are more than `most`."""
    size, left = 0, [value]
    while left and size <= most:
        item = left.pop()
        size += ITEM
        if isinstance(item, str):
            size += len(item)
        elif isinstance(item, Mapping):
            size += ITEM * len(item)
            left.extend(item.values())
        elif isinstance(item, Sequence):
            left.extend(item)
    return size
