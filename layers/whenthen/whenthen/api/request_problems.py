"""Say in reasons what is wrong with a request: pydantic says it in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from whenthen.api.reason_codes import NOT_AS_DECLARED, TOO_LARGE, TOO_SMALL, UNEXPECTED_FIELD
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import (
    EMPTY,
    NOT_FLAG,
    NOT_LIST,
    NOT_NUMBER,
    NOT_OBJECT,
    NOT_ONE_OF,
    NOT_TEXT,
    NOT_WHOLE_NUMBER,
    REQUIRED,
    TEXT_TOO_LONG,
    TOO_MANY,
)
from whenthen.domain.common.reasons import Reason

_QUOTED = re.compile("'([^']*)'")


def problems_of(error: RequestValidationError) -> Invalid:
    """Name each field, parameter or header of a request that has not the declared shape."""
    found = {_name_of(item["loc"]): _reason_of(item) for item in error.errors()}
    return Invalid([Problem(name, reason) for name, reason in found.items()])


def _name_of(place: Sequence[Any]) -> str:
    """("query", "limit") → limit, ("body", "mode") → mode, ("body",) → body."""
    return ".".join(str(part) for part in place[1:] or place)


def _reason_of(item: Mapping[str, Any]) -> Reason:
    """Turn an error of pydantic into a reason. The input itself may be personal data: it is not repeated."""
    make = _REASONS.get(item["type"])
    return make(item) if make else NOT_AS_DECLARED(error=str(item["type"]))


def _options(item: Mapping[str, Any]) -> Reason:
    """List the values that a field may have; pydantic quotes each: `'off', 'shadow' or 'on'`."""
    return NOT_ONE_OF(options=_QUOTED.findall(str(item["ctx"]["expected"])))


_REASONS: Mapping[str, Callable[[Mapping[str, Any]], Reason]] = {
    "missing": lambda _: REQUIRED(),
    "extra_forbidden": lambda _: UNEXPECTED_FIELD(),
    "string_too_short": lambda _: EMPTY(),
    "string_too_long": lambda item: TEXT_TOO_LONG(count=item["ctx"]["max_length"], found=len(item["input"])),
    "too_short": lambda _: EMPTY(),
    "too_long": lambda item: TOO_MANY(count=item["ctx"]["max_length"], found=item["ctx"]["actual_length"]),
    "literal_error": _options,
    "enum": _options,
    "greater_than_equal": lambda item: TOO_SMALL(least=item["ctx"]["ge"]),
    "less_than_equal": lambda item: TOO_LARGE(most=item["ctx"]["le"]),
    **dict.fromkeys(("string_type", "string_unicode"), lambda _: NOT_TEXT()),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), lambda _: NOT_OBJECT()),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), lambda _: NOT_LIST()),
    **dict.fromkeys(("bool_type", "bool_parsing"), lambda _: NOT_FLAG()),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), lambda _: NOT_NUMBER()),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), lambda _: NOT_WHOLE_NUMBER()),
}
"""Type of pydantic's error → the reason."""
