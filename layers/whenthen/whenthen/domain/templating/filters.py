"""Define the filters of templates: Jinja2's harmless ones, and our own where a value could make them grow."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.time_zones import parse_zone
from whenthen.domain.temporal.waits import shown

MAX_RENDERED = 100_000
"""Bound the characters of one rendered text. Values can be longer than the template."""

MAX_DIGITS = 10
"""Bound the decimals of a number: with more, rounding would calculate with huge numbers."""

_LONGEST_PATTERN = 100

# A filter would lengthen its text beyond so many characters.
FILTER_TOO_LONG = ReasonCode("template.filter_too_long", "filter", "count")

NAMES = frozenset(
    {"capitalize", "date", "default", "e", "escape", "first", "hour", "int", "join", "json", "last", "length"}
    | {"lower", "number", "replace", "round", "title", "trim", "truncate", "upper", "urlencode"}
)


ZONE_PLACES: Mapping[str, int] = {"date": 1, "hour": 0}
"""Filter → the position of its time zone argument."""


@pass_context
def _date(context: Context, value: Any, pattern: str = "%Y-%m-%d", zone: Any = "") -> str:
    """Format a date or time by a strftime pattern. Other values stay as they are.

    A moment with an offset is shown by the clocks of `zone`, or of the context's where that is none. A date, and a
    moment without an offset, are shown as they are written.
    """
    pattern = str(pattern)[:_LONGEST_PATTERN]
    point: object = value
    if isinstance(value, str):
        try:
            point = datetime.fromisoformat(value.upper())
        except ValueError:
            return value
    if isinstance(point, datetime) and point.tzinfo is not None:
        point = shown(point, parse_zone(str(zone)) or context.get("zone") or UTC)
    return point.strftime(pattern) if isinstance(point, date) else str(value)


@pass_context
def _hour(context: Context, value: Any, zone: Any = "") -> str:
    return _date(context, value, "%H:%M", zone)


def _float(value: Any) -> float | None:
    """Return the finite number that a value is or spells. None for other values, also missing ones."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _digits(digits: Any) -> int:
    return min(max(int(digits), 0), MAX_DIGITS)


def _number(value: Any, digits: int = 2) -> str:
    """Format a number with this many decimals and commas between thousands. Other values stay as they are."""
    number = _float(value)
    return str(value) if number is None else f"{number:,.{_digits(digits)}f}"


_ROUNDINGS: Mapping[str, Callable[[float], float]] = {"ceil": math.ceil, "floor": math.floor}


def _round(value: Any, digits: int = 0, method: str = "common") -> Any:
    """Round a number to this many decimals: nearest, or with `ceil` or `floor`. Other values stay as they are."""
    number, digits = _float(value), _digits(digits)
    if number is None:
        return value
    rounding = _ROUNDINGS.get(method)
    return round(number, digits) if rounding is None else rounding(number * 10**digits) / 10**digits


def _int(value: Any, default: int = 0) -> int:
    """Return a number without its decimals; `default` for other values."""
    try:
        return int(str(value))
    except ValueError:
        number = _float(value)
    return default if number is None else int(number)


def _replace(value: Any, old: str, new: str) -> str:
    """Replace every `old` of the text by `new`."""
    text, old, new = str(value), str(old), str(new)
    _bound("replace", len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _join(value: Any, between: str = "") -> str:
    """Join the items of a list with a text between them. A single text stays as it is."""
    items = [value] if isinstance(value, str) else [str(item) for item in value]
    _bound("join", sum(len(item) for item in items) + len(items) * len(str(between)))
    return str(between).join(items)


def _truncate(value: Any, length: int = 255, killwords: bool = False, end: str = "...") -> str:
    """Cut a text to this many characters, `end` included; between words, unless `killwords` is set."""
    text, length, end = str(value), max(int(length), 0), str(end)
    if len(text) <= length:
        return text
    kept = text[: max(length - len(end), 0)]
    if not killwords and " " in kept:
        kept = kept.rsplit(" ", 1)[0]
    return (kept + end)[:length]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _bound(name: str, length: int) -> None:
    if length > MAX_RENDERED:
        raise Invalid.field("template", FILTER_TOO_LONG(filter=name, count=MAX_RENDERED))


OWN: Mapping[str, Callable[..., Any]] = {
    "date": _date,
    "hour": _hour,
    "int": _int,
    "join": _join,
    "json": _json,
    "number": _number,
    "replace": _replace,
    "round": _round,
    "truncate": _truncate,
}
