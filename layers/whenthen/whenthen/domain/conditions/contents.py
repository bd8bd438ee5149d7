"""Prepare the value of a field once for all conditions that ask for it: its texts, its dates, and what a list holds.

A condition has up to 100 predicates, and a field may hold a list of many thousands of items. So each form of a field is
worked out once for an event, and kept with its facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING

from whenthen.domain.common.contents import Contents
from whenthen.domain.common.values import composed, elements, folded
from whenthen.domain.temporal.time_values import Span, read_point, span_of

if TYPE_CHECKING:
    from whenthen.domain.conditions.field_access import Facts, Path


class Dated:
    """Hold one item of a field with the point in time that it is, if any, and its span in the zones asked for."""

    __slots__ = ("_spans", "point", "value")

    def __init__(self, value: object) -> None:
        self.value = value
        self.point: date | datetime | time | None = read_point(value)
        self._spans: dict[tzinfo, Span] = {}

    def span(self, zone: tzinfo) -> Span | None:
        """Return the span of the date or moment. None for a clock time, and for what is no time."""
        if self.point is None or isinstance(self.point, time):
            return None
        span = self._spans.get(zone)
        if span is None:
            span = self._spans[zone] = span_of(self.point, zone)
        return span


def contents_at(facts: Facts, path: Path, *, fold: bool) -> Contents:
    """Return what the field's value holds."""
    return facts.kept(("contents", path.key, fold), lambda: Contents.of(elements(facts.read(path)), fold=fold))


def changed_contents_at(facts: Facts, path: Path, *, fold: bool) -> tuple[Contents, Contents]:
    """Return what the record's field held before the change, and after it."""

    def make() -> tuple[Contents, Contents]:
        before, after = facts.change(path)
        return Contents.of(elements(before), fold=fold), Contents.of(elements(after), fold=fold)

    return facts.kept(("changed", path.key, fold), make)


def texts_at(facts: Facts, path: Path, *, fold: bool) -> Sequence[str]:
    """Return the texts among the field's items: NFC, or folded."""
    form = folded if fold else composed
    return facts.kept(
        ("texts", path.key, fold),
        lambda: [form(item) for item in elements(facts.read(path)) if isinstance(item, str)],
    )


def dated_at(facts: Facts, path: Path) -> Sequence[Dated]:
    """Return the field's items with the points in time that they are."""
    return facts.kept(("dated", path.key), lambda: [Dated(item) for item in elements(facts.read(path))])
