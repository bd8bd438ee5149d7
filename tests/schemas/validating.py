"""Draft 2020-12 as editors and clients validate it: its patterns are those of ECMA-262."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators  # type: ignore[import-untyped]


@cache
def ecma(pattern: str) -> re.Pattern[str]:
    """The pattern with the `$` of ECMA-262, after which no newline may follow."""
    return re.compile(re.sub(r"(?<!\\)\$(?=\)|$)", r"\\Z", pattern))


def _fits(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not ecma(pattern).search(value):
        yield ValidationError(f"{value!r} does not fit {pattern!r}")


Validator = validators.extend(Draft202012Validator, {"pattern": _fits})
