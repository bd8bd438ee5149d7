"""Schemas of conditions, and of filters, which are conditions on records alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from whenthen.domain.conditions.condition import MAX_DEPTH, MAX_PREDICATES
from whenthen.domain.conditions.field_access import MAX_FIELD, MAX_NAMES, OF_THE_CLOCK, ROOTS
from whenthen.domain.conditions.operators import OPERATORS, Operator
from whenthen.domain.event_catalog.event_attributes import ATTRIBUTES
from whenthen.domain.schemas import operands, timing
from whenthen.domain.schemas.parts import (
    GIVEN,
    NULL,
    Schema,
    choice,
    flag,
    noted,
    nullable,
    patterned,
    record,
    ref,
    union,
    when,
)
from whenthen.domain.temporal.time_values import NOW_FIELDS
from whenthen.domain.views.view import ROOTS as VIEW_ROOTS


class _Family(Struct, frozen=True):
    """Conditions of one use: which fields and operators they may name. `prefix`: of their definitions' names."""

    name: str
    prefix: str
    description: str
    roots: Collection[str]
    operators: Mapping[str, Operator]


_BOUNDS = f"At most {MAX_DEPTH} groups in one another, {MAX_PREDICATES} predicates in all."
_CONDITION = _Family(
    "Condition", "", f"What must hold: a predicate, or all, any or not of conditions. {_BOUNDS}", ROOTS, OPERATORS
)
_FILTER = _Family(
    "Filter",
    "Filter",
    f"Which records are meant: a condition on {', '.join(VIEW_ROOTS)} alone. {_BOUNDS}",
    VIEW_ROOTS,
    {name: row for name, row in OPERATORS.items() if not row.record},
)


def _definitions(family: _Family) -> dict[str, Schema]:
    names = {part: f"{family.prefix}{part}" for part in ("AllOf", "AnyOf", "Not", "Predicate")}
    item, operator = ref(family.name), f"{family.prefix}Operator"
    items: Schema = {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_PREDICATES}
    return {
        family.name: union(family.name, family.description, names.values()),
        names["AllOf"]: _group(names["AllOf"], "all", "Holds when each of these does.", items),
        names["AnyOf"]: _group(names["AnyOf"], "any", "Holds when at least one of these does.", items),
        names["Not"]: _group(names["Not"], "not", "Holds when this does not.", item),
        operator: _operator(operator, family.operators.values()),
        names["Predicate"]: _predicate(names["Predicate"], operator, family),
    }


def _group(title: str, key: str, description: str, content: Schema) -> Schema:
    return record(title, description, {key: noted(content, description)}, required=(key,))


def _operator(title: str, rows: Iterable[Operator]) -> Schema:
    listed = list(rows)
    described = "; ".join(f"{row.name}: {row.description}" for row in listed)
    return {"title": title, "description": f"How the field is compared. {described}.", **choice(r.name for r in listed)}


def _predicate(title: str, operator: str, family: _Family) -> Schema:
    examples = [
        {"field": "record.status", "op": "equals", "value": "new"},
        {"field": "record.amount", "op": ">=", "value": 1000},
        {"field": "record.tags", "op": "has", "value": "vip", "ignore_case": True},
    ]
    return record(
        title,
        "One comparison: a field, an operator, and what the field is compared with.",
        {
            "field": noted(_field(family.roots), "The field to look at.", examples=_field_examples(family.roots)),
            "op": ref(operator),
            "value": {"description": "What the field is compared with; its shape depends on the operator."},
            "ignore_case": noted(flag(), "Whether capital and small letters are the same.", default=False),
            "zone": noted(ref("TimeZone"), "Whose clocks and days are meant; by default those of the rule's zone."),
            "within": _within(family.roots),
        },
        required=("field", "op"),
        never_null=("value", "ignore_case", "within"),
        examples=examples,
        allOf=[*_shapes_of_values(family.operators.values()), *_constraints(family)],
    )


def _field(roots: Collection[str]) -> Schema:
    names = {root: rf"(?:\.[^.]+){{{row.names},{MAX_NAMES}}}" for root, row in ROOTS.items() if root in roots}
    listed = {
        "now": rf"\.(?:{'|'.join(sorted(NOW_FIELDS))})",
        # A save refuses conditions on other attributes, which no event has.
        "event": rf"\.(?:{'|'.join(ATTRIBUTES)})(?:\.[^.]+){{0,{MAX_NAMES - 1}}}",
    }
    names |= {root: listed[root] for root in listed.keys() & names.keys()}
    return patterned("|".join(root + rest for root, rest in names.items()), longest=MAX_FIELD)


def _field_examples(roots: Collection[str]) -> list[str]:
    return [row.example for root, row in ROOTS.items() if root in roots]


def _shapes_of_values(rows: Iterable[Operator]) -> list[Schema]:
    """Return the shape of `value` for each kind of value that operators take."""
    by_kind: dict[str, list[str]] = {}
    for row in rows:
        by_kind.setdefault(row.takes, []).append(row.name)
    return [when({"op": choice(names)}, _value(operands.TAKES[kind]), given=("op",)) for kind, names in by_kind.items()]


def _value(shape: str) -> Schema:
    required = {} if shape == "FlagValue" else {"required": ["value"]}
    return {"properties": {"value": ref(shape)}, **required}


def _constraints(family: _Family) -> list[Schema]:
    rows = family.operators.values()
    clock = [name for name in OF_THE_CLOCK if name.removesuffix(".") in family.roots]
    begins = {"pattern": f"^(?:{'|'.join(name.replace('.', '[.]') for name in clock)})"}
    unfolded, dated = (
        choice(row.name for row in rows if not row.folds),
        choice(row.name for row in rows if row.dated),
    )
    found = [
        when({"op": unfolded}, {"properties": {"ignore_case": {"const": False}}}, given=("op",)),
        when(
            {"zone": GIVEN},
            {"anyOf": [{"properties": {"op": dated}}, {"properties": {"field": begins}}]},
            given=("zone",),
        ),
    ]
    if "history" in family.roots:
        found.append(_history())
    of_records = [row.name for row in rows if row.record]
    if of_records:
        found.append(
            when({"op": choice(of_records)}, {"properties": {"field": {"pattern": "^record[.]"}}}, given=("op",))
        )
    return found


def _within(roots: Collection[str]) -> Schema:
    if "history" not in roots:
        return {"description": "Means nothing here: only rules count events.", **NULL}
    return nullable(noted(ref("Duration"), "Of history.*, where it is required: how far back events are counted."))


def _history() -> Schema:
    """Demand `within` where events are counted, and refuse it elsewhere."""
    counted = {"properties": {"within": ref("Duration")}, "required": ["within"]}
    counts = when({"field": {"pattern": "^history[.]"}}, counted, given=("field",))
    return {**counts, "else": {"properties": {"within": NULL}}}


DEFINITIONS: dict[str, Schema] = {
    **timing.DEFINITIONS,
    **operands.DEFINITIONS,
    **_definitions(_CONDITION),
    **_definitions(_FILTER),
}
