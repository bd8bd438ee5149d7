"""What strangers send as JSON: read within bounds, or refused with the place of the fault."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from whenthen.domain.common import int64
from whenthen.domain.common.errors import Malformed

MAX_DEPTH = 64
"""Objects and lists inside one another."""

_MAY_HOLD_LONG_INTEGERS = re.compile(rb"[0-9]{19}")
_MAY_HOLD_SURROGATES = re.compile(rb"\\u[dD][89a-fA-F]")
_UNIX_SECONDS = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")
_LATEST = 253_402_300_799  # the last second of the year 9999, the last that a datetime holds


def read_json(body: bytes, *, exact: bool = False) -> dict[str, Any] | list[Any]:
    """The object or list that `body` is. Raises Malformed with line and column, never quoting the body.

    Numbers stay int and float, but integers beyond 64 bits become their digits as text, unless they are to be `exact`:
    for a caller that refuses them by the name of their field. NaN, Infinity and floats beyond the range are refused:
    no store takes them.
    Half of a surrogate pair, which senders leave when they cut a text, becomes U+FFFD: it could not be
    encoded again.
    """
    try:
        # Where all are short, they are read by the decoder itself, in half the time.
        parse_int = int64.read if not exact and _MAY_HOLD_LONG_INTEGERS.search(body) else None
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite, parse_int=parse_int)
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise Malformed(f"the body nests deeper than {MAX_DEPTH} levels") from None
    except ValueError:  # an integer of more digits than Python reads
        raise Malformed("the body holds a number that is too long") from None
    if not isinstance(value, dict | list):
        raise Malformed("the body is JSON, but neither an object nor a list")
    if _is_deep(value):
        raise Malformed(f"the body nests deeper than {MAX_DEPTH} levels")
    whole: dict[str, Any] | list[Any] = _whole(value) if _MAY_HOLD_SURROGATES.search(body) else value
    return whole


def _refuse(constant: str) -> Any:
    raise Malformed(f"{constant} is no JSON number")


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise Malformed("the body holds a number beyond the range of floats")
    return number


def _is_deep(value: Any) -> bool:
    """Whether `value` has more than MAX_DEPTH levels, level by level: no recursion on what a stranger sent."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value


def unix_time(value: Any) -> datetime | None:
    """The moment of unix seconds, as a number or as its digits; None for anything else."""
    if isinstance(value, str) and _UNIX_SECONDS.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def text_id(value: Any) -> str | None:
    """An id as text whether it came as a string or as an integer, as Meta's do; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def mapping(value: Any) -> dict[str, Any]:
    """`value` where it is an object, an empty one otherwise: for parts of a payload that may be missing."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; empty for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """`value` where it is a non-empty text."""
    return value if isinstance(value, str) and value else None


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that hold something: absent is better than null in an event's data."""
    return {name: value for name, value in fields.items() if value is not None}
