"""Read the parameters of a step that calls an API: its statuses, its body, and the expressions on the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common import json_bounds
from whenthen.domain.common.errors import Invalid, Malformed
from whenthen.domain.common.reason_codes import NOT_TEXT, TOO_MANY
from whenthen.domain.connections.headers import read_headers
from whenthen.domain.connections.reason_codes import BAD_STATUSES
from whenthen.domain.records.record import check_fields

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

MAX_STATUSES = 50
MAX_EXPRESSIONS = 30

_LEAST, _MOST = 100, 599


def read_statuses(reader: Reader, name: str) -> list[int]:
    """Read statuses of HTTP: one, or a list of them."""
    written = reader.value(name)
    items = written if isinstance(written, list) else [] if written is None else [written]
    fits = all(isinstance(item, int) and not isinstance(item, bool) and _LEAST <= item <= _MOST for item in items)
    if not fits or len(items) > MAX_STATUSES:
        reader.report(name, BAD_STATUSES(count=MAX_STATUSES))
        return []
    return list(dict.fromkeys(items))


def read_json_value(reader: Reader, name: str) -> Any:
    """Read any value of JSON whose numbers have at most 64 bits."""
    value = reader.value(name)
    reader.problems.extend(json_bounds.out_of_bounds({name: value}, reader.path))
    return value


def read_expression(reader: Reader, name: str) -> str:
    """Read a JMESPath expression, and check it."""
    value = reader.value(name)
    if value is None:
        return ""
    _check(reader, name, value)
    return value if isinstance(value, str) else ""


def read_expressions(reader: Reader, name: str) -> dict[str, str]:
    """Read names of fields and the JMESPath expressions that give their values. `record.crm_id` is `crm_id`."""
    written = reader.mapping(name)
    if len(written) > MAX_EXPRESSIONS:
        reader.report(name, TOO_MANY(count=MAX_EXPRESSIONS, found=len(written)))
    found = {str(field).removeprefix("record."): value for field, value in written.items()}
    try:
        check_fields(dict.fromkeys(found), reader.field(name))
    except Invalid as error:
        reader.problems.extend(error.problems)
    for field, value in found.items():
        _check(reader, f"{name}.{field}", value)
    return found


def _check(reader: Reader, name: str, value: Any) -> None:
    if not isinstance(value, str):
        reader.report(name, NOT_TEXT())
        return
    from whenthen.domain.expressions.expressions import compile_expression  # noqa: PLC0415 - few steps have any

    try:
        compile_expression(value, reader.field(name))
    except Invalid as error:
        reader.problems.extend(error.problems)


def evaluated(expressions: Mapping[str, str], answer: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Return the values of the expressions on an answer; one that finds nothing is left out. Raises Malformed."""
    values = {name: _found(text, answer, f"{field}.{name}") for name, text in expressions.items()}
    return {name: value for name, value in values.items() if value is not None}


def _found(text: str, answer: Mapping[str, Any], field: str) -> Any:
    from whenthen.domain.expressions.expressions import FAILS, compile_expression  # noqa: PLC0415 - few steps have any

    value = compile_expression(text, field).value(answer)
    try:
        json.dumps(value)
    except TypeError:  # an expression itself, which `&name` finds
        raise Malformed(FAILS(expression=text)) from None
    return value


READ: Mapping[str, Callable[[Reader, str], Any]] = {
    "headers": read_headers,
    "json": read_json_value,
    "statuses": read_statuses,
    "expression": read_expression,
    "expressions": read_expressions,
}
"""Kind of a parameter → how it is read."""
