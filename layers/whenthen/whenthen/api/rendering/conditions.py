"""Render conditions: what must hold, and what there was instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.api.rendering.phrasebook import SHOWN, Phrasebook
from whenthen.api.rendering.sentences import CONDITIONS, JOINS, OPERATORS, SIGNS, UNITS, VALUES
from whenthen.api.rendering.vocabulary import POINTS, WEEKDAYS
from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, Not
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.temporal.time_values import Duration

_BY_THEIR_ROOT = ("event", "now")
"""Roots that are said with the name, as in “now.weekday”; for the others there are texts."""


def render_condition(book: Phrasebook, condition: Condition, zone: str | None = None, *, inner: bool = False) -> str:
    """Say what a condition demands.

    zone   the rule's; a predicate that goes by the clocks of another one says so
    inner  whether the condition stands inside another kind of group, and needs parentheses
    """
    if isinstance(condition, Predicate):
        return _predicate(book, condition, zone)
    if isinstance(condition, Not):
        return book.phrase(CONDITIONS, "not", condition=render_condition(book, condition.item, zone))
    if len(condition.items) == 1:
        return render_condition(book, condition.items[0], zone, inner=inner)
    joint = f" {book.phrase(JOINS, 'and' if isinstance(condition, AllOf) else 'or')} "
    items = [
        render_condition(book, item, zone, inner=not isinstance(item, type(condition))) for item in condition.items
    ]
    return f"({joint.join(items)})" if inner and isinstance(condition, AllOf | AnyOf) else joint.join(items)


def render_result(
    book: Phrasebook, predicate: Predicate, shown: Mapping[str, Any], nots: int = 0, zone: str = ""
) -> str:
    """Say what a predicate demands, and what there was.

    shown  `actual`, and `before` where the predicate asks of a change
    nots   how many `not` stand around the predicate
    zone   the rule's
    """
    demand = render_condition(book, predicate, zone)
    for _ in range(nots):
        demand = book.phrase(CONDITIONS, "not", condition=demand)
    if shown["actual"] is None:
        was = [book.phrase(CONDITIONS, "it_is_missing")]
    else:
        was = [book.phrase(CONDITIONS, "it_is", value=book.value(shown["actual"]))]
    if shown.get("before") is not None:
        was.append(book.phrase(CONDITIONS, "it_was", value=book.value(shown["before"])))
    return book.detailed(demand, was)


def _predicate(book: Phrasebook, predicate: Predicate, zone: str | None) -> str:
    refused = isinstance(predicate.operand, bool) and not predicate.operand
    key = f"{predicate.op}_not" if refused else SIGNS.get(predicate.op, predicate.op)
    said = book.phrase(OPERATORS, key, field=_field(book, predicate), value=_value(book, predicate.value, predicate))
    details = [book.phrase(CONDITIONS, "ignoring_case")] if predicate.ignore_case else []
    own_zone = predicate.zone or predicate.path.zone
    if zone is not None and own_zone not in (None, zone):
        details.append(book.phrase(CONDITIONS, "in_zone", zone=book.quoted(own_zone)))
    return book.detailed(said, details)


def _field(book: Phrasebook, predicate: Predicate) -> str:
    """Name the field, and where it stands where that is not the record as it is."""
    root, names = predicate.path.root, predicate.path.names
    if root == "history" and predicate.path.within is not None:
        length = render_length(book, predicate.path.within)
        return book.phrase(CONDITIONS, "count_of", event=book.event(".".join(names)), length=length)
    if root == "before":
        return book.phrase(CONDITIONS, "before", field=book.quoted(".".join(names)))
    if root == "related":
        field, relation = book.quoted(".".join(names[1:])), book.quoted(names[0])
        return book.phrase(CONDITIONS, "of_related", field=field, relation=relation)
    if root == "steps":
        return book.phrase(CONDITIONS, "of_step", field=book.quoted(".".join(names[1:])), step=book.quoted(names[0]))
    if root == "event" and names[0] == "data" and names[1:]:
        return book.phrase(CONDITIONS, "of_event", field=book.quoted(".".join(names[1:])))
    by_root = root in _BY_THEIR_ROOT or names[0] in _BY_THEIR_ROOT
    return book.quoted(predicate.field if by_root else ".".join(names))


def _value(book: Phrasebook, value: object, predicate: Predicate) -> str:
    if isinstance(predicate.operand, Duration):
        return render_length(book, predicate.operand)
    if isinstance(value, Mapping):
        ((which, length),) = value.items()
        return book.phrase(CONDITIONS, which, length=render_length(book, Duration(**length), away=which == "ago"))
    if isinstance(value, list | tuple):
        return _listed(book, value, predicate)
    return _single(book, value, predicate)


def _single(book: Phrasebook, value: object, predicate: Predicate) -> str:
    if isinstance(value, bool):
        return book.phrase(VALUES, "yes" if value else "no")
    if not isinstance(value, str):
        return str(value)
    if value in POINTS and predicate.op in ("before", "after", "between"):
        return book.phrase(POINTS, value)
    if value in WEEKDAYS and predicate.path.key.startswith("now.weekday"):
        return book.phrase(WEEKDAYS, value)
    return book.quoted(value)


def _listed(book: Phrasebook, values: list[object] | tuple[object, ...], predicate: Predicate) -> str:
    shown = [_value(book, value, predicate) for value in values[:SHOWN]]
    if predicate.op == "between":
        low, high = shown
        return book.phrase(JOINS, "range", low=low, high=high)
    more = [f"… ({len(values)})"] if len(values) > SHOWN else []
    # The texts of these two do not say that one of several values is enough.
    return book.any([*shown, *more]) if predicate.op in ("changed_to", "changed_from") else book.listed([*shown, *more])


def render_length(book: Phrasebook, duration: Duration, *, away: bool = False) -> str:
    """Say a duration. `away`: as it stands before `ago`, `before` and `after`."""
    return book.lengths({unit: amount for unit in UNITS if (amount := getattr(duration, unit, 0))}, away=away)
