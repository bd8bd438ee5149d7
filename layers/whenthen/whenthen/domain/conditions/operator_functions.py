"""Implement the operators: the tests behind the table of `operators`.

An operator tests the value of its field. For a list it tests each item, and one item that fits is enough; a missing
or null field has no items. docs/reference/rules.md, "Operators", is the specification.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.values import Choice, Number, is_blank, number_in, number_of, unchanged
from whenthen.domain.conditions import operands
from whenthen.domain.conditions.contents import Dated, changed_contents_at, contents_at, dated_at, texts_at
from whenthen.domain.temporal.time_values import Duration, Span

if TYPE_CHECKING:
    from whenthen.domain.common.contents import Contents
    from whenthen.domain.conditions.field_access import Facts
    from whenthen.domain.conditions.operands import Pattern, Point, Range, Text
    from whenthen.domain.conditions.predicate import Holds, Predicate

LONG = 100
"""Bound the characters of a text that each predicate forms anew. The forms of a longer one are kept for all of them."""


def some(test: Callable[[object, Any], bool]) -> Holds:
    """Hold when `test(item, operand)` does for the field's value, or for one item of its list."""

    def holds(facts: Facts, predicate: Predicate) -> bool:
        actual = facts.read(predicate.path)
        if actual is None:
            return False
        if type(actual) is list:
            return any(test(item, predicate.operand) for item in actual)
        return test(actual, predicate.operand)

    return holds


def chosen(facts: Facts, predicate: Predicate) -> bool:
    """Hold when the choice accepts the field's value, or one item of its list."""
    actual, choice = facts.read(predicate.path), predicate.operand
    if actual is None:
        return False
    if type(actual) is list or (isinstance(actual, str) and len(actual) >= LONG):
        return contents_at(facts, predicate.path, fold=choice.fold).has(choice)  # type: ignore[attr-defined,arg-type]
    return choice.accepts(actual)  # type: ignore[attr-defined,no-any-return]


def some_text(test: Callable[[str, Any], bool]) -> Holds:
    """Hold as `some` does, for tests of texts in the form of the operand."""

    def holds(facts: Facts, predicate: Predicate) -> bool:
        wanted: Text = predicate.operand  # type: ignore[assignment]
        return any(test(text, wanted) for text in texts_at(facts, predicate.path, fold=wanted.fold))

    return holds


def some_dated(test: Callable[[Dated, Any, datetime, tzinfo], bool]) -> Holds:
    """Hold as `some` does, for tests that need now and a zone."""

    def holds(facts: Facts, predicate: Predicate) -> bool:
        items = dated_at(facts, predicate.path)
        if not items:
            return False
        now, zone = facts.now(), facts.zone(predicate.zone)
        return any(test(item, predicate.operand, now, zone) for item in items)

    return holds


def negated(positive: Holds) -> Holds:
    return lambda facts, predicate: not positive(facts, predicate)


def contains(text: str, wanted: Text) -> bool:
    return wanted.text in text


def starts(text: str, wanted: Text) -> bool:
    return text.startswith(wanted.text)


def ends(text: str, wanted: Text) -> bool:
    return text.endswith(wanted.text)


def fits(text: str, pattern: Pattern) -> bool:
    return pattern.fits_form(text)


def compared(compare: Callable[[Number, Number], bool]) -> Callable[[object, Number], bool]:
    def test(actual: object, bound: Number) -> bool:
        number = as_number(actual)
        return number is not None and compare(number, bound)

    return test


def as_number(actual: object) -> Number | None:
    """Return a number, or the number that a text spells. None for other values."""
    return number_in(actual) if isinstance(actual, str) else number_of(actual)


def has_each(facts: Facts, predicate: Predicate) -> bool:
    choices: tuple[Choice, ...] = predicate.operand  # type: ignore[assignment]
    contents = contents_at(facts, predicate.path, fold=predicate.ignore_case)
    return all(contents.has(choice) for choice in choices)


def exists(facts: Facts, predicate: Predicate) -> bool:
    return (facts.read(predicate.path) is not None) == predicate.operand


def is_empty(facts: Facts, predicate: Predicate) -> bool:
    return is_blank(facts.read(predicate.path)) == predicate.operand


def changed(facts: Facts, predicate: Predicate) -> bool:
    before, after = facts.change(predicate.path)
    return (not unchanged(before, after)) == predicate.operand


def arrived(facts: Facts, predicate: Predicate) -> bool:
    before, after = changed_contents_at(facts, predicate.path, fold=predicate.ignore_case)
    return _gained(predicate.operand, after, before)


def departed(facts: Facts, predicate: Predicate) -> bool:
    before, after = changed_contents_at(facts, predicate.path, fold=predicate.ignore_case)
    return _gained(predicate.operand, before, after)


def _gained(choices: Any, there: Contents, elsewhere: Contents) -> bool:
    """Tell whether one of the choices is found in `there` and not in `elsewhere`."""
    return any(there.has(choice) and not elsewhere.has(choice) for choice in choices)


def before(actual: Dated, point: Point, now: datetime, zone: tzinfo) -> bool:
    return _ordered(actual, point, now, zone, Span.before, lambda one, other: one < other)


def after(actual: Dated, point: Point, now: datetime, zone: tzinfo) -> bool:
    return _ordered(actual, point, now, zone, Span.after, lambda one, other: one > other)


def _ordered(
    actual: Dated,
    point: Point,
    now: datetime,
    zone: tzinfo,
    spans: Callable[[Span, Span], bool],
    clocks: Callable[[time, time], bool],
) -> bool:
    if isinstance(point, time):
        clock = operands.clock_of(actual.point, zone)
        return clock is not None and clocks(clock, point)
    other, own = operands.span_at(point, now, zone), actual.span(zone)
    return own is not None and other is not None and spans(own, other)


def between(actual: Dated, bounds: Range, now: datetime, zone: tzinfo) -> bool:
    low, high = bounds.low, bounds.high
    if isinstance(low, time) and isinstance(high, time):
        clock = operands.clock_of(actual.point, zone)
        if clock is None:
            return False
        return low <= clock <= high if low <= high else clock >= low or clock <= high
    if isinstance(low, int | Decimal) and isinstance(high, int | Decimal):
        number = as_number(actual.value)
        return number is not None and low <= number <= high
    first, last = operands.span_at(low, now, zone), operands.span_at(high, now, zone)  # type: ignore[arg-type]
    return _touches(actual, first, last, zone)


def _touches(actual: Dated, first: Span | None, last: Span | None, zone: tzinfo) -> bool:
    own = actual.span(zone)
    if own is None or first is None or last is None:
        return False
    return not own.before(first) and not own.after(last)


def within_last(actual: Dated, length: Duration, now: datetime, zone: tzinfo) -> bool:
    start = length.from_moment(now, zone, -1)
    return _touches(actual, Span(start, start), Span(now, now), zone)


def within_next(actual: Dated, length: Duration, now: datetime, zone: tzinfo) -> bool:
    end = length.from_moment(now, zone, 1)
    return _touches(actual, Span(now, now), Span(end, end), zone)
