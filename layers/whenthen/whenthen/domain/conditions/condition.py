"""Read and evaluate conditions: `all`, `any` and `not` over predicates of field, operator and value.

`parse_condition` reads a condition that an admin wrote, `evaluate` tells whether it holds. `evaluate` is the
specification in code: the matcher must agree with it. docs/reference/rules.md is the specification in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue, Problem
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.conditions.field_access import Context, Facts
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.conditions.predicate_parser import predicate_as_mapping, problems_of_predicate, read_predicate

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

MAX_DEPTH = 6
"""Bound the nesting of groups."""

MAX_PREDICATES = 100
"""Bound the number of predicates of one condition, in all its groups."""

NOT_A_CONDITION = ReasonCode("condition.malformed")
EMPTY_GROUP = ReasonCode("condition.empty_group")
# A group (all, any, not) stands beside other keys of the same object.
GROUP_NOT_ALONE = ReasonCode("condition.group_not_alone", "group", "others")
TOO_DEEP = ReasonCode("condition.too_deep", "count")
TOO_MANY_CONDITIONS = ReasonCode("condition.too_many", "count", "found")


class AllOf(Struct, frozen=True, gc=False):
    """Hold when each of the conditions holds."""

    items: tuple[Condition, ...]


class AnyOf(Struct, frozen=True, gc=False):
    """Hold when at least one of the conditions holds."""

    items: tuple[Condition, ...]


class Not(Struct, frozen=True, gc=False):
    """Hold when the condition does not."""

    item: Condition


Condition = AllOf | AnyOf | Not | Predicate


def evaluate(condition: Condition | None, context: Context) -> bool:
    """Tell whether `condition` holds in `context`. An absent condition always holds."""
    return condition is None or holds(condition, Facts(context))


def holds(condition: Condition, facts: Facts) -> bool:
    """Tell whether `condition` holds, given the facts."""
    if isinstance(condition, Predicate):
        return OPERATORS[condition.op].holds(facts, condition)
    if isinstance(condition, AllOf):
        return all(holds(item, facts) for item in condition.items)
    if isinstance(condition, AnyOf):
        return any(holds(item, facts) for item in condition.items)
    return not holds(condition.item, facts)


def predicates(condition: Condition | None) -> Iterator[Predicate]:
    """Yield all predicates in the order written."""
    if isinstance(condition, Predicate):
        yield condition
    elif isinstance(condition, Not):
        yield from predicates(condition.item)
    elif condition is not None:
        for item in condition.items:
            yield from predicates(item)


def as_mapping(condition: Condition) -> dict[str, Any]:
    """Return the condition as an admin writes it. `parse_condition` reads an equal condition from it."""
    if isinstance(condition, AllOf):
        return {"all": [as_mapping(item) for item in condition.items]}
    if isinstance(condition, AnyOf):
        return {"any": [as_mapping(item) for item in condition.items]}
    if isinstance(condition, Not):
        return {"not": as_mapping(condition.item)}
    return predicate_as_mapping(condition)


def parse_condition(document: object, field: str, problems: list[Problem], zone: str | None = None) -> Condition | None:
    """Read a condition, and append every problem of it to `problems`. None if there was any.

    field   where the condition stands, such as `conditions`: the paths of problems begin with it
    zone    the IANA zone of predicates that name none themselves
    """
    parser = _Parser(problems, zone)
    before = len(problems)
    condition = parser.read(document, field, 1)
    if parser.predicates > MAX_PREDICATES:
        problems.append(Problem(field, TOO_MANY_CONDITIONS(count=MAX_PREDICATES, found=parser.predicates)))
    return condition if len(problems) == before else None


def read_condition(reader: Reader, name: str, zone: str) -> Condition | None:
    """Read the condition under the key `name`. Predicates that name no zone go by `zone`. None if absent or wrong."""
    document = reader.value(name)
    return None if document is None else parse_condition(document, reader.field(name), reader.problems, zone)


def required_condition(field: str, op: str, value: Any) -> Predicate:
    """Make a predicate from code. The caller makes sure that field, operator and value fit one another."""
    return read_predicate({"field": field, "op": op, "value": value}, None)


_GROUPS = ("all", "any", "not")


class _Parser:
    def __init__(self, problems: list[Problem], zone: str | None) -> None:
        self.predicates = 0
        self._problems = problems
        self._zone = zone

    def read(self, document: object, field: str, depth: int) -> Condition | None:
        if not isinstance(document, Mapping):
            self._report(field, NOT_A_CONDITION())
            return None
        try:
            group = _group_of(document, depth)
        except InvalidValue as error:
            self._report(field, error.reason)
            return None
        if group is not None:
            return self._group(group, document[group], f"{field}.{group}", depth)
        self.predicates += 1
        try:
            return read_predicate(document, self._zone)
        except InvalidValue:
            self._problems.extend(problems_of_predicate(document, field))
        return None

    def _group(self, name: str, content: object, field: str, depth: int) -> Condition | None:
        if name == "not":
            item = self.read(content, field, depth + 1)
            return None if item is None else Not(item)
        try:
            documents = _items_of(content)
        except InvalidValue as error:
            self._report(field, error.reason)
            return None
        items = [self.read(item, f"{field}[{position}]", depth + 1) for position, item in enumerate(documents)]
        kept = tuple(item for item in items if item is not None)
        return AllOf(kept) if name == "all" else AnyOf(kept)

    def _report(self, field: str, reason: Reason) -> None:
        self._problems.append(Problem(field, reason))


def _group_of(document: Mapping[Any, Any], depth: int) -> str | None:
    """Return the group that the document is. None if it is a predicate."""
    group = next((name for name in _GROUPS if name in document), None)
    if group is None:
        return None
    if len(document) > 1:
        raise InvalidValue(GROUP_NOT_ALONE(group=group, others=[str(key) for key in document if key != group]))
    if depth > MAX_DEPTH:
        raise InvalidValue(TOO_DEEP(count=MAX_DEPTH))
    return group


def _items_of(content: object) -> list[object]:
    if not isinstance(content, list | tuple) or not content:
        raise InvalidValue(EMPTY_GROUP())
    if len(content) > MAX_PREDICATES:
        raise InvalidValue(TOO_MANY_CONDITIONS(count=MAX_PREDICATES, found=len(content)))
    return list(content)
