"""Read and evaluate conditions: `all`, `any` and `not` over predicates of field, operator and value.

`parse_condition` reads a condition that an admin wrote, `evaluate` tells whether it holds. `evaluate` is the
specification in code: the matcher must agree with it. docs/reference/rules.md is the specification in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue, Problem
from whenthen.domain.common.reason_codes import BAD_ZONE, MATTERS_ONLY_TO, NOT_FLAG, NOT_ONE_OF, UNKNOWN_FIELD
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.conditions.field_access import OF_THE_CLOCK, Context, Facts, Path, parse_path
from whenthen.domain.conditions.operators import OPERATORS, Operator
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.temporal.time_values import Duration, read_duration
from whenthen.domain.temporal.time_zones import parse_zone

MAX_DEPTH = 6
"""Bound the nesting of groups."""

MAX_PREDICATES = 100
"""Bound the number of predicates of one condition, in all its groups."""

NOT_A_CONDITION = ReasonCode("condition.malformed")
NO_FIELD = ReasonCode("condition.no_field")
EMPTY_GROUP = ReasonCode("condition.empty_group")
# A group (all, any, not) stands beside other keys of the same object.
GROUP_NOT_ALONE = ReasonCode("condition.group_not_alone", "group", "others")
TOO_DEEP = ReasonCode("condition.too_deep", "count")
TOO_MANY_CONDITIONS = ReasonCode("condition.too_many", "count", "found")
# The operator compares a record before and after a change: it takes fields of the record only.
NOT_OF_RECORD = ReasonCode("condition.not_of_record", "op")
NO_CASE = ReasonCode("condition.no_case", "op")


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
    document: dict[str, Any] = {"field": condition.field, "op": condition.op}
    if condition.value is not None:
        document["value"] = condition.value
    if condition.ignore_case:
        document["ignore_case"] = True
    if condition.path.within is not None:
        within = condition.path.within
        document["within"] = {unit: amount for unit in _UNITS if (amount := getattr(within, unit))}
    if zone := condition.zone or condition.path.zone:
        document["zone"] = zone
    return document


_UNITS = ("weeks", "days", "hours", "minutes")


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


def required_condition(field: str, op: str, value: Any) -> Predicate:
    """Make a predicate from code. The caller makes sure that field, operator and value fit one another."""
    return _predicate_of({"field": field, "op": op, "value": value}, None)


_GROUPS = ("all", "any", "not")
_PREDICATE_KEYS = dict.fromkeys(("field", "op", "value", "ignore_case", "zone", "within")).keys()
_T = TypeVar("_T")


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
            return _predicate_of(document, self._zone)
        except InvalidValue:
            self._report_predicate(document, field)
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

    def _report_predicate(self, document: Mapping[Any, Any], field: str) -> None:
        """Report every problem of a predicate, one key after the other."""
        for key in document:
            if key not in _PREDICATE_KEYS:
                self._report(f"{field}.{key}", UNKNOWN_FIELD(known=list(_PREDICATE_KEYS)))
        row = self._try(f"{field}.op", _operator_of, document.get("op"))
        within = self._try(f"{field}.within", _within_of, document)
        zone = self._try(f"{field}.zone", _zone_of, document, row)
        self._try(f"{field}.field", _path_of, document.get("field"), row, zone, within)
        fold = self._try(f"{field}.ignore_case", _fold_of, document.get("ignore_case", False), row)
        if row is not None and fold is not None:
            self._try(f"{field}.value", row.read, document.get("value"), fold)

    def _try(self, field: str, read: Callable[..., _T], *arguments: object) -> _T | None:
        try:
            return read(*arguments)
        except InvalidValue as error:
            self._report(field, error.reason)
        return None

    def _report(self, field: str, reason: Reason) -> None:
        self._problems.append(Problem(field, reason))


def _predicate_of(document: Mapping[Any, Any], zone: str | None) -> Predicate:
    """Read a predicate. Raises InvalidValue with the first problem."""
    field, op, value = document.get("field"), document.get("op"), document.get("value")
    if len(document) == 3 and type(field) is type(op) is type(value) is str:
        return _plain_predicate(field, op, value, zone)
    return _any_predicate(document, zone)


@lru_cache(maxsize=16_384)
def _plain_predicate(field: str, op: str, value: str, zone: str | None) -> Predicate:
    """Read a predicate of the most frequent form. Rules repeat the same ones, so each is read and kept once."""
    return _any_predicate({"field": field, "op": op, "value": value}, zone)


def _any_predicate(document: Mapping[Any, Any], zone: str | None) -> Predicate:
    if not document.keys() <= _PREDICATE_KEYS:
        raise InvalidValue(UNKNOWN_FIELD(known=list(_PREDICATE_KEYS)))
    row = _operator_of(document.get("op"))
    zone = _zone_of(document, row) or zone
    path = _path_of(document.get("field"), row, zone, _within_of(document))
    fold = _fold_of(document.get("ignore_case", False), row)
    value = document.get("value")
    return Predicate(path, row.name, row.read(value, fold), value, fold, zone if row.dated else None)


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


def _operator_of(op: object) -> Operator:
    row = OPERATORS.get(op) if isinstance(op, str) else None
    if row is None:
        raise InvalidValue(NOT_ONE_OF(options=list(OPERATORS)))
    return row


def _path_of(name: object, row: Operator | None, zone: str | None, within: Duration | None) -> Path:
    if not isinstance(name, str) or not name:
        raise InvalidValue(NO_FIELD())
    if row is not None and row.record and not name.startswith("record."):
        raise InvalidValue(NOT_OF_RECORD(op=row.name))
    return parse_path(name, zone if name.startswith(OF_THE_CLOCK) else None, within)


def _fold_of(value: object, row: Operator | None) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue(NOT_FLAG())
    if value and row is not None and not row.folds:
        raise InvalidValue(NO_CASE(op=row.name))
    return value


def _zone_of(document: Mapping[Any, Any], row: Operator | None) -> str | None:
    zone = document.get("zone")
    if zone is None:
        return None
    if not isinstance(zone, str) or parse_zone(zone) is None:
        raise InvalidValue(BAD_ZONE())
    if row is not None and not row.dated and not str(document.get("field")).startswith(OF_THE_CLOCK):
        dated = [operator.name for operator in OPERATORS.values() if operator.dated]
        raise InvalidValue(MATTERS_ONLY_TO(options=["now.*", "history.*", *dated]))
    return zone


def _within_of(document: Mapping[Any, Any]) -> Duration | None:
    within = document.get("within")
    if str(document.get("field")).startswith("history."):
        return read_duration(within)
    if within is not None:
        raise InvalidValue(MATTERS_ONLY_TO(options=["history.*"]))
    return None
