"""Read predicates: one field, one operator, one value, as an admin writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from whenthen.domain.common.errors import InvalidValue, Problem
from whenthen.domain.common.reason_codes import BAD_ZONE, MATTERS_ONLY_TO, NOT_FLAG, NOT_ONE_OF, UNKNOWN_FIELD
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.field_access import OF_THE_CLOCK, Path, parse_path
from whenthen.domain.conditions.operators import OPERATORS, Operator
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.temporal.time_values import Duration, read_duration
from whenthen.domain.temporal.time_zones import parse_zone

NO_FIELD = ReasonCode("condition.no_field")
# The operator compares a record before and after a change: it takes fields of the record only.
NOT_OF_RECORD = ReasonCode("condition.not_of_record", "op")
NO_CASE = ReasonCode("condition.no_case", "op")

_KEYS = dict.fromkeys(("field", "op", "value", "ignore_case", "zone", "within")).keys()
_UNITS = ("weeks", "days", "hours", "minutes")
_T = TypeVar("_T")


def read_predicate(document: Mapping[Any, Any], zone: str | None) -> Predicate:
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
    if not document.keys() <= _KEYS:
        raise InvalidValue(UNKNOWN_FIELD(known=list(_KEYS)))
    row = _operator_of(document.get("op"))
    zone = _zone_of(document, row) or zone
    path = _path_of(document.get("field"), row, zone, _within_of(document))
    fold = _fold_of(document.get("ignore_case", False), row)
    value = document.get("value")
    return Predicate(path, row.name, row.read(value, fold), value, fold, zone if row.dated else None)


def problems_of_predicate(document: Mapping[Any, Any], field: str) -> list[Problem]:
    """List every problem of a predicate, one key after the other. `field`: where it stands, such as `conditions`."""
    problems = [Problem(f"{field}.{key}", UNKNOWN_FIELD(known=list(_KEYS))) for key in document if key not in _KEYS]

    def attempt(key: str, read: Callable[..., _T], *arguments: object) -> _T | None:
        try:
            return read(*arguments)
        except InvalidValue as error:
            problems.append(Problem(f"{field}.{key}", error.reason))
        return None

    row = attempt("op", _operator_of, document.get("op"))
    within = attempt("within", _within_of, document)
    zone = attempt("zone", _zone_of, document, row)
    attempt("field", _path_of, document.get("field"), row, zone, within)
    fold = attempt("ignore_case", _fold_of, document.get("ignore_case", False), row)
    if row is not None and fold is not None:
        attempt("value", row.read, document.get("value"), fold)
    return problems


def predicate_as_mapping(predicate: Predicate) -> dict[str, Any]:
    """Return the predicate as an admin writes it. `read_predicate` reads an equal one from it."""
    document: dict[str, Any] = {"field": predicate.field, "op": predicate.op}
    if predicate.value is not None:
        document["value"] = predicate.value
    if predicate.ignore_case:
        document["ignore_case"] = True
    if predicate.path.within is not None:
        within = predicate.path.within
        document["within"] = {unit: amount for unit in _UNITS if (amount := getattr(within, unit))}
    if zone := predicate.zone or predicate.path.zone:
        document["zone"] = zone
    return document


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
