"""Read views, saved filters over records of one kind, and find records that enter or leave one.

Entering and leaving follow from one change alone: a record enters when it fits now and did not before, so there is no
list of members that could be wrong. A value that only time changes (a date that comes within thirty days) is no change
of the record: a schedule over the view finds such records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION, Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    evaluate,
    parse_condition,
    predicates,
    required_condition,
)
from whenthen.domain.conditions.field_access import parse_path
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.records.record import KIND, Record, as_context

MISSING_FILTER = ReasonCode("view.missing_filter", "view")
NO_VIEW = ReasonCode("view.not_found", "view")
# No kind is given in the view or trigger itself, nor for the whole rule.
NO_RECORD_KIND = ReasonCode("record_kind.missing")
OTHER_RECORD_KIND = ReasonCode("record_kind.not_of_rule", "record_kind")
ASKS_FOR_EVENT = ReasonCode("view.asks_for_event", "field", "options")
ASKS_FOR_CHANGE = ReasonCode("view.asks_for_change", "field", "op")

ROOTS = ("record", "now", "related")
"""Roots with which a field of a filter begins."""

_EMBEDDED = ("kind", "filter")
"""Name the fields of a saved view that a rule stores."""


class View(Struct, frozen=True):
    """Filter records of `kind`; without a filter, take all of them. `id`: that of the saved view, if it is one."""

    kind: str
    filter: Condition | None = None
    id: str | None = None
    name: str = ""

    def takes(self, record: Record, now: datetime, related: Mapping[str, Any] | None = None) -> bool:
        """Tell whether the record is in the view."""
        context = {"record": as_context(record), "related": related or {}, "now": now}
        return record.kind == self.kind and evaluate(self.filter, context)


def parse_view(document: Mapping[str, Any]) -> View:
    """Read a saved view: `id`, `name`, `kind`, `filter` and a `description`. Raises Invalid naming its fields."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    view = View(
        kind=read_kind(reader, None),
        filter=_read_filter(reader),
        id=reader.text("id") or None,
        name=reader.text("name", required=True),
    )
    reader.text("description", longest=LONGEST_DESCRIPTION)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return view


def read_view(reader: Reader, kind: str | None, zone: str | None = None) -> View:
    """Read the view of a trigger: a `filter` written there, or that of a saved `view`, over the rule's kind or its own.

    A rule keeps the filter of the view that it names (`embed` writes it in), so that its versions stay what
    they were; a document that names a view and has no filter was never completed.
    """
    saved = reader.text("view") or None
    if saved and not reader.given("filter"):
        reader.report("view", MISSING_FILTER(view=saved))
    return View(read_kind(reader, kind), _read_filter(reader, zone), saved)


def embed(rule: Mapping[str, Any], views: Mapping[str, View], filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule's document with kind and filter of the saved views that its trigger names.

    `filters` has each view's filter as it was written. Raises Invalid naming a view that there is not.
    """
    trigger = rule.get("trigger")
    if not isinstance(trigger, Mapping):
        return dict(rule)
    completed = dict(trigger)
    for name, part in _with_views(trigger):
        view = views.get(part["view"])
        if view is None:
            raise Invalid.field(f"trigger.{name}.view", NO_VIEW(view=part["view"]))
        completed[name] = {**part, **dict(zip(_EMBEDDED, (view.kind, filters[part["view"]]), strict=True))}
    return {**rule, "trigger": completed}


def without_filters(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule's document without the parts that `embed` writes into it."""
    trigger = rule.get("trigger")
    if not isinstance(trigger, Mapping):
        return dict(rule)
    bare = {name: {key: part[key] for key in part if key not in _EMBEDDED} for name, part in _with_views(trigger)}
    return {**rule, "trigger": {**trigger, **bare}}


def named_views(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the saved views that the rule's trigger names."""
    trigger = rule.get("trigger")
    return tuple(part["view"] for _, part in _with_views(trigger)) if isinstance(trigger, Mapping) else ()


def entering(view: View) -> tuple[tuple[str, ...], Condition | None]:
    """Return (event types, condition) of entering: created so that it fits, or changed so that it fits and did not."""
    types = (f"{view.kind}.created", f"{view.kind}.updated")
    if view.filter is None:  # every record of the kind is in it from its first day
        return types[:1], None
    created = required_condition("event.type", "equals", types[0])
    return types, AllOf((view.filter, AnyOf((created, Not(as_it_was(view.filter))))))


def leaving(view: View) -> tuple[tuple[str, ...], Condition | None]:
    """Return (event types, condition) of leaving: deleted while it fitted, or changed so that it fits no more."""
    types = (f"{view.kind}.deleted", f"{view.kind}.updated")
    if view.filter is None:
        return types[:1], None
    changed = AllOf((required_condition("event.type", "equals", types[1]), as_it_was(view.filter), Not(view.filter)))
    return types, AnyOf((AllOf((required_condition("event.type", "equals", types[0]), view.filter)), changed))


def as_it_was(condition: Condition) -> Condition:
    """Return the same condition on the record as it was before the change."""
    match condition:
        case AllOf(items):
            return AllOf(tuple(map(as_it_was, items)))
        case AnyOf(items):
            return AnyOf(tuple(map(as_it_was, items)))
        case Not(item):
            return Not(as_it_was(item))
        case Predicate():
            if condition.path.root != "record":
                return condition
            return replace(condition, path=parse_path(".".join(("before", *condition.path.names))))


def _with_views(trigger: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in trigger.items():
        if isinstance(part, Mapping) and isinstance(part.get("view"), str) and part["view"]:
            yield name, part


def read_kind(reader: Reader, kind: str | None) -> str:
    """Read the `kind` of record that a view or date is about: the rule's own, if the rule has one."""
    own = reader.text("kind", longest=40, default=kind or "")
    if not KIND.fullmatch(own):
        reader.report("kind", NO_RECORD_KIND())
    elif kind is not None and own != kind:
        reader.report("kind", OTHER_RECORD_KIND(record_kind=kind))
    return own


def _read_filter(reader: Reader, zone: str | None = None) -> Condition | None:
    document = reader.value("filter")
    if document is None:
        return None
    condition = parse_condition(document, reader.field("filter"), reader.problems, zone)
    for predicate in predicates(condition):
        if predicate.path.root not in ROOTS:
            reader.report("filter", ASKS_FOR_EVENT(field=predicate.field, options=ROOTS))
        elif OPERATORS[predicate.op].record:
            reader.report("filter", ASKS_FOR_CHANGE(field=predicate.field, op=predicate.op))
    return condition
