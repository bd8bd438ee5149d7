"""Read JSON that anybody may have sent, within bounds, or refuse it with the place of the fault."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from whenthen.domain.common import json_bounds
from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.json_bounds import MAX_DEPTH, NO_NUMBER, TOO_DEEP, is_deeper
from whenthen.domain.common.reasons import ReasonCode

NOT_UTF8 = ReasonCode("json.not_utf8", "byte")
NOT_JSON = ReasonCode("json.not_json", "line", "column")
LONG_NUMBER = ReasonCode("json.long_number")
LARGE_NUMBER = ReasonCode("json.large_number")
NEITHER_OBJECT_NOR_LIST = ReasonCode("json.neither_object_nor_list")

_MAY_HOLD_LONG_INTEGERS = re.compile(r"[0-9]{19}")
_MAY_HOLD_SURROGATES = re.compile(r"\\u[dD][89a-fA-F]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order mark → encoding. That of UTF-16 begins one of UTF-32, so it is looked for last."""

_UNIX_SECONDS = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")
_EXACT = 2**53  # floats hold every whole number below
_LATEST = 253_402_300_799  # the last second of the year 9999, the last that a datetime holds


def read_json(body: bytes, *, exact: bool = False) -> dict[str, Any] | list[Any]:
    """Read `body` as an object or a list. Raises Malformed with line and column, never quoting the body.

    Numbers stay int and float. Integers beyond 64 bits become their digits as text, unless `exact` is set by a caller
    that refuses them by the name of their field. NaN, Infinity and floats beyond the range are refused: no store takes
    them. Senders that cut a text may leave half of a surrogate pair; it becomes U+FFFD, as it cannot be encoded again.
    """
    try:
        text = _in_utf8(body).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(NOT_UTF8(byte=error.start)) from None
    read_integer = json_bounds.read_exactly if exact else json_bounds.read
    value = _decoded(text, read_integer, parse_constant=_refuse, parse_float=_finite)
    if not isinstance(value, dict | list):
        raise Malformed(NEITHER_OBJECT_NOR_LIST())
    return value


def read_answer(text: str) -> Any:
    """Read the JSON with which another system answered. Raises Malformed, as `read_json`, but for numbers.

    NaN, infinite and long numbers stay: whoever keeps a value of the answer refuses these, and the others are good.
    """
    return _decoded(text.removeprefix("\ufeff"), json_bounds.read_exactly)


def _decoded(text: str, read_integer: Callable[[str], int | str], **parsers: Any) -> Any:
    try:
        # Where all are short, they are read by the decoder itself, in half the time.
        parse_int = read_integer if _MAY_HOLD_LONG_INTEGERS.search(text) else None
        value = json.loads(text, parse_int=parse_int, **parsers)
    except json.JSONDecodeError as error:
        raise Malformed(NOT_JSON(line=error.lineno, column=error.colno)) from None
    except RecursionError:
        raise Malformed(TOO_DEEP(count=MAX_DEPTH)) from None
    if is_deeper(value, MAX_DEPTH):
        raise Malformed(TOO_DEEP(count=MAX_DEPTH))
    return _whole(value) if _MAY_HOLD_SURROGATES.search(text) else value


def _in_utf8(body: bytes) -> bytes:
    """Drop a byte order mark, and turn a body that has another encoding's mark into UTF-8. Raises Malformed."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            try:
                return body.decode(encoding).removeprefix("\ufeff").encode()
            except UnicodeError as error:
                raise Malformed(NOT_UTF8(byte=getattr(error, "start", 0))) from None
    return body


def _refuse(constant: str) -> Any:
    raise Malformed(NO_NUMBER(constant=constant))


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise Malformed(LARGE_NUMBER())
    return number


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value


def unix_time(value: Any) -> datetime | None:
    """Read unix seconds, given as a number or as its digits. None for anything else."""
    if isinstance(value, str) and _UNIX_SECONDS.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def text_id(value: Any) -> str | None:
    """Give an id as text, be it a string or a whole number, also one that a program wrote as a float. Else None."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def mapping(value: Any) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one: for parts of a payload that may be missing."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """Return `value` if it is a non-empty text, else None."""
    return value if isinstance(value, str) and value else None


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out the fields that are None: absent is better than null in an event's data."""
    return {name: value for name, value in fields.items() if value is not None}
